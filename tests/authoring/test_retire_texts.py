"""What `retire` does to a changelog, a pyproject.toml and notices, and to comments between statements."""

from __future__ import annotations

from pathlib import Path

import pytest

from backportkit.authoring.project import changelog
from backportkit.authoring.retire import cut, notices, pyproject_without, units
from backportkit.authoring.retire.pyproject_without import Gone

RST = "Changes\n=======\n\nUnreleased\n----------\n\nFixed\n^^^^^\n\n* x\n\n"
NEW = ["one is gone", "two is gone"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "- one is gone\n- two is gone\n"),
        ("# C\n\n## Unreleased\n", "# C\n\n## Unreleased\n\n- one is gone\n- two is gone\n"),
        (
            "# C\n\n## [Unreleased]\n\n* x\n  y\n\n## 1\n\n* z\n",
            "# C\n\n## [Unreleased]\n\n* x\n  y\n* one is gone\n* two is gone\n\n## 1\n\n* z\n",
        ),
        (
            "## Unreleased\n\n### Removed\n\n- x\n\n### Fixed\n\n- y\n",
            "## Unreleased\n\n### Removed\n\n- x\n- one is gone\n- two is gone\n\n### Fixed\n\n- y\n",
        ),
        (
            "## Unreleased\n### Fixed\n- y\n## 1\n",
            "## Unreleased\n### Fixed\n- y\n\n### Removed\n\n- one is gone\n- two is gone\n## 1\n",
        ),
        (
            f"{RST}1.0\n---\n\n* y\n",
            f"{RST}Removed\n^^^^^^^\n\n* one is gone\n* two is gone\n\n1.0\n---\n\n* y\n",
        ),
        (
            "Unreleased\n==========\n\n1.0\n===\n",
            "Unreleased\n==========\n\n- one is gone\n- two is gone\n\n1.0\n===\n",
        ),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_changelog(tmp_path, before, after, end):
    """The lines go to what is removed in the release to come, in the form that the changelog has."""
    path = tmp_path / "CHANGES"
    path.write_bytes(before.replace("\n", end).encode())
    assert changelog.with_lines(path, NEW).decode() == after.replace("\n", end if before else "\n")


GONE = Gone([("backportkit.patches", "victim")], ["mine.backports"], ["victim-1"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '[project.entry-points]\n"backportkit.patches" = {victim = "mine.backports"} # c\nx = {}',
            "[project.entry-points]\nx = {}",
        ),
        (
            '[project.entry-points."backportkit.patches"]\n# of us\nvictim = "mine.backports" # c\nother = "x"\n',
            '[project.entry-points."backportkit.patches"]\n# of us\nother = "x"\n',
        ),
        (
            '[tool.poetry.plugins."backportkit.patches"]\nvictim = "mine.backports"\n\n[tool.x]\ny = 1 # c\n',
            "[tool.x]\ny = 1 # c\n",
        ),
        (
            '[tool.backportkit]\nmodules = ["mine.backports", "other"]\ndisable = ["x", "victim-1"]\n',
            '[tool.backportkit]\nmodules = ["other"]\ndisable = ["x"]\n',
        ),
        (
            '[tool.backportkit]\nenable = ["victim-1"]\n[tool.backportkit.supersede]\nx = "victim-1"\ny = "z"\n',
            '[tool.backportkit]\n[tool.backportkit.supersede]\ny = "z"\n',
        ),
        ('[tool.backportkit]\nmodules = ["mine.backports"]\n', "\n"),
        (
            '[tool.setuptools]\npackages = [\n  "mine",\n  "mine.backports",\n]\n',
            '[tool.setuptools]\npackages = [\n  "mine",\n]\n',
        ),
        ('[tool.setuptools]\npy-modules = ["mine.backports"] # c\n', "[tool.setuptools]\npy-modules = [] # c\n"),
        ('[project]\nname = "mine"\nentry-points = 1\n\n\n', '[project]\nname = "mine"\nentry-points = 1\n\n\n'),
    ],
)
def test_pyproject(before, after):
    """What leads to the patch goes, and tables that are empty then; comments and layout stay."""
    assert pyproject_without.without(before, GONE) == after


