"""`backportkit check`, as CI runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import sys
from pathlib import Path

import pytest

from backportkit.check.findings import RULES

pytestmark = pytest.mark.warm

VLLM = Path(__file__).parent / "vllm_0_33"
ROOT = Path(__file__).parents[2]

PROVIDER = """\
from backportkit import backport
@backport("victim:f", id="victim-1", requires="victim>=1,<2", fixes="https://upstream.example/pull/1")
def f(a):
    "what breaks: 100 %"
"""
ENTRY_POINT = '[project.entry-points."backportkit.patches"]\nvictim = "provider"\n'


@pytest.fixture
def provider(world):
    world.provide("raise RuntimeError('nobody may import this')\ndef f(a): pass\n", PROVIDER)
    return world


@pytest.fixture
def vllm(world):
    """A copy of the situation of vLLM 0.33, with a requirement of one's choice."""

    def with_requirement(requirement):
        folder = world.folder / "vllm"
        shutil.copytree(VLLM, folder, ignore=shutil.ignore_patterns("__pycache__"))
        text = (folder / "pyproject.toml").read_text("utf-8").replace("torch==2.14.0", requirement)
        (folder / "pyproject.toml").write_text(text, "utf-8")
        return folder

    return with_requirement


def codes(done):
    assert done.stdout, done.stderr
    return {(found["code"], found["patch"]) for found in json.loads(done.stdout)["findings"]}


def removable(done):
    return sorted(patch for code, patch in codes(done) if code == "BK402")


@pytest.mark.parametrize(
    ("requirement", "named"),
    [
        ("torch==2.14.0", ["torch-2-10-partition", "torch-2-11-mask", "torch-2-9-memory-plan"]),
        ("torch>=2.10", ["torch-2-9-memory-plan"]),
    ],
)
def test_patches_that_the_floor_has_passed_are_removable(world, vllm, start, requirement, named):
    done = start(world, "check", str(vllm(requirement)), "--json")
    assert done.returncode == 3
    assert removable(done) == named


@pytest.mark.parametrize("lock", ["uv.lock", "poetry.lock", "pdm.lock"])
def test_patch_that_the_lock_file_has_passed_is_removable(world, vllm, start, lock):
    """A project without a lower bound supports what its lock file pins."""
    folder = vllm("torch")
    assert removable(start(world, "check", ".", "--json", cwd=folder)) == []
    (folder / lock).write_text("[[package]]\nname = 'torch'\nversion = '2.10.1'\n", "utf-8")
    assert removable(start(world, "check", ".", "--json", cwd=folder)) == ["torch-2-9-memory-plan"]


def test_without_an_argument_the_project_is_judged_by_its_own_requirements(provider, start):
    """The pyproject.toml in the working directory counts, and not the metadata of the installed project."""
    with (provider.folder / "provider-1.0.dist-info" / "METADATA").open("a", encoding="utf-8") as file:
        file.write("Requires-Dist: victim>=1.2\n")
    provider.write("pyproject.toml", f"[project]\nname = 'provider'\ndependencies = ['victim>=3']\n{ENTRY_POINT}")
    assert removable(start(provider, "check", "--json")) == ["victim-1"]


def test_removable_patches_are_dormant_here(provider, start):
    """The summary counts as dormant what is not meant for what is installed, also where it can be deleted."""
    next(provider.folder.glob("victim-*.dist-info")).rename(provider.folder / "victim-3.dist-info")
    metadata = provider.folder / "victim-3.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text("utf-8").replace("1.5", "3.0"), "utf-8")
    provider.write("pyproject.toml", f"[project]\nname = 'provider'\ndependencies = ['victim>=3']\n{ENTRY_POINT}")
    assert start(provider, "check", ".").stdout.splitlines()[-1] == "1 patch, 1 dormant here: 1 to remove"


def test_lock_that_is_past_the_patch_is_told(provider, start):
    """The project's own requirement still allows releases within the range, so the patch is not removable yet."""
    provider.write("pyproject.toml", f"[project]\nname = 'provider'\ndependencies = ['victim>=1']\n{ENTRY_POINT}")
    provider.write("uv.lock", '[[package]]\nname = "victim"\nversion = "3.0"\n')
    findings = json.loads(start(provider, "check", ".", "--json").stdout)["findings"]
    still = "and victim>=1 (pyproject.toml) still allows what is in it"
    message = f"victim==3.0 (uv.lock) is past the patch's range, {still}"
    next_step = "raise that to what is locked; then the declaration can be deleted"
    found = [(one["message"], one["next_step"]) for one in findings if one["code"] == "BK405"]
    assert found == [(message, next_step)]


