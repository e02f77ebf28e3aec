"""`retire` leaves a project as a person would have left it, whose patch is deleted by hand."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import textwrap
from pathlib import Path

import package_index
import pytest
import warm

from backportkit.authoring.project import changes
from backportkit.authoring.project.changes import Changes
from backportkit.authoring.project.pyproject import ProjectError
from backportkit.source import fingerprint

pytestmark = pytest.mark.warm

ROOT = Path(__file__).parents[2]
FIX = "https://victim.example/pull/1"

HEAD = "from backportkit import backport\n\n"

ONE = """
@backport("victim:f", requires="victim<2", id="victim-1", fixes="https://victim.example/pull/1")
def f():
    "f() gives the wrong answer."
    return 'new'
"""

OTHER = """
@backport("victim:g", requires="victim<4", id="victim-2", fixes="https://victim.example/pull/2")
def g():
    "g() gives the wrong answer."
    return 'new'
"""

SAMPLE = {
    "pyproject.toml": """
    # what we are
    [project]
    name = "mine"  # ours
    version = "1"
    dependencies = ["victim>=2", "backportkit"]

    [project.entry-points."backportkit.patches"]
    victim = "mine.backports"  # the package that is patched

    [tool.setuptools.packages.find]
    where = ["src"]
    """,
    "src/mine/__init__.py": '"""What we do."""\n',
    "src/mine/answers.py": "import victim\n\n\ndef answer():\n    return victim.f()\n",
    "src/mine/backports.py": '''
    """Backports of upstream's fixes."""

    from __future__ import annotations

    from typing import TYPE_CHECKING

    from backportkit import Reproducer, backport

    if TYPE_CHECKING:
        from victim import rounded

    _FIX = "https://victim.example/pull/1"


    # The body of 2.0.
    # fmt: off
    @backport(
        "victim:f", requires="victim>=1,<2", id="victim-1", fixes=_FIX, namespace="target",
        reproducer=Reproducer(run="mine.reproducers:wrong", expect="old"),
    )
    def f():
        """f() gives the wrong answer."""
        return rounded("new")
    # fmt: on
    ''',
    "src/mine/reproducers.py": '''
    """Reproducers of the bugs that we have patched."""

    import math

    _WRONG = "old"


    def wrong():
        import victim

        assert victim.f() != _WRONG, victim.f()


    def elsewhere():
        return math.pi
    ''',
    "tests/conftest.py": "import backportkit\nimport mine.backports  # which declares\n\nbackportkit.apply_all()\n",
    "tests/test_answers.py": "from mine.answers import answer\n\n\ndef test_answer():\n    assert answer() == 'new'\n",
    "tests/test_backports.py": """
    import pytest
    from backportkit import require, unpatched
    from mine.reproducers import elsewhere, wrong


    def test_patch_mends_it():
        require("victim-1")
        wrong()


    def test_bug_is_there_without_it():
        with unpatched("victim-1"), pytest.raises(AssertionError, match="old"):
            wrong()


    @pytest.mark.unpatched("victim-1")
    def test_marked():
        wrong()


    def test_elsewhere():
        assert elsewhere() > 3
    """,
    "CHANGELOG.md": "# Changes\n\n## [Unreleased]\n\n### Added\n\n- Something.\n\n## 0.9\n\n- More.\n",
    "docs/index.md": "We had victim-1.\n\n.. automodule:: mine.backports\n",
}

AFTER = {
    "pyproject.toml": """
    # what we are
    [project]
    name = "mine"  # ours
    version = "1"
    dependencies = ["victim>=2", "backportkit"]

    [tool.setuptools.packages.find]
    where = ["src"]
    """,
    "src/mine/backports.py": None,
    "src/mine/reproducers.py": '''
    """Reproducers of the bugs that we have patched."""

    import math


    def elsewhere():
        return math.pi
    ''',
    "tests/conftest.py": "import backportkit\n\nbackportkit.apply_all()\n",
    "tests/test_backports.py": """
    from mine.reproducers import elsewhere


    def test_elsewhere():
        assert elsewhere() > 3
    """,
    "tests/test_victim_1.py": '''
    """Upstream has mended it: f() gives the wrong answer."""

    _WRONG = "old"


    # The reproducer of the patch victim-1, of https://victim.example/pull/1, which was retired.
    def test_victim_1():
        import victim

        assert victim.f() != _WRONG, victim.f()
    ''',
    "CHANGELOG.md": (
        "# Changes\n\n## [Unreleased]\n\n### Added\n\n- Something.\n\n### Removed\n\n"
        f"- Remove the patch victim-1, of {FIX}: upstream has the fix in all that is supported, victim>=2.\n\n"
        "## 0.9\n\n- More.\n"
    ),
}


@pytest.fixture
def sample(patched):
    """A project with a patch, tests about it, and other things."""
    for name, text in SAMPLE.items():
        patched.write(name, textwrap.dedent(text).removeprefix("\n"))
    patched.commit()
    return patched


def test_sample_project(sample):
    """Files, entry point, imports, tests and changelog are what a person would leave, and nothing else changes."""
    before = sample.files()
    left = sample.retired("victim-1", "--changelog", "CHANGELOG.md")
    after = {name: None if text is None else textwrap.dedent(text).removeprefix("\n") for name, text in AFTER.items()}
    assert left == {name: text for name, text in (before | after).items() if text is not None}


def test_tests_of_the_sample_project(sample):
    """They pass afterwards, the reproducer among them."""
    sample.retired()
    sample.write("victim.py", "def f(): return 'new'\n")
    folders = {"PYTHONPATH": f"{sample.folder}:{sample.folder / 'src'}"}
    done = warm.fresh(["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"], sample.folder, folders)
    assert (done.returncode, done.stdout.splitlines()[-1][:8]) == (0, "3 passed"), done.stdout + done.stderr


def test_twice(sample):
    """The second time it changes nothing, and says so."""
    left = sample.retired()
    sample.commit()
    assert "victim-1 is retired already: its reproducer is the test tests/test_victim_1.py" in sample.retire("victim-1")
    assert sample.retire("--all") == "nothing to retire: the project has no patch that it has outgrown\n"
    assert sample.files() == left


def test_places_that_name_it(sample):
    """The command says what is left to a person, and nothing of what an installation has made."""
    sample.write("mine.egg-info/entry_points.txt", "[backportkit.patches]\nvictim = mine.backports\n")
    said = sample.retire("victim-1", "--unproved", "it costs too much", "--yes")
    assert "to do: victim-1 is still named in docs/index.md:1\n" in said
    assert "to do: mine.backports is still named in docs/index.md:3\n" in said
    assert "to do: no patch is left in the project: see whether it still needs backportkit\n" in said
    assert "egg-info" not in said
    assert "retired victim-1, unproved: it costs too much; its reproducer is the test tests/test_victim_1.py\n" in said


def test_status_and_check(patched):
    """Both name the command, for the patch that the project has outgrown and for no other one."""
    patched.declare(HEAD + ONE + OTHER)
    patched.write("victim-2.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: victim\nVersion: 2.0\n")
    folders = {"PYTHONPATH": str(patched.folder), "COLUMNS": "1000"}
    lines = (["status"], ["check", ".", "-v"])
    status, check = (warm.run(["-m", "backportkit", *line], patched.folder, folders).stdout for line in lines)
    assert "here is a patch that the project has outgrown: backportkit retire victim-1\n" in status
    assert "backportkit retire victim-1\n" in check
    assert "retire victim-2" not in status + check


# --- what stays ---


def test_one_of_two_patches(patched):
    """What the other patch uses stays, its comments and its imports, and so does the entry point."""
    second = OTHER.strip().replace("'new'", "LIMIT + math.pi")
    constants = "import math\nimport os\n\nLIMIT = 3\n_MOST = 5\n\n# --- victim ---\n\n"
    first = f"\n# of the first\n{ONE.strip()}\n    os, _MOST, LIMIT\n\n\n"
    patched.declare(f"{HEAD}{constants}{first}# of the second\n{second}\n")
    left = patched.retired()
    kept = "import math\n\nLIMIT = 3\n\n# --- victim ---\n\n\n# of the second\n"
    assert left["mine/backports.py"] == f"from backportkit import backport\n\n{kept}{second}\n"
    assert 'victim = "mine.backports"' in left["pyproject.toml"]


def test_public_function_beside_others(patched):
    """In a module that has more than patches, a public function stays that nothing uses any more."""
    body = ONE.replace("'new'", "helper(_helper())")
    rest = "def helper(value):\n    return value\n\n\ndef _helper():\n    return 'new'\n\n\ndef api():\n    return 1\n"
    patched.declare(f"{HEAD}\n{rest}\n{body}")
    left = patched.retired()["mine/backports.py"]
    assert left == "def helper(value):\n    return value\n\n\ndef api():\n    return 1\n"


HELPER = "def _helper():\n    return 'new'\n"


@pytest.mark.parametrize(
    "use",
    [
        "from mine.backports import _helper\n",
        "import mine.backports\n\nmine.backports._helper()\n",
        "from . import backports as other\n\n\ndef g():\n    return other._helper\n",
        "NAME = 'mine.backports:_helper'\n",
        "def f(x: '_helper | None'):\n    from mine.backports import _helper\n",
    ],
)
def test_used_elsewhere(patched, use):
    """What another file uses, in whatever way, stays with its module."""
    patched.write("mine/user.py", use)
    patched.declare(HEAD + "\n" + HELPER + ONE.replace("'new'", "_helper()"))
    left = patched.retired()
    assert (left["mine/user.py"], left["mine/backports.py"]) == (use, HELPER)


@pytest.mark.parametrize(
    "use",
    [
        "SCRIPT = '''\nfrom mine.backports import _helper\n'''\n",
        "from .backports import *\n",
        "import mine.backports as own\n\nprint(vars(own))\n",
        "def unreadable(:\n    mine.backports\n",
    ],
)
def test_used_somehow(patched, use):
    """Where nothing tells what of a module is used, all of it stays but the declaration."""
    patched.write("mine/user.py", use)
    patched.declare(HEAD + "\n" + HELPER + ONE.replace("'new'", "_helper()"))
    left = patched.retired()["mine/backports.py"]
    assert left == HEAD + "\n" + HELPER + ONE[: ONE.index("@")] + ONE[ONE.index("def") :].replace("'new'", "_helper()")


REPRODUCER = """
def _value():
    import victim
    return victim.f()


def wrong():
    assert _value() == 'new'
"""


def declared(patched, reproducer="'mine.reproducers:wrong'", **files):
    """Declare victim-1 with a reproducer in a module of its own."""
    patched.write("mine/reproducers.py", files.pop("text", REPRODUCER.lstrip()))
    for name, text in files.items():
        patched.write(name.replace("__", "/"), text)
    patched.declare(HEAD + ONE.replace("id=", f"reproducer={reproducer}, id="))


def test_reproducer_that_another_test_calls(patched):
    """It stays where it is, and no test is made of it."""
    test = "from mine.reproducers import wrong\n\n\ndef test_wrong():\n    wrong()\n"
    declared(patched)
    patched.write("tests/test_own.py", test)
    patched.commit()
    assert "retired victim-1, unproved: x; tests/test_own.py has its reproducer\n" in patched.retire(
        "victim-1", "--yes", "--unproved", "x"
    )
    assert [name for name in patched.files() if name.startswith("tests")] == ["tests/test_own.py"]


def test_reproducer_that_is_a_test(patched):
    """It is one already, and stays."""
    test = "import victim\n\n\ndef test_f():\n    assert victim.f() == 'new'\n"
    patched.write("tests/test_own.py", test)
    patched.declare(HEAD + ONE.replace("id=", "reproducer='tests.test_own:test_f', id="))
    said = patched.retire("victim-1", "--yes", "--unproved", "x")
    assert "retired victim-1, unproved: x; tests/test_own.py has its reproducer\n" in said
    assert patched.files()["tests/test_own.py"] == test


def test_classes_of_tests(patched):
    """A class whose tests all name the patch goes, with what it alone used; one with another test stays."""
    one = "class TestOne:\n    limit = LIMIT\n\n    async def test_a(self):\n        require('victim-1')\n"
    other = one.replace("One", "Other").replace("LIMIT", "2") + "\n    def test_b(self):\n        pass\n"
    patched.write("tests/test_own.py", f"from backportkit import require\n\nLIMIT = 1\n\n\n{one}\n\n{other}")
    patched.declare(HEAD + ONE)
    said = patched.retire("victim-1", "--yes", "--unproved", "x")
    assert patched.files()["tests/test_own.py"] == f"from backportkit import require\n\n\n{other}"
    assert "to do: victim-1 is still named in tests/test_own.py:8\n" in said


def test_test_of_a_patch_that_stays(patched):
    """A test that asks for a patch that stays, too, stays; so does one in a class with others. Both are named."""
    test = "from backportkit import require\n\n\ndef test_both():\n    require('victim-1')\n    require('victim-2')\n"
    test += "\n\nclass TestMore:\n    def test_a(self):\n        require('victim-1')\n"
    test += "\n    def test_b(self):\n        pass\n"
    patched.write("tests/test_two.py", test)
    patched.declare(HEAD + ONE + OTHER)
    said = patched.retire("victim-1", "--unproved", "x", "--yes")

    assert patched.files()["tests/test_two.py"] == test
    assert "tests/test_two.py::test_both asks for victim-1, and stays, since it asks for victim-2, too" in said
    assert "tests/test_two.py::TestMore::test_a asks for victim-1, and stays, since it stands in a class" in said


def test_test_that_names_it(patched):
    """A test that does something else with the id stays, and is named."""
    test = "import mine\n\n\ndef test_names():\n    assert mine.require('victim-1') != 'victim-1'\n"
    patched.write("tests/test_own.py", test)
    patched.declare(HEAD + ONE)
    said = patched.retire("victim-1", "--yes", "--unproved", "x")
    assert "to do: victim-1 is still named in tests/test_own.py:5\n" in said
    assert patched.files()["tests/test_own.py"] == test


def test_reproducer_that_something_else_calls(patched):
    """It stays where it is, and a test calls it with its variables."""
    given = "{'run': 'mine.reproducers:wrong', 'environment': {'A': 'b', 'C': '{scratch}', 'D': '{scratch}/{x}'}}"
    declared(patched, given)
    patched.write("mine/main.py", "from mine.reproducers import wrong\n\nwrong()\n")
    patched.commit()
    assert patched.retired()["tests/test_victim_1.py"] == textwrap.dedent(
        f'''\
        """Upstream has mended it: f() gives the wrong answer."""

        from __future__ import annotations

        from mine.reproducers import wrong


        # The reproducer of the patch victim-1, of {FIX}, which was retired.
        def test_victim_1(monkeypatch, tmp_path) -> None:
            monkeypatch.setenv("A", "b")
            monkeypatch.setenv("C", str(tmp_path))
            monkeypatch.setenv("D", f"{{tmp_path}}/{{{{x}}}}")
            wrong()
        '''
    )


def test_reproducer_with_variables(patched):
    """They are set first; what it needs comes along, and what others use as well is imported."""
    text = (
        "import math\nfrom . import shared\nfrom os import sep\nLIMIT = [sep]\n\n"
        + REPRODUCER
        + "\n\ndef other():\n    return LIMIT\n"
    )
    text = text.replace("assert _value()", '"""Fail."""\n    assert LIMIT and shared and math and _value()')
    given = "{'run': 'mine.reproducers:wrong', 'environment': {'A': 'b'}, 'packages': ['numpy'], 'programs': ['c++']}"
    declared(patched, given, text=text)
    patched.write("mine/shared.py", "")
    patched.write("mine/main.py", "from mine.reproducers import other\n\nother()\n")
    patched.commit()
    said = patched.retire("victim-1", "--yes", "--unproved", "x")
    assert "its reproducer is the test tests/test_victim_1.py, and needs numpy, c++\n" in said
    left = patched.files()
    assert left["mine/reproducers.py"] == "from os import sep\nLIMIT = [sep]\n\n\ndef other():\n    return LIMIT\n"
    assert left["tests/test_victim_1.py"] == textwrap.dedent(
        f'''\
        """Upstream has mended it: f() gives the wrong answer."""

        import math
        from mine import shared

        from mine.reproducers import LIMIT


        def _value():
            import victim
            return victim.f()


        # The reproducer of the patch victim-1, of {FIX}, which was retired.
        def test_victim_1(monkeypatch):
            """Fail."""
            monkeypatch.setenv("A", "b")

            assert LIMIT and shared and math and _value() == 'new'
        '''
    )


def test_reproducer_in_one_line(patched):
    """It gets lines for its variables."""
    given = "{'run': 'mine.reproducers:wrong', 'environment': {'A': 'b'}}"
    declared(patched, given, text="import os\ndef wrong(): assert os.environ\n")
    lines = ["def test_victim_1(monkeypatch):", '    monkeypatch.setenv("A", "b")', "", "    assert os.environ", ""]
    assert patched.retired()["tests/test_victim_1.py"].endswith("\n".join(lines))


def test_reproducer_that_was_never_written(patched):
    """There is nothing to keep."""
    declared(patched, text='def wrong():\n    raise NotImplementedError("write it")\n')
    assert "victim-1, unproved: x; it has no reproducer to keep\n" in patched.retire(
        "victim-1", "--yes", "--unproved", "x"
    )
    assert "tests/test_victim_1.py" not in patched.files()


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        (
            {"pytest.ini": "[pytest]\ntestpaths = checks\npython_files = check_*.py\n", "checks/x": ""},
            "checks/check_victim_1.py",
        ),
        ({"setup.cfg": "[tool:pytest]\ntestpaths = a* b\n", "ab/x": "", "b/x": ""}, "ab/test_victim_1.py"),
        ({"tox.ini": "[pytest]\npython_files = *_test.py\n", "test/x": ""}, "test/victim_1_test.py"),
        ({"mine/tests/__init__.py": ""}, "mine/tests/test_victim_1.py"),
        ({}, "tests/test_victim_1.py"),
        ({"tests/test_victim_1.py": "import os\n"}, "tests/test_victim_1_regression.py"),
    ],
)
def test_place_of_the_test(patched, settings, path):
    """The test stands where pytest finds it, and is called as it says."""
    for name, text in settings.items():
        patched.write(name, text)
    declared(patched)
    before = patched.files()
    assert patched.retired().keys() - before.keys() == {path}


def test_test_in_a_project_with_ruff(patched):
    """It has the layout that the project asks for, and no `noqa` that is needless in its place."""
    patched.write("ruff.toml", 'lint.select = ["ANN", "RUF100", "I"]\nlint.per-file-ignores."tests/*" = ["ANN"]\n')
    declared(
        patched, text="def wrong():  # noqa: ANN201\n    import victim\n    assert (victim.f()\n       == 'new')\n"
    )
    body = 'def test_victim_1():\n    import victim\n\n    assert victim.f() == "new"\n'
    assert patched.retired()["tests/test_victim_1.py"].endswith(body)


def test_module_that_somebody_names(patched):
    """One that the pyproject.toml names for others is left, without the declaration."""
    text = (patched.folder / "pyproject.toml").read_text("utf-8")
    patched.write("pyproject.toml", text + '[project.entry-points."of.others"]\nx = "mine.backports"\n')
    patched.declare('"""Ours."""\n' + HEAD + ONE)
    left = patched.retired()
    assert left["mine/backports.py"] == '"""Ours."""\n'
    assert 'x = "mine.backports"\n' in left["pyproject.toml"]


@pytest.mark.parametrize(("before", "is_left"), [("# Proofs\n", False), ("# Ours\n", True)])
def test_kept_proof(patched, before, is_left):
    """It goes, with its page if there is no other one; a page of somebody else stays as it is."""
    proof = json.loads((ROOT / "docs/proofs/tomlkit-277.json").read_text("utf-8")) | {"patch": "victim-1"}
    patched.write("docs/victim-1.json", json.dumps(proof))
    patched.write("docs/README.md", before)
    patched.declare(HEAD + ONE)
    docs = {name: text for name, text in patched.retired().items() if name.startswith("docs")}
    assert docs == ({"docs/README.md": before} if is_left else {})


# --- proofs ---


@pytest.fixture
def proving(patched):
    """Return what `retire` says where releases of `victim` have these bodies."""

    def retire(line, code, **bodies):
        declared(patched)
        for version, text in bodies.items():
            path = patched.folder / "wheels" / f"victim-{version}-py3-none-any.whl"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(package_index.installable(version.replace("_", "."), text))
        for wheel in (patched.folder / "wheels").iterdir():
            wheel.rename(wheel.with_name(wheel.name.replace("_", ".")))
        return patched.retire(*line, code=code, UV_FIND_LINKS=str(patched.folder / "wheels"))

    return retire


OLD, NEW = "def f(): return 'old'\n", "def f(): return 'new'\n"


def test_proof(patched, proving):
    """The oldest and the newest release that the project supports are tried, and no other."""
    said = proving(["victim-1", "--yes"], 0, **{"1_0": OLD, "2_0": NEW, "2_1": OLD, "3_0": NEW})
    assert said.splitlines()[:2] == [
        "victim-1: victim 2.0, without the patch: the reproducer passes",
        "victim-1: victim 3.0, without the patch: the reproducer passes",
    ]
    assert "mine/backports.py" not in patched.files()


def test_nothing_is_proved_where_nobody_can_be_asked(patched, proving):
    """Without a terminal and --yes, the command ends before a proof begins."""
    said = proving(["victim-1"], 2, **{"2_0": NEW, "3_0": NEW})
    assert said.startswith("backportkit: retire asks before it changes files, and there is no terminal to ask at\n")
    assert not (patched.folder / "cache" / "environments").exists()


@pytest.mark.parametrize("line", [["victim-1", "--yes"], ["--all", "--yes"]])
def test_patch_that_is_not_dead(patched, proving, line):
    """Where the reproducer fails, the patch stays, and nothing changes."""
    said = proving(line, 1, **{"2_0": NEW, "3_0": OLD})
    assert "victim-1: victim 3.0, without the patch: red: AssertionError" in said
    assert said.endswith("victim-1 is not proved to be dead, and stays\n")
    assert "mine/backports.py" in patched.files()
    assert not (patched.folder / "tests").exists()


# --- what is refused, and what changes nothing ---


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("", 1)])
def test_question(patched, answer, code):
    """On a terminal the difference is shown and one is asked; nothing is changed unless one says yes."""
    before = patched.declare(HEAD + ONE)
    ours, theirs = pty.openpty()
    line = [sys.executable, "-m", "backportkit", "retire", "victim-1", "--unproved", "x"]
    process = subprocess.Popen(line, cwd=patched.folder, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    while b"retire? [y/N]" not in said:
        said += os.read(ours, 1000)
    os.write(ours, f"{answer}\n".encode())
    assert process.wait(60) == code
    os.close(ours)
    assert b"backports.py, deleted" in said
    assert (patched.files() == before) is (code == 1)


def test_dry_run(patched):
    """The difference is shown, and nothing is written."""
    before = patched.declare(HEAD + ONE)
    said = patched.retire("victim-1", "--unproved", "x", "--dry-run")
    assert "--- mine/backports.py, deleted\n" in said
    assert '-victim = "mine.backports"\n' in said
    assert said.endswith("nothing is changed: --dry-run\n")
    assert patched.files() == before


def test_change_that_is_not_committed(patched):
    """It is refused, and made with --force."""
    patched.declare(HEAD + ONE)
    patched.write("mine/backports.py", f"{HEAD}{ONE}# mine\n")
    assert "found:    mine/backports.py\n" in patched.refused("victim-1")
    patched.retire("victim-1", "--unproved", "x", "--yes", "--force")
    assert "mine/backports.py" not in patched.files()


def test_dry_run_of_what_is_not_committed(patched):
    """A dry run changes nothing, so that git need not undo anything."""
    patched.declare(HEAD + ONE)
    patched.write("mine/backports.py", f"{HEAD}{ONE}# mine\n")
    assert "nothing is changed: --dry-run" in patched.retire("victim-1", "--unproved", "x", "--dry-run")


def test_patch_by_hand_that_is_left(patched):
    """The patch by hand that a declaration was taken over from is named, as long as its file has the target."""
    patched.write("mine/old.py", "import victim\n\nvictim.f = print\n")
    patched.declare(f'"""One.\n\nTaken over from mine/old.py, line 3.\n"""\n\n{HEAD}{ONE}')
    left = "to do: see whether the patch by hand that victim-1 was made of is still in mine/old.py, and delete it\n"
    assert left in patched.retire("victim-1", "--unproved", "x", "--yes")


def test_words_that_are_no_id(patched):
    """A longer word does not name the patch, and one that is the name of a package need not."""
    patched.declare(HEAD + ONE)
    patched.write("README.md", "victim-10, a-victim-1 and victim-1.x\n")
    patched.commit()
    assert "still named" not in patched.retire("victim-1", "--unproved", "x", "--yes")


def test_id_that_is_the_name_of_the_package(patched):
    """An id that is the name of a package is not looked for, since who has it may mean the package."""
    patched.declare(HEAD + ONE.replace("victim-1", "victim"))
    assert "still named" not in patched.retire("victim", "--unproved", "x", "--yes")


def test_other_change_that_is_not_committed(patched):
    """What is not touched need not be committed."""
    patched.declare(HEAD + ONE)
    patched.write("mine/other.py", "X = 1\n")
    assert "mine/other.py" in patched.retired()


def test_patch_that_is_needed(patched):
    """A range that the project still supports is no matter of proof."""
    patched.declare(HEAD + ONE + OTHER)
    assert "patch 'victim-2': is not removable" in patched.refused("victim-1", "victim-2")


def test_all_but_what_cannot_be_taken_out(patched):
    """A declaration in a loop is left and named; the others go."""
    loop = "for _ in range(1):\n" + textwrap.indent(OTHER.replace("<4", "<2"), "    ")
    patched.declare(HEAD + ONE + loop)
    left = patched.retired("--all")["mine/backports.py"]
    assert left == f"{HEAD}\n{loop}"
    assert "'victim-2': is declared in a way that cannot be taken out" in patched.refused("victim-2")


def test_patch_of_another_project(patched):
    """One that comes with something that is installed is not this project's."""
    patched.declare(HEAD + ONE)
    said = "patch 'tomlkit-277': comes with backportkit, and is not declared in this project"
    assert said in patched.refused("tomlkit-277")


@pytest.mark.parametrize("folder", [".venv/lib/python3/site-packages", "env/src/other"])
def test_patch_in_an_environment_within_the_project(patched, folder):
    """A file that is installed in an environment within the project is not the project's."""
    patched.write(f"{folder.partition('/')[0]}/pyvenv.cfg", "")
    patched.write(f"{folder}/other.py", HEAD + ONE)
    patched.write(f"{folder}/other-1.dist-info/entry_points.txt", "[backportkit.patches]\nvictim = other\n")
    metadata = "Metadata-Version: 2.1\nName: other\nVersion: 1\nRequires-Dist: victim>=2\n"
    patched.write(f"{folder}/other-1.dist-info/METADATA", metadata)
    patched.write("victim-2.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: victim\nVersion: 2.0\n")
    patched.commit()
    folders = {"PYTHONPATH": os.pathsep.join([str(patched.folder), str(patched.folder / folder)])}
    status = warm.run(["-m", "backportkit", "status"], patched.folder, folders).stdout
    assert "victim-1" in status
    assert "outgrown" not in status
    assert patched.retire("--all", **folders) == "nothing to retire: the project has no patch that it has outgrown\n"
    assert "comes with other, and is not declared in this project" in patched.retire("victim-1", code=2, **folders)


def test_unknown_patch(patched):
    """A name that nobody has is an error."""
    patched.declare(HEAD + ONE)
    assert "mean victim-1?" in patched.refused("victim-11")


@pytest.mark.parametrize("line", [[], ["victim-1", "--all"], ["victim-1", "--unproved", " "]])
def test_wrong_line(patched, line):
    """Patches or --all, and a reason in words."""
    patched.declare(HEAD + ONE)
    patched.retire(*line, code=2)


def test_all_or_nothing(patched):
    """Where something cannot be written, all is as it was."""
    before = patched.declare(HEAD + ONE)
    changed = {patched.folder / "pyproject.toml": b"x = 1\n"}
    new = {patched.folder / "new" / "a.py": b"", patched.folder / "mine/backports.py/b.py": b""}
    gone = [patched.folder / "mine/__init__.py", patched.folder / "mine/missing.py"]
    for one in (Changes({}, changed, gone), Changes(new, changed, [])):
        with pytest.raises(ProjectError, match="the project cannot be written"):
            changes.write(one)
        assert patched.files() == before
        assert not (patched.folder / "new").exists()


@pytest.mark.parametrize(("newest", "code"), [(NEW, 0), (OLD, 2)])
def test_absorbed_patch(patched, newest, code):
    """One in range is removable where upstream's fix is in the oldest and the newest release that is supported."""
    prints = f"original={fingerprint.of_source(OLD, ['f'])!r}, fixed={fingerprint.of_source(NEW, ['f'])!r}, id="
    patched.declare(HEAD + ONE.replace("id=", prints).replace("victim<2", "victim>=1,<4"))
    index = package_index.Index(patched.folder)
    for version, text in {"1.0": OLD, "2.0": NEW, "3.0": newest}.items():
        index.release(version, text)
    settings = {"UV_DEFAULT_INDEX": index.address, "UV_INDEX": ""}
    said = patched.retire("victim-1", "--unproved", "x", "--yes", code=code, **settings)
    index.close()
    assert ("deleted mine/backports.py" in said) is (code == 0)
    assert ("is not removable" in said) is (code == 2)


def test_entry_point_of_another_name(patched):
    """An entry point whose module has no patch any more goes, whatever its name is; the module may stay."""
    patched.declare(f"{HEAD}{ONE}\n\ndef api():\n    return 1\n")
    text = (patched.folder / "pyproject.toml").read_text("utf-8")
    patched.write("pyproject.toml", text.replace('victim = "mine.backports"', 'ours = "mine.backports"'))
    patched.commit()
    left = patched.retired()

    assert "def api" in left["mine/backports.py"]
    assert "entry-points" not in left["pyproject.toml"]


def test_module_that_need_not_be_there(patched):
    """A name that an import binds, or else None, is no use of all that its module has."""
    optional = (
        "try:\n    from mine import backports\nexcept ImportError:\n    backports = None\n\nLIMIT = backports.LIMIT\n"
    )
    patched.write("mine/optional.py", optional)
    patched.declare(f"{HEAD}\nLIMIT = 3\n\n\n{ONE}")
    assert patched.retired()["mine/backports.py"].split() == ["LIMIT", "=", "3"]


def test_declaring_file_behind_a_link(patched):
    """A module that is a link is refused: its users know it by another name than its file has."""
    patched.declare(HEAD + ONE)
    text = (patched.folder / "mine/backports.py").read_text("utf-8")
    patched.write("real/backports.py", text)
    (patched.folder / "mine/backports.py").unlink()
    (patched.folder / "mine/backports.py").symlink_to("../real/backports.py")
    patched.commit()
    assert "is declared in a file that a link leads to" in patched.refused("victim-1")
