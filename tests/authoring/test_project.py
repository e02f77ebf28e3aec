"""`new` puts a patch into the project, changes nothing else there, and does all of it or nothing."""

from __future__ import annotations

import subprocess

import pytest

from backportkit import toml
from backportkit.authoring.project import formatted

pytestmark = pytest.mark.warm

OLD, NEW = "def f():\n    return 'old'\n", "def f():\n    return 'new'\n"


@pytest.fixture
def two(project):
    """Two releases, of which the second one has the fix."""
    return project.releases({"1.0": OLD + OLD.replace("f()", "g()"), "2.0": NEW + NEW.replace("f()", "g()")})


def test_entry_point(two):
    """The entry point is named after the package that is patched; comments and layout stay."""
    before = two.read("pyproject.toml")
    assert "changed pyproject.toml" in two.new("victim:f")
    added = '\n[project.entry-points."backportkit.patches"]\nvictim = "mine._backports.victim"\n'
    assert two.read("pyproject.toml") == before + added


def test_entry_point_among_others(two):
    """It is added to the group that is there, before the tables that follow."""
    table = '[project.entry-points."backportkit.patches"]\nother = "mine.other"  # theirs\n\n[tool.x]\ny = 1\n'
    two.write("pyproject.toml", two.read("pyproject.toml") + table)
    two.write("mine/other.py", "")
    two.new("victim:f")
    added = 'other = "mine.other"  # theirs\nvictim = "mine._backports.victim"\n\n[tool.x]\ny = 1\n'
    assert two.read("pyproject.toml").endswith(added)


HEAD = '[project]\nname = "mine"\nversion = "1"\ndependencies = ["victim"]\n'
GROUP = '"backportkit.patches" = {other = "json"}'


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}entry-points = {{ {GROUP}, console_scripts = {{}} }} # c",
        f"{HEAD}entry-points = {{ console_scripts = {{}} }}\n",
        f"{HEAD}entry-points.{GROUP}\n",
        f'{HEAD}entry-points."backportkit.patches".other = "json"',
        f'{HEAD}[tool.a]\nb = 1\n[project.entry-points."x.y"]\nz = "json"\n[tool.c]\nd = 1',
        f"{HEAD}[project.urls]\nx = 'https://x.example'\n[tool.a]\nb = 1\n",
        'project = { name = "mine", version = "1", dependencies = ["victim"] }\n',
    ],
)
def test_forms_of_toml(two, text):
    """Whatever form the tables have, the entry point is added and all else stays."""
    two.write("pyproject.toml", text)
    before = toml.parse(text)
    two.new("victim:f", "--id", "mine-1")
    after = toml.parse(two.read("pyproject.toml"))
    assert after["project"]["entry-points"]["backportkit.patches"].pop("victim") == "mine._backports.victim"
    assert [one for one in text.splitlines() if one.startswith("[tool") and one not in two.read("pyproject.toml")] == []
    groups = before["project"].setdefault("entry-points", {})
    groups.setdefault("backportkit.patches", {})
    assert after == before


@pytest.mark.parametrize(
    "text", ["tool = { backportkit = { modules = [] } }\n", "[tool.a]\nb = 1\n[other]\nc = 1\n[tool.d]\ne = 1\n"]
)
def test_forms_of_our_table(two, text):
    """So it is with our own table, in a file without a project."""
    two.write("pyproject.toml", text)
    two.new("victim:f")
    after = toml.parse(two.read("pyproject.toml"))
    assert after["tool"].pop("backportkit") == {"modules": ["mine._backports.victim"]}
    before = toml.parse(text)
    before["tool"].pop("backportkit", None)
    assert after == before


def test_entry_points_that_are_no_table(two):
    """A pyproject.toml whose entry points are something else is refused."""
    two.write("pyproject.toml", f"{HEAD}entry-points = 1\n")
    assert "'entry-points' in the pyproject.toml is no table" in two.refused("victim:f")


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_ends_of_lines(two, end):
    """The files that are changed keep the ends of their lines."""
    hub = '[project.entry-points."backportkit.patches"]\nvictim = "mine.backports"\n'
    for name, text in (("pyproject.toml", two.read("pyproject.toml")), ("mine/backports.py", "import os\nimport re")):
        (two.folder / name).write_bytes(text.replace("\n", end).encode())
    two.new("victim:g")
    (two.folder / "pyproject.toml").write_bytes((HEAD + hub).replace("\n", end).encode())
    two.new("victim:f")
    for name in ("pyproject.toml", "mine/backports.py"):
        content = (two.folder / name).read_bytes()
        assert content.count(b"\n") == content.count(end.encode())
        assert content.count(b"\r") == content.count(end.encode()) * (len(end) - 1)