@pytest.mark.parametrize(
    ("required", "locked"), [("victim>=1", "1.5"), ("victim>=0.5,<1", "3.0"), ("victim", "3.0"), ("victim>=1", None)]
)
def test_lock_tells_nothing_else(provider, start, required, locked):
    """The lock is within the range, the requirement is out of it or has no lower bound, or nothing is locked."""
    provider.write("pyproject.toml", f"[project]\nname = 'provider'\ndependencies = ['{required}']\n{ENTRY_POINT}")
    if locked:
        provider.write("uv.lock", f'[[package]]\nname = "victim"\nversion = "{locked}"\n')
    assert "BK405" not in start(provider, "check", ".").stdout


def test_patches_of_a_floor_that_none_has_passed_are_fine(world, vllm, start):
    done = start(world, "check", ".", cwd=vllm("torch>=2.9"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "3 patches, 3 dormant here: 3 to look at, 3 to know"
    assert "BK402" not in done.stdout


def test_finding_is_a_line(provider, start):
    """A file gets it whole: place, code, title, message and patch; then the number of findings of each level."""
    without = "without original=... nobody notices when upstream changes the body"
    done = start(provider, "check", "provider", COLUMNS="")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "provider.py:2: BK102 missing reproducer: nothing shows that it fixes anything [victim-1]",
        f"provider.py:2: BK104 missing fingerprint: {without} [victim-1]",
        "-v shows the next steps",
        "1 patch, 0 dormant here: 1 to look at, 1 to know",
    ]


def test_next_step_and_target_are_shown_by_verbose(provider, start):
    """`-v` adds lines below each finding, and so does `--verbose`."""
    lines = start(provider, "check", "provider", "-v").stdout.splitlines()
    assert lines[1:5:3] == ["  next: add reproducer=..., then: backportkit prove victim-1", lines[4]]
    assert lines[3:5] == [
        "  target: victim:f",
        "  next: add the fingerprint that this shows: backportkit explain victim-1",
    ]
    assert start(provider, "check", "provider", "--verbose").stdout.splitlines() == lines


def test_findings_that_differ_in_the_target_alone_are_one_line(provider, start):
    """`-v` has a line for each of them."""
    edits = ", ".join(f"Edit(target='victim:{name}', replacement='another:{name}')" for name in "fg")
    provider.write(
        "provider.py",
        f"from backportkit import Edit, Patch, register\nregister(Patch(id='two', summary='s', edits=[{edits}], "
        "requires='victim<2', fixes='https://upstream.example/1'))\n",
    )
    for name in ("victim", "another"):
        provider.write(f"{name}.py", "def f(): pass\ndef g(): pass\n")
    said = [line for line in start(provider, "check", "provider").stdout.splitlines() if "BK104" in line]
    assert [line.rpartition(" [")[2] for line in said] == ["two, 2 targets]"]
    assert start(provider, "check", "provider", "-v").stdout.count("BK104") == 2


def test_patches_of_the_project_come_first(provider, start):
    """Notes on patches of installed others are counted, and shown by `-v`."""
    provider.distribution("another", "1.0", {"victim": "another"})
    provider.write("another.py", PROVIDER.replace("victim-1", "aaa-1"))
    provider.write("pyproject.toml", f"[project]\nname = 'provider'\n{ENTRY_POINT}")
    *lines, hidden, _ = start(provider, "check").stdout.splitlines()
    shown = [(line.split()[1], line.split()[-1]) for line in lines if ": BK" in line]
    assert shown == [("BK102", "[victim-1]"), ("BK104", "[victim-1]"), ("BK102", "[aaa-1]")]
    assert re.fullmatch(r"-v shows the next steps and \d notes? on installed patches of others", hidden)
    whole = start(provider, "check", "-v").stdout
    assert "BK104" in next(line for line in whole.splitlines()[::-1] if line.endswith("[aaa-1]"))


def test_shipped_patches_of_no_concern_are_a_line(provider, start):
    """One line with their number, and none where patches of another scope are judged."""
    assert "shipped patches are not for what is installed; to judge them: backportkit check backportkit" in (
        start(provider, "check").stdout
    )
    assert "shipped" not in start(provider, "check", "provider").stdout


def test_shipped_patches_that_are_not_meant_here_are_left_out(provider, start):
    """Nobody here can mend them, and what concerns the project would drown in what they lack."""
    assert "torch-" not in start(provider, "check").stdout
    assert "torch-196013" in start(provider, "check", "backportkit").stdout


def test_all_installed_providers_are_judged_by_their_own_requirements(provider, start):
    provider.distribution("another", "1.0", {"victim": "another"})
    with (provider.folder / "another-1.0.dist-info" / "METADATA").open("a", encoding="utf-8") as file:
        file.write("Requires-Dist: victim>=3\n")
    provider.write("another.py", PROVIDER.replace("victim-1", "victim-2"))
    provider.write("pyproject.toml", "[project]\nname = 'provider'\ndependencies = ['victim>=1.5']\n" + ENTRY_POINT)
    done = start(provider, "check", "--json")
    assert removable(done) == ["victim-2"]
    assert done.returncode == 3


def test_environment_without_patches_says_what_to_do(world, start):
    world.write("nothing.json", '{"patch": []}')
    done = start(world, "check", "nothing.json")
    assert (done.returncode, done.stdout) == (
        0,
        "no patches are declared here: backportkit new writes one; name a file, module or provider that has some\n",
    )
    assert start(world, "check", "nothing.json", "--format", "github").stdout == ""


def test_all_is_well_is_said(world, start):
    patch = {"id": "victim-1", "summary": "s", "requires": "victim<2", "target": "victim:f", "value": 1, "how": "add"}
    patch |= {"fixes": "https://upstream.example/1", "reproducer": "platform:platform"}
    world.write("patches.json", json.dumps({"patch": [patch]}))
    world.write("mine.py", "def run(): pass\n")
    done = start(world, "check", "patches.json")
    assert (done.returncode, done.stdout) == (0, "1 patch, 1 dormant here: all is well\n")


def test_github_gets_one_annotation_a_finding(provider, start):
    lines = start(provider, "check", "provider", "--format", "github").stdout.splitlines()
    assert lines[0] == (
        "::warning file=provider.py,line=2,title=BK102 missing reproducer::victim-1: nothing shows that it fixes "
        "anything. Next: add reproducer=..., then: backportkit prove victim-1"
    )
    assert lines[1].startswith("::notice file=provider.py,line=2,title=BK104 missing fingerprint::victim-1, victim:f: ")


def test_sarif_has_the_shape_that_the_standard_asks_for(provider, start):
    provider.write(
        "provider.py",
        PROVIDER + '@backport("victim:gone", id="victim-2", requires="victim<2")\ndef g(): "x"\n',
    )
    provider.write("entry.toml", "")
    done = start(provider, "check", "provider", "--format", "sarif")
    assert done.returncode == 1
    log = json.loads(done.stdout)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "backportkit"
    assert [rule["id"] for rule in driver["rules"]] == list(RULES)
    assert {rule["defaultConfiguration"]["level"] for rule in driver["rules"]} <= {"none", "note", "warning", "error"}
    assert run["results"]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"] == {"uri": "provider.py"}
        assert location["physicalLocation"]["region"]["startLine"] >= 1
    prints = [result["partialFingerprints"]["patch/v1"] for result in run["results"]]
    assert "victim-2 victim:gone" in prints


@pytest.mark.parametrize("file", ["app/src/mine/patches.toml", "app/data/patches.toml"])
def test_replacement_beside_a_toml_file(world, start, file):
    """`check` looks for a replacement that a file of patches names above the file's package and in its project."""
    for name in ("app/data", "app/src/mine"):
        (world.folder / name).mkdir(parents=True)
    world.distribution("victim", "1.5")
    world.write("app/pyproject.toml", "")
    for name in ("__init__.py", "fixes.py"):
        (world.folder / "app/src/mine" / name).write_text("def f(): return 'new'\n", "utf-8")
    world.write("victim.py", "def f(): return 'old'\n")
    fields = 'requires="victim<2"\ntarget="victim:f"\nreplacement="mine.fixes:f"\nsummary="s"'
    world.write(file, f'[[patch]]\nid="victim-1"\n{fields}\n')
    said = start(world, "check", file).stdout
    assert "BK101" in said
    assert "BK212" not in said


def test_place_in_a_toml_file_is_the_line_of_its_table(world, start):
    table = '[[patch]]\nsummary="s"\nrequires="victim<1"\ntarget="victim:f"\nvalue=1\n'
    world.write("patches.toml", f'# ours\n{table}id="victim-1"\n\n{table}id="victim-2"\n')
    found = json.loads(start(world, "check", "patches.toml", "--json").stdout)["findings"]
    assert {(one["path"], one["line"], one["patch"]) for one in found} == {
        ("patches.toml", 2, "victim-1"),
        ("patches.toml", 9, "victim-2"),
    }


def test_hook_for_pre_commit_runs_the_command():
    text = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    assert "entry: backportkit check ." in text
    assert "language: system" in text


# --- what is read, and what keeps it from being read ---


def test_project_that_declares_where_nothing_leads_is_told_the_place(provider, start):
    provider.write("pyproject.toml", '[project.entry-points."backportkit.patches"]\nvictim = "provider"\n')
    provider.write(
        "package/stray.py", "import backportkit\n\n\n@backportkit.backport('a:b', requires='a<1')\ndef b(): ...\n"
    )
    provider.write("package/loading.py", "import backportkit\npatches = backportkit.load('x.toml')\n")
    provider.write("package/using.py", "import backportkit\nbackportkit.apply_all()\n")
    provider.write("package/wrong.py", "import backportkit\ndef (\n")
    provider.write("package/other.py", "from backportkit import register as declare\n\ndeclare({})\n")
    provider.write("package/short.py", "import backportkit as bk\n\n\nbk.register({})\n")
    provider.write("tests/test_stray.py", "@backport('a:b')\ndef b(): 'backportkit'\n")
    provider.write("inner/pyproject.toml", "")
    provider.write("inner/stray.py", "@backport('a:b')\ndef b(): 'backportkit'\n")
    done = start(provider, "check", ".", "--json")
    assert done.returncode == 1
    found = [one for one in json.loads(done.stdout)["findings"] if one["code"] == "BK303"]
    assert [(one["path"], one["line"]) for one in found] == [
        *(("package/loading.py", 2), ("package/other.py", 3), ("package/short.py", 4), ("package/stray.py", 5)),
    ]


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        (ENTRY_POINT, set()),
        ("", {"BK303"}),
        (ENTRY_POINT.replace("backportkit.patches", "backportkit.patch"), {"BK303"}),
        (ENTRY_POINT.replace("victim =", "victm ="), {"BK302"}),
        (ENTRY_POINT.replace('"provider"', '"older"'), {"BK303"}),
        ("dynamic = ['entry-points']", set()),
    ],
)
@pytest.mark.parametrize("what", [["."], ["pyproject.toml"], []])
def test_file_in_the_folder_is_judged_and_not_what_is_installed_of_it(provider, start, what, stated, found):
    """The entry points of an editable install may be those of yesterday; they count where another file has them."""
    provider.write("pyproject.toml", f"[project]\nname = 'Provider'\n{stated}\n")
    provider.write("older.py", "")
    done = start(provider, "check", *what, "--json")
    assert {code for code, _ in codes(done) if code.startswith("BK3")} == found
    assert done.returncode == (1 if found else 0)


