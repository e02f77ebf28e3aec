"""The releases that a project supports are read from the project's own files, the most telling file first."""

from __future__ import annotations

import importlib

import pytest

from backportkit.check import life, poetry, supported
from backportkit.declaration.registry import Declared
from backportkit.errors import DeclarationError

pytestmark = pytest.mark.warm

PYPROJECT = """
    [project]
    name = "mine"
    requires-python = ">=3.11"
    dependencies = ["Torch>=2.10 ; python_version > '3'", "not a requirement!", 5]
    [project.optional-dependencies]
    cuda = ["torch==2.14.0"]
    wrong = "text"
    """
LOCKED = '[[{key}]]\nname = "torch"\nversion = "2.13.1"\n[[{key}]]\nname = "no-version"\n'


def said(folder, name):
    return [(wanted.text, wanted.place) for wanted in supported.of_project(folder).of(name)]


def test_own_requirements_count_with_those_of_every_extra(world):
    world.write("pyproject.toml", PYPROJECT)
    world.write("uv.lock", LOCKED.format(key="package"))
    assert said(world.folder, "torch") == [
        ("Torch>=2.10 ; python_version > '3'", "pyproject.toml"),
        ("torch==2.14.0", "pyproject.toml"),
    ]
    assert said(world.folder, "python") == [("requires-python = '>=3.11'", "pyproject.toml")]
    assert said(world.folder, "numpy") == []


def test_requirements_files_count_where_the_project_does_not_name_a_package(world):
    world.write("pyproject.toml", PYPROJECT)
    world.write(
        "requirements.txt", "-r requirements/common.txt\nNumpy>=2  # for arrays\n--index-url https://x\n./local\n"
    )
    world.write("requirements/common.txt", "-r ../requirements.txt\n--requirement=gone.txt\nscipy==1.15\n")
    world.write("requirements/cpu.txt", "scipy==1.16; sys_platform == 'linux'\ntorch==1\n")
    assert said(world.folder, "numpy") == [("Numpy>=2", "requirements.txt")]
    assert {text for text, _ in said(world.folder, "SciPy")} == {"scipy==1.15", "scipy==1.16; sys_platform == 'linux'"}
    assert ("torch==1", "cpu.txt") not in said(world.folder, "torch")


LOCKS = {
    "uv.lock": "package",
    "poetry.lock": "package",
    "pdm.lock": "package",
    "pylock.toml": "packages",
    "pylock.deploy.toml": "packages",
}


@pytest.mark.parametrize(("name", "key"), LOCKS.items())
def test_lock_file_speaks_where_nothing_else_does(world, name, key):
    world.write(name, LOCKED.format(key=key))
    assert said(world.folder, "torch") == [("torch==2.13.1", name)]
    assert said(world.folder, "no-version") == []


@pytest.mark.parametrize(("name", "key"), LOCKS.items())
@pytest.mark.parametrize("own", ["torch", "torch<9", "torch!=2.1", "torch[cuda]; python_version > '3'"])
def test_lock_file_speaks_where_the_project_has_no_lower_bound(world, name, key, own):
    """A requirement without a lower bound leaves it to the lock file what the project supports."""
    world.write("pyproject.toml", f'[project]\ndependencies = ["{own}"]\n')
    world.write("requirements.txt", "torch\n")
    assert said(world.folder, "torch") == [(own, "pyproject.toml")]
    world.write(name, LOCKED.format(key=key))
    assert said(world.folder, "torch") == [("torch==2.13.1", name)]


@pytest.mark.parametrize("own", ["torch>=2", "torch==2.*", "torch~=2.1", "torch>2", "torch===2.5"])
def test_lower_bound_of_the_project_counts_before_any_lock_file(world, own):
    """A lower bound of the project counts before the lock file, which its users do not have."""
    world.write("pyproject.toml", f"[project]\ndependencies = ['{own}']\n")
    world.write("uv.lock", LOCKED.format(key="package"))
    assert said(world.folder, "torch") == [(own, "pyproject.toml")]


def test_pinned_requirements_speak_where_the_project_has_no_lower_bound(world):
    """Pins that pip-compile writes, with their hashes, are read."""
    world.write("pyproject.toml", "[project]\ndependencies = ['torch', 'numpy']\n")
    world.write(
        "requirements.txt",
        """
        torch==2.13.1 \\
            --hash=sha256:00 \\
            --hash=sha256:01
            # via mine
        numpy==2.1 --hash=sha256:02
        """,
    )
    (world.folder / "uv.lock").mkdir()
    assert said(world.folder, "torch") == [("torch==2.13.1", "requirements.txt")]
    assert said(world.folder, "numpy") == [("numpy==2.1", "requirements.txt")]