def test_table_after_the_project(two):
    """A table that follows keeps its distance."""
    two.write("pyproject.toml", two.read("pyproject.toml") + "\n[tool.x]\ny = 1\n")
    two.new("victim:f")
    assert 'victim = "mine._backports.victim"\n\n[tool.x]\ny = 1\n' in two.read("pyproject.toml")


def test_second_patch_of_a_package(two):
    """It stands beside the first, and the package imports both; the entry point stays as it is."""
    two.new("victim:f")
    before = two.read("pyproject.toml")
    said = two.new("victim:g")
    assert two.read("pyproject.toml") == before
    assert "changed mine/_backports/victim/__init__.py" in said
    assert [one["id"] for one in two.declared()] == ["victim-f", "victim-g"]
    two.install("1.0", OLD + OLD.replace("f()", "g()"))
    assert two.applied("victim.f() + victim.g()") == "newnew"


def test_patches_with_long_names(two):
    """The import of all patches of a package is broken into lines where it is long."""
    names = [f"victim-{letter * 50}" for letter in "ab"]
    for name, target in zip(names, ("victim:f", "victim:g"), strict=True):
        two.new(target, "--id", name)
    assert [one["id"] for one in two.declared()] == names


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "\nimport {}\n"),
        ('"""Ours."""\nX = 1\n', '"""Ours."""\n\nimport {}\nX = 1\n'),
        ("import os\nX = 1\n", "import os\nimport {}\nX = 1\n"),
    ],
)
def test_module_that_an_entry_point_names(two, text, after):
    """A module of the project that an entry point names for the package imports the new one."""
    table = '[project.entry-points."backportkit.patches"]\nvictim = "mine.backports"\n'
    two.write("pyproject.toml", two.read("pyproject.toml") + table)
    two.write("mine/backports.py", text)
    two.new("victim:f")
    line = "mine._backports.victim.victim_f  # noqa: F401 -- it declares a patch"
    assert two.read("mine/backports.py") == after.format(line)
    assert [one["id"] for one in two.declared("mine.backports")] == ["victim-f"]


def test_package_that_an_entry_point_names(two):
    """A package of the project that an entry point names gets the new module."""
    table = '[project.entry-points."backportkit.patches"]\nvictim = "mine.fixes"\n'
    two.write("pyproject.toml", two.read("pyproject.toml") + table)
    two.write("mine/fixes/__init__.py", "from mine.fixes import other\n")
    two.write("mine/fixes/other.py", "")
    two.new("victim:f")
    assert [one["id"] for one in two.declared("mine.fixes")] == ["victim-f"]


def test_entry_point_that_names_another_projects_module(two):
    """An entry point that names no file of the project is no place for a patch, and gets the new module."""
    table = '[project.entry-points."backportkit.patches"]\nvictim = "json.tool"\n'
    two.write("pyproject.toml", two.read("pyproject.toml") + table)
    two.new("victim:f")
    assert 'victim = "mine._backports.victim"' in two.read("pyproject.toml")


def test_into(two):
    """--into names the module; the packages on the way are made."""
    two.new("victim:f", "--into", "mine/fixes/first.py")
    assert 'victim = "mine.fixes.first"' in two.read("pyproject.toml")
    assert [one["id"] for one in two.declared("mine.fixes.first")] == ["victim-f"]


def test_into_the_root(two):
    """A module beside the pyproject.toml is in no package."""
    two.new("victim:f", "--into", "fixes.py")
    assert [one["id"] for one in two.declared("fixes")] == ["victim-f"]


def test_into_a_namespace(two):
    """A folder that is there and is no package stays a namespace, which others may share; what is made is a package."""
    two.write("corp/team/other.py", "")
    two.write("corp/lib/__init__.py", "")
    two.new("victim:f", "--into", "corp/lib/inner/first.py")
    assert not (two.folder / "corp/__init__.py").exists()
    assert (two.folder / "corp/lib/inner/__init__.py").exists()
    assert [one["id"] for one in two.declared("corp.lib.inner.first")] == ["victim-f"]


@pytest.mark.parametrize("name", ["import", "1-x"])
def test_id_that_is_no_name(two, name):
    """A module that is made for an id can be imported, whatever the id is."""
    two.new("victim:f", "--id", name)
    assert [one["id"] for one in two.declared()] == [name]


def test_src(two):
    """A package in `src` is imported without it."""
    (two.folder / "mine/__init__.py").unlink()
    (two.folder / "mine").rmdir()
    two.write("src/mine/__init__.py", "")
    assert "wrote src/mine/_backports/victim/victim_f.py" in two.new("victim:f")
    assert 'victim = "mine._backports.victim"' in two.read("pyproject.toml")