def test_what_is_installed_of_the_project_is_in_nobodys_way(provider, start):
    """A patch that was renamed in the folder does not conflict with its former self."""
    provider.write("test_older.py", PROVIDER.replace("victim-1", "victim-0").replace("pull/1", "pull/0"))
    provider.write("provider-1.0.dist-info/entry_points.txt", "[backportkit.patches]\nvictim = test_older\n")
    provider.write("pyproject.toml", f"[project]\nname = 'provider'\n{ENTRY_POINT}")
    assert "BK210" not in {code for code, _ in codes(start(provider, "check", ".", "--json"))}


@pytest.mark.parametrize("wrong", ["import victim\n", "import no_such_module\n", "raise SystemExit\n"])
def test_nothing_is_said_of_reach_where_a_provider_cannot_be_read(provider, start, wrong):
    """An entry point leads to the module, and nobody knows what it would have imported."""
    provider.write("provider.py", wrong + PROVIDER)
    provider.write("pyproject.toml", f"[project]\nname = 'provider'\n{ENTRY_POINT}")
    (code,) = {code for code, _ in codes(start(provider, "check", ".", "--json"))}
    assert code in {"BK301", "BK304"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"app.patches"', 'modules = ["app.patches"]'),
        ("5", 'modules = ["package.module"]'),
        ("[5]", 'modules = ["package.module"]'),
    ],
)
def test_modules_that_are_no_list_of_names_are_shown_as_they_should_be(provider, start, value, expected):
    """The message has what to write, and what is there."""
    provider.write("pyproject.toml", f"[tool.backportkit]\nmodules = {value}\n")
    done = start(provider, "check", ".")
    assert done.returncode == 2
    assert f"expected: {expected}" in done.stderr
    assert f"found:    {value.strip('[]').replace(chr(34), chr(39))}" in done.stderr


