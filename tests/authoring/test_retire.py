"""`retire` leaves a project as a person would have left it, whose patch is deleted by hand."""

from __future__ import annotations

import textwrap

import pytest
import warm

pytestmark = pytest.mark.warm

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


    def test_elsewhere():
        assert elsewhere() > 3
    """,
    "CHANGELOG.md": "# Changes\n\n## [Unreleased]\n\n### Added\n\n- Something.\n\n## 0.9\n\n- More.\n",
    "docs/index.md": "We had victim-1.\n",
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
        f"- The patch victim-1, of {FIX}: upstream has the fix in all that is supported, victim>=2.\n\n"
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
    """What is left to a person is said."""
    said = sample.retire("victim-1", "--unproved", "it costs too much", "--yes")
    assert "to do: victim-1 is still named in docs/index.md:1\n" in said
    assert "to do: no patch is left in the project: see whether it still needs backportkit\n" in said
    assert "retired victim-1, unproved: it costs too much; its reproducer is the test tests/test_victim_1.py\n" in said


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