def test_only_package(two):
    """Where no package has the name of the project, the only one has the patch."""
    two.write("pyproject.toml", '[project]\nname = "some.other-name"\nversion = "1"\n')
    two.write("tests/__init__.py", "")
    assert "wrote mine/_backports/victim/victim_f.py" in two.new("victim:f")


@pytest.mark.parametrize("head", ['[project]\nname = "mine"\ndynamic = ["entry-points"]\n', "[tool.other]\n"])
def test_project_without_entry_points_of_its_own(two, head):
    """Where pyproject.toml has no entry points, the modules that backportkit's commands read are named."""
    two.write("pyproject.toml", head)
    two.new("victim:f")
    assert '[tool.backportkit]\nmodules = ["mine._backports.victim"]\n' in two.read("pyproject.toml")


def test_packages_that_setuptools_is_told(two):
    """Where setuptools is given a list of packages, the new ones are in it."""
    listed = '\n[tool.setuptools]\npackages = ["mine"]\n'
    two.write("pyproject.toml", two.read("pyproject.toml") + listed)
    two.new("victim:f")
    assert 'packages = ["mine", "mine._backports", "mine._backports.victim"]' in two.read("pyproject.toml")


def test_call_in_a_folder_of_the_project(two):
    """The project of the folder above is the one."""
    (two.folder / "mine/inner").mkdir()
    two.folder, root = two.folder / "mine/inner", two.folder
    two.new("victim:f")
    assert (root / "mine/_backports/victim/victim_f.py").is_file()


# --- refused ---


def test_target_that_is_patched(two):
    """A second patch of a target is refused where the ranges meet, and not where they do not."""
    two.releases({"3.0": OLD, "4.0": NEW.replace("new", "newer")})
    two.new("victim:f", "--id", "mine-1", "--fixed-in", "2.0")
    said = two.refused("victim:f", "--fixed-in", "4.0", "--since", "1.0")
    assert "victim:f is patched already\n  found:    'mine-1' of mine, declared at" in said
    two.new("victim:f", "--fixed-in", "3.0")


def test_existing_file(two):
    """A file that is there is never overwritten, also if only one of several is there."""
    two.write("mine/_backports/victim/victim_f_reproducer.py", "mine = 1\n")
    assert "victim_f_reproducer.py exists" in two.refused("victim:f")


def test_existing_id(two):
    """An id that is asked for and taken is refused; one that is made gets the name of the project before it."""
    two.new("victim:f", "--id", "victim-7")
    said = two.refused("victim:g", "--id", "victim-7")
    assert "there is a patch 'victim-7' already" in said
    assert "mine/_backports/victim/victim_7.py:" in said
    said = two.new("victim:g", "--fixes", "https://upstream.example/7")
    assert "victim-7 is the id of a patch of mine: this one is mine-victim-7" in said


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "../a.py",
        "no-name.py",
        "mine/class.py",
        "mine/my-own/x.py",
        "mine/a/__init__.py",
        "mine/__main__.py",
    ],
)
def test_into_what_can_be_no_module(two, name):
    """--into names a Python module of the project."""
    assert "cannot be the module of a patch" in two.refused("victim:f", "--into", name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("victim.py", "it would hide victim, which is patched"),
        ("packaging.py", "it would hide packaging, which is installed"),
        ("packaging/version_.py", "it would hide packaging, which is installed"),
        ("json/x.py", "it would hide json of the standard library"),
        ("setup.py", "setuptools runs a file of this name"),
        ("mine/conftest.py", "pytest runs a file of this name"),
        ("mine/part/x.py", "the package part would hide mine/part.py"),
        ("mine/whole.py", "the package mine.whole is there, and hides it"),
    ],
)
def test_into_what_would_hide_a_module(two, name, reason):
    """--into names no module that others look for, and none that hides another one or is hidden."""
    two.write("mine/part.py", "")
    two.write("mine/whole/__init__.py", "")
    assert f"{name} cannot be the module of a patch: {reason}\n" in two.refused("victim:f", "--into", name)


def test_module_that_has_the_name_of_the_package_of_patches(two):
    """A project with a module `_backports` is asked for another place: the package of patches would hide it."""
    two.write("mine/_backports.py", "")
    assert "the package _backports would hide mine/_backports.py" in two.refused("victim:f")


def test_package_of_patches_that_is_outside_of_the_project(two, tmp_path_factory):
    """Where the package of patches is a link to a folder of others, nothing is written there."""
    (two.folder / "mine/_backports").symlink_to(tmp_path_factory.mktemp("elsewhere"), target_is_directory=True)
    assert "outside of the project" in two.refused("victim:f")