def test_provider_that_imports_what_it_patches_is_kept_from_it(provider, start):
    provider.write("provider.py", "import victim\n" + PROVIDER)
    done = start(provider, "check", "provider", "--json")
    assert done.returncode == 1
    assert codes(done) == {("BK304", None)}
    provider.write("file.py", "try:\n    import victim\nexcept ImportError:\n    pass\n" + PROVIDER)
    assert {("BK304", None), ("BK102", "victim-1")} <= codes(start(provider, "check", "file.py", "--json"))


BY_HAND = """
[project]
name = "mine"
[project.entry-points."backportkit.patches"]
victim = "mine.of_victim"
other = "mine.of_other"
"""


def test_package_that_imports_what_is_patched_below_it(provider, start):
    """Each module below is told, at the file that begins it, with the way; nothing that is patched is imported."""
    provider.write("pyproject.toml", BY_HAND)
    provider.write("mine/__init__.py", "\nfrom mine import compat\ncompat.install()\n")
    provider.write("mine/compat.py", "def install():\n    import other\n    import victim\n")
    provider.write("mine/of_victim.py", PROVIDER)
    provider.write("mine/of_other.py", PROVIDER.replace("victim", "other"))
    for name in ("victim", "other"):
        provider.write(f"{name}.py", "raise SystemExit('imported')\n")
    done = start(provider, "check", ".", "--json")
    found = [one for one in json.loads(done.stdout)["findings"] if one["code"] != "BK303"]

    by = "imports other, which is patched here, by mine/__init__.py:3, mine/compat.py:2: it is read"
    assert [(one["code"], one["path"], one["line"]) for one in found] == [("BK304", "mine/__init__.py", 3)] * 2
    assert sorted(one["message"].partition(" right")[0] for one in found) == [
        f"mine.of_{name} {by}" for name in ("other", "victim")
    ]
    assert all("backportkit.apply_all() does" in one["next_step"] for one in found)