def test_notices(tmp_path):
    """The section about a folder goes when nothing of that is left, and stays otherwise."""
    for name in ("mine/a/x.py", "mine/b/x.py", "mine/b/y.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    text = "mine\n\nmine/a: from a, under: this.\n\nLicence: of a\n\nmine/b: from b\n\nLicence: of b\n"
    (tmp_path / "NOTICE").write_text(text)
    (tmp_path / "LICENSE").write_text("x/y: z\n")
    one, other = tmp_path / "mine/a/x.py", tmp_path / "mine/b/x.py"
    assert [*notices.without(tmp_path, [one, other])] == [
        (tmp_path / "NOTICE", b"mine\n\nmine/b: from b\n\nLicence: of b\n")
    ]
    assert [*notices.without(tmp_path, [other])] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# fmt: off\nx = 1\ny = 2\n# fmt: on\nz = 3\n", "# fmt: off\ny = 2\n# fmt: on\nz = 3\n"),
        ("a = 1\n# fmt: off\nx = 1\n# fmt: on\n", "a = 1\n"),
        ("a = 1\n# fmt: off\nb = 2\n# fmt: on\n\nx = 1\n", "a = 1\n# fmt: off\nb = 2\n# fmt: on\n"),
        ("a = 1\n# fmt: off\nx = 1\n# fmt: on\nb = 2\n", "a = 1\nb = 2\n"),
        ("a = 1\n\n\n# near\nx = 1\n\n# of b\nb = 2\n", "a = 1\n\n\n# of b\nb = 2\n"),
        ("a = 1\n\n# one\n\nx = 1\n\n# two\n\nb = 2\n", "a = 1\n\n# two\n\nb = 2\n"),
        ("a = 1\n\n# one\n\nx = 1\n", "a = 1\n"),
        ("a = 1\n\n# one\n\nx = 1\n\nb = 2\n", "a = 1\n\n# one\n\nb = 2\n"),
        ("x = 1\n\nb = 2\n# end\n", "b = 2\n# end\n"),
        ("# head\n\nx = 1\n\nb = 2\n", "# head\n\nb = 2\n"),
        ("if a: x = 1; b = 2\nc = 3\n", "if a: b = 2\nc = 3\n"),
        ("if a: x = 1\nc = 3\n", "c = 3\n"),
        ("if a:\n    x = 1\nelif b:\n    c = 3\nelse:\n    x = 2\n", "if a:\n    pass\nelif b:\n    c = 3\n"),
        ("if a: x = 1\nelse: b = 2\nfor x in a:\n    c = 3\n", "if a: pass\nelse: b = 2\nfor x in a:\n    c = 3\n"),
        ("from a import (x,  # one\n  b,  # two\n)\n", "from a import (b,  # two\n)\n"),
        ("from a import (\n    b,  # two\n    x,  # one\n)\n", "from a import (\n    b,  # two\n)\n"),
        ("__all__ = [\n  'b',\n  'x',\n]\nx = 1\n", "__all__ = [\n  'b',\n]\n"),
        ("from a import *\nimport x\nimport b, x\n", "from a import *\nimport b\n"),
        ("__all__: list[str] = ['b', 'x']\nx = 1\n", "__all__: list[str] = ['b']\n"),
        ("__all__ = ('x',)\nx = 1\n", "__all__ = ()\n"),
        ("__all__ = [*b, 'x']\nx = 1\n", "__all__ = [*b]\n"),
        ("__all__ = b.__all__\nx = 1\nx = 2\n", "__all__ = b.__all__\n"),
    ],
)
def test_cut(before, after):
    """All else than `x` stays as it is, with its comments; blank lines are as many as there were."""
    file = units.of(before.encode(), Path("mine.py"), "mine")
    gone = {one for one in file.units if "x" in one.binds}
    assert cut.without(before.encode(), cut.of(file, gone)).code == after