def test_no_package(two):
    """A project whose package cannot be told asks for the file."""
    two.write("pyproject.toml", '[project]\nname = "other"\nversion = "1"\n')
    two.write("second/__init__.py", "")
    assert "the project has no package that the patch would belong to" in two.refused("victim:f")


def test_no_project(two):
    """Without a pyproject.toml there is nothing to write into."""
    (two.folder / "pyproject.toml").unlink()
    assert "is in no project" in two.refused("victim:f")


def test_pyproject_that_is_wrong(two):
    """A pyproject.toml that is no TOML is refused."""
    two.write("pyproject.toml", "[project\n")
    assert "cannot be read as TOML" in two.refused("victim:f")


def test_all_or_nothing(two):
    """Where a file cannot be written, those that were written before go, and what was changed comes back."""
    reproducer = two.folder / "mine/_backports/victim/victim_f_reproducer.py"
    reproducer.parent.mkdir(parents=True)
    reproducer.symlink_to("nowhere/at/all.py")
    assert "the project cannot be written" in two.refused("victim:f")
    reproducer.unlink()
    two.new("victim:f")


def test_pyproject_is_replaced_at_once(two):
    """The file gets its new content at once and keeps its mode, also where a link leads to it."""
    two.write("elsewhere/real.toml", two.read("pyproject.toml")).chmod(0o640)
    (two.folder / "elsewhere/old.toml").hardlink_to(two.folder / "elsewhere/real.toml")
    (two.folder / "pyproject.toml").unlink()
    (two.folder / "pyproject.toml").symlink_to("elsewhere/real.toml")
    two.new("victim:f")
    assert (two.folder / "pyproject.toml").is_symlink()
    assert "entry-points" in two.read("elsewhere/real.toml")
    assert "entry-points" not in two.read("elsewhere/old.toml")
    assert (two.folder / "elsewhere/real.toml").stat().st_mode & 0o777 == 0o640
    assert sorted(one.name for one in (two.folder / "elsewhere").iterdir()) == ["old.toml", "real.toml"]


# --- ruff ---

UGLY = "def f( a,b = 1 ):\n    return  {}\n"


def test_formatted_as_the_project_does(project):
    """With settings of ruff, all but upstream's code is formatted, and its complaints are answered."""
    settings = '\n[tool.ruff]\nline-length = 60\n[tool.ruff.lint]\nselect = ["E", "ANN"]\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + settings)
    project.releases({"1.0": UGLY.format(1), "2.0": UGLY.format(2)}).new("victim:f", "--id", "mine-1")
    text = project.read("mine/_backports/victim/mine_1.py")
    assert "# ruff: noqa: ANN" in text
    assert UGLY.format(2) in text