def test_lock_file_of_another_shape_says_nothing(world):
    world.write("uv.lock", "package = 5")
    assert said(world.folder, "torch") == []


@pytest.mark.parametrize("text", ["[project", "project = 5\n[tool", "\x00"])
def test_file_that_is_no_toml_is_told(world, text):
    world.write("pyproject.toml", text)
    with pytest.raises(DeclarationError, match=r"pyproject\.toml cannot be read as TOML: "):
        supported.of_project(world.folder)


@pytest.mark.parametrize("python", ["5", "[1]", "'what?'"])
def test_python_that_is_no_range_says_nothing(world, python):
    world.write("pyproject.toml", f"[project]\nrequires-python = {python}\n")
    assert said(world.folder, "python") == []


_EXTRA = "Requires-Dist: tomlkit>=0.12; extra == '{}'\n"


def test_installed_distribution_says_what_it_supports(world, monkeypatch):
    folder = world.distribution("floor-of-mine", "1.0")
    with (folder / "METADATA").open("a", encoding="utf-8") as file:
        file.write("Requires-Python: >=3.10\nRequires-Dist: torch>=2.10\n" + "".join(map(_EXTRA.format, "ab")))
    monkeypatch.syspath_prepend(world.folder)
    importlib.invalidate_caches()
    support = supported.of_distribution("floor-of-mine")
    assert [(one.text, one.place) for one in support.of("torch")] == [("torch>=2.10", "floor-of-mine")]
    assert str(support.of("python")[0].specifier) == ">=3.10"
    assert {one.said for one in support.of("tomlkit")} == {"tomlkit>=0.12 (floor-of-mine)"}
    assert supported.of_distribution("backportkit").of("tomlkit") == []
    assert supported.of_distribution("no-such-distribution-here").of("torch") == []


@pytest.mark.parametrize(
    ("constraint", "ranges"),
    [
        ("^1.2", ["<2,>=1.2"]),
        ("^ 1.2.3", ["<2,>=1.2.3"]),
        ("^0.2.3", ["<0.3,>=0.2.3"]),
        ("^0.0.3", ["<0.0.4,>=0.0.3"]),
        ("^0.0", ["<0.1,>=0.0"]),
        ("^0", ["<1,>=0"]),
        ("~1", ["<2,>=1"]),
        ("~1.2", ["<1.3,>=1.2"]),
        ("~1.2.3", ["<1.3,>=1.2.3"]),
        ("1.*", ["==1.*"]),
        ("==1.2.*", ["==1.2.*"]),
        ("*", [""]),
        ("1.2", ["==1.2"]),
        (">=1.2,<2,!=1.3", ["!=1.3,<2,>=1.2"]),
        ("~=1.2", ["~=1.2"]),
        ("^1.2 || 3.*", ["<2,>=1.2", "==3.*"]),
        ("latest and greatest", []),
        ("^1.2-alpha", []),
    ],
)
def test_ranges_of_poetry_are_those_of_its_documentation(constraint, ranges):
    assert [",".join(sorted(str(one) for one in found)) for found in poetry.ranges(constraint)] == ranges


def test_requirements_of_poetry_count_those_of_every_group_too(world):
    world.write(
        "pyproject.toml",
        """
        [tool.poetry.dependencies]
        python = "^3.11"
        torch = {version = "~2.14", extras = ["cuda"]}
        numpy = [{version = "1.*", python = "<3.12"}, {version = "^2.1", python = ">=3.12"}]
        local = {path = "../local"}
        wrong = 5
        [tool.poetry.group.dev.dependencies]
        pytest = "*"
        """,
    )
    world.write("requirements.txt", "local==1\n")
    assert said(world.folder, "python") == [("python = '^3.11'", "pyproject.toml")]
    assert said(world.folder, "torch") == [("torch = '~2.14'", "pyproject.toml")]
    assert [str(wanted.specifier) for wanted in supported.of_project(world.folder).of("numpy")] == ["==1.*", "<3,>=2.1"]
    assert said(world.folder, "pytest") == [("pytest = '*'", "pyproject.toml")]
    assert said(world.folder, "local") == [("local==1", "requirements.txt")]
    assert said(world.folder, "wrong") == []


def test_step_for_what_nobody_here_has_declared(declare):
    """A patch that comes with backportkit is nobody's to delete here, whatever the project requires."""
    own = declare(target="victim:f", replacement="mine:f")
    shipped = Declared(own.patch, "backportkit", "")
    assert life.once_past(own, "can require victim>=2").startswith(
        "once the project can require victim>=2, backportkit retire "
    )
    assert life.once_past(shipped, "requires that").startswith("nothing; it comes with backportkit")