def test_provider_that_imports_it_in_a_way_nobody_could_expect_is_told_too(provider, start):
    provider.write("victim.py", "def f(a): pass")
    provider.write(
        "sly.py",
        "name = 'victim:' + 'f'\nimport victim\n" + PROVIDER.replace('"victim:f"', "name"),
    )
    assert ("BK304", None) in codes(start(provider, "check", "sly", "--json"))


def test_unreadable_provider_does_not_hide_the_others(provider, start):
    provider.distribution("broken", "1.0", {"victim": "broken:nothing"})
    provider.write("broken.py", "")
    provider.distribution("leaving", "1.0", {"victim": "leaving"})
    provider.write("leaving.py", "import sys; sys.exit(5)")
    provider.distribution("absent", "1.0", {"victim": "absent"})
    done = start(provider, "check", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)["findings"]
    told = {one["path"]: one["message"] for one in found if one["code"] == "BK301"}
    assert set(told) == {"broken.py", "leaving.py", None}
    assert "SystemExit: 5" in told["leaving.py"]
    assert "victim-1" in {one["patch"] for one in found}


def test_id_that_the_project_switches_off_and_nobody_declares_is_told_where_all_was_read(provider, start):
    provider.write("pyproject.toml", "[tool.backportkit]\ndisable = ['victim-1', 'victim-7', 'other-*']\n")
    done = start(provider, "check", "--json")
    assert [one["message"] for one in json.loads(done.stdout)["findings"] if one["code"] == "BK305"] == [
        "[tool.backportkit] switches off 'victim-7', which nobody declares in this environment"
    ]
    provider.distribution("absent", "1.0", {"victim": "absent"})
    assert "BK305" not in [code for code, _ in codes(start(provider, "check", "--json"))]