def test_rules_of_a_private_package(project):
    """Rules that hold for public modules alone are not excused, and neither is what nobody complains of."""
    project.release("1.0", "class C:\n    def f(self): return 1  # noqa: B902\n")
    project.release("2.0", "class C:\n    def f(self): return 2  # noqa: B902\n")
    settings = '\n[tool.ruff.lint]\nselect = ["E", "I", "D", "RUF"]\npydocstyle.convention = "google"\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + settings)
    project.write("mine/__init__.py", '"""Ours."""\n')
    project.new("victim:C.f")
    line = [formatted.program(), "check", "--no-cache", "mine"]
    done = subprocess.run(line, cwd=project.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "D10" not in project.written()


def test_imports_in_a_body(project):
    """Imports within upstream's bodies stay in their order, whatever the project sorts."""
    body = "def f():\n    from os import sep\n    from os import path\n    return {}, sep, path\n"
    project.release("1.0", body.format(1))
    project.release("2.0", body.format(2))
    project.write("pyproject.toml", project.read("pyproject.toml") + '\n[tool.ruff.lint]\nselect = ["I"]\n')
    project.new("victim:f")
    assert "    from os import sep\n    from os import path\n" in project.written()
    assert "isort" not in project.written()


EVALUATED = (
    "import os\nclass D: pass\nclass C:\n    def f(self, x: D, y: 'os.PathLike' = 1): return {}\ndef f(): return {}\n"
)


def test_complaints_where_annotations_are_evaluated(project):
    """Its complaints are answered as well in a file without `from __future__ import annotations`."""
    settings = '\n[tool.ruff.lint]\nselect = ["ANN"]\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + settings)
    project.releases({version: EVALUATED.format(version, version) for version in "12"}).new("victim:f", "victim:C.f")
    assert "# ruff: noqa: ANN" in project.written()


def test_checks_without_settings(project):
    """Without settings, ruff's own rules complain of nothing that is written."""
    project.releases({version: EVALUATED.format(version, version) for version in "12"}).new("victim:f", "victim:C.f")
    line = [formatted.program(), "check", "--no-cache", "--isolated", "mine"]
    done = subprocess.run(line, cwd=project.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_ruffs_own_file_of_settings(two):
    """Its settings may stand in a file of their own."""
    two.write("ruff.toml", "line-length = 60\n")
    two.new("victim:f", "--id", "mine-1")
    assert 'reproducer="mine._backports' in two.read("mine/_backports/victim/mine_1.py").replace("(\n        ", "")


# --- what users of the project get ---

LISTED = '[tool.setuptools]\npackages = ["mine"]\n'


@pytest.mark.parametrize(
    ("package", "more", "into"),
    [
        ("src/mine", "", "tests/x.py"),
        ("src/mine", "", "other.py"),
        ("mine", "", "tests/x.py"),
        ("mine", LISTED, "other/x.py"),
    ],
)
def test_into_what_no_wheel_has(two, package, more, into):
    """Where the users of the project do not get a module, no entry point leads there, and that is told."""
    two.write(f"{package}/__init__.py", "")
    two.write("pyproject.toml", two.read("pyproject.toml") + more)
    said = two.new("victim:f", "--into", into)
    module = into.removesuffix(".py").replace("/", ".")
    assert f"to do: name a file of a package by --into if users are to have the patch: {module} is in no wheel" in said
    assert f'modules = ["{module}"]' in two.read("pyproject.toml")
    assert "entry-points" not in two.read("pyproject.toml")
    assert "new entry point" not in said


POETRY = '[tool.poetry]\nname = "mine"\nversion = "1"\n[tool.poetry.dependencies]\nbackportkit = {path = "../b"}\n'
PLUGINS = '[tool.poetry.plugins."backportkit.patches"]'


@pytest.mark.parametrize("more", ["", f'\n{PLUGINS}\nother = "mine.other"\n'])
def test_entry_points_of_poetry(two, more):
    """A project whose entry points are Poetry's gets one there, which the commands know, too."""
    two.write("pyproject.toml", POETRY + more)
    two.write("mine/other.py", "")
    said = two.new("victim:f")
    assert two.read("pyproject.toml").count(PLUGINS) == 1
    assert 'victim = "mine._backports.victim"\n' in two.read("pyproject.toml").partition(PLUGINS)[2]
    assert "dependencies" not in said
    assert "victim-f" in two.run("status", "--all").stdout


@pytest.mark.parametrize("head", ['[project]\nname = "mine"\ndynamic = ["entry-points"]\n', "[tool.other]\n"])
def test_entry_points_that_are_elsewhere(two, head):
    """Where pyproject.toml has no entry points, it is told that they need one more."""
    two.write("pyproject.toml", head)
    way = "add mine._backports.victim.victim_f to the group backportkit.patches of the entry points"
    assert f"to do: {way}, which are not in pyproject.toml" in two.new("victim:f")


@pytest.mark.parametrize(
    ("head", "is_told"),
    [
        ('[project]\nname = "mine"\ndependencies = ["victim"]\n', True),
        ('[project]\nname = "mine"\ndependencies = ["BackportKit @ https://a.org/b.whl", 1, "?"]\n', False),
        ('[project]\nname = "mine"\ndynamic = ["dependencies"]\n', False),
        ("[tool.other]\n", True),
        ("", True),
        (POETRY.replace("backportkit", "other"), True),
    ],
)
def test_project_that_does_not_need_backportkit(two, head, is_told):
    """A project that does not depend on backportkit is told to."""
    two.write("pyproject.toml", head)
    assert ("to do: add backportkit to the dependencies of the project" in two.new("victim:f")) is is_told
    assert b"\r" not in (two.folder / "pyproject.toml").read_bytes()


@pytest.mark.parametrize("name", ["setup.py", "setup.cfg"])
def test_project_whose_dependencies_are_elsewhere(two, name):
    """A project with a file that may have its dependencies is not told to."""
    two.write("pyproject.toml", "")
    two.write(name, "")
    assert "to do: add backportkit" not in two.new("victim:f")


def test_dependency_that_is_no_requirement(two):
    """A text among the dependencies that is no requirement is told, since it counts for nothing."""
    two.write("pyproject.toml", '[project]\nname = "mine"\ndependencies = ["backportkit", "victim<<2"]\n')
    assert "to do: correct 'victim<<2' in pyproject.toml: it is no requirement" in two.new("victim:f")