def test_file_in_a_package_is_read_as_the_module_it_is(provider, start):
    provider.write("home/app/backports.py", "from .texts import fixes\n" + PROVIDER)
    provider.write("home/app/texts.py", "fixes = 1\n")
    (provider.folder / "home" / "__init__.py").unlink()
    provider.write("home/pyproject.toml", "[project]\ndependencies = ['victim>=5']\n")
    for what in ("home/app/backports.py", "home/pyproject.toml"):
        done = start(provider, "check", what, "--json")
        assert removable(done) == (["victim-1"] if what.endswith("py") else []), done.stdout
    assert removable(start(provider, "check", "home/app/__init__.py", "--json")) == []


def test_installed_file_belongs_to_no_project(world, start):
    world.write("pyproject.toml", "[project]\ndependencies = ['victim>=5']\n")
    world.write("site-packages/mine.py", PROVIDER)
    assert removable(start(world, "check", "site-packages/mine.py", "--json")) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux makes such a file for everybody")
def test_file_that_cannot_be_opened_is_told(world, start):
    """A file that the system does not open is a message with exit code 2."""
    os.mknod(world.folder / "patches.json", stat.S_IFSOCK | 0o600)
    done = start(world, "check", "patches.json")
    assert done.returncode == 2
    assert "patches.json cannot be read: " in done.stderr
    assert "next: " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no-such-thing"], "there is nothing to check by the name of 'no-such-thing'"),
        (["victim"], "the patches of 'victim' cannot be loaded"),
        (["empty"], "'empty' is no project"),
        (["text.txt"], "'text.txt' declares no patches"),
        (["wrong.toml"], "wrong.toml is no TOML"),
        (["deep.json"], "deep.json is no JSON"),
        (["broken.py"], "the patches of 'broken' cannot be loaded: SyntaxError"),
        (["leaving.py"], "the patches of 'leaving' cannot be loaded: SystemExit"),
        (["."], "[tool.backportkit] modules in pyproject.toml does not name modules"),
        (["a" * 5000], "there is nothing to check by the name of"),
        (["provider", "--format", "xml"], "xml"),
    ],
)
def test_wrong_usage_is_told_with_exit_code_2(provider, start, arguments, told):
    provider.write("empty/readme", "")
    provider.write("text.txt", "")
    provider.write("wrong.toml", "[[")
    provider.write("deep.json", "[" * 200_000)
    provider.write("broken.py", "def (")
    provider.write("leaving.py", "raise SystemExit('bye')")
    provider.write("pyproject.toml", "[tool.backportkit]\nmodules = 5\n")
    done = start(provider, "check", *arguments)
    assert done.returncode == 2, done.stdout
    assert told in done.stderr.replace("\n  ", " ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        b"x = 1\n# a\n# \xff\n",
        b"x = 1  # caf\xe9\n",
        b"# coding: nothing\n",
        b"# coding: hex\n",
        b"\xff\xfe",
        b"import backportkit\n\nx = '\xff'\n",
    ],
)
def test_file_that_is_no_text_cannot_be_checked(provider, start, text):
    """Exit code 2 and a sentence, also where Python would import it, since a comment has the stray byte."""
    (provider.folder / "stray.py").write_bytes(text)
    done = start(provider, "check", "stray.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert "stray.py cannot be read: " in done.stderr
    assert "expected: Python source in UTF-8" in done.stderr


def test_file_that_says_its_encoding_is_checked(provider, start):
    """A source file that states another encoding is checked as any other."""
    (provider.folder / "latin.py").write_bytes(b"# coding: latin-1\nx = 'caf\xe9'\n")
    assert start(provider, "check", "latin.py").returncode == 0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            "import backportkit\nbackportkit.backport('victim', id='no id')(print)\n",
            "correct the declaration: wrong.py:2",
        ),
        ("def (", "correct the module: wrong.py:1"),
        ("import no_such_module", "correct the module: wrong.py:1"),
        ("exec('def (')", "correct the module: wrong.py:1"),
    ],
)
def test_what_is_wrong_in_a_named_file_is_told_with_its_line(provider, start, wrong, told):
    """Nothing is said of entry points, which have no part in it."""
    provider.write("wrong.py", wrong)
    done = start(provider, "check", "wrong.py")
    assert done.returncode == 2
    assert told in done.stderr
    assert "entry point" not in done.stderr
    assert "uninstall" not in done.stderr
