"""A file that is scanned alone: the other files of its project tell what its names are."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

HEAD = "import victim\n\n\ndef f(): ...\n\n\n"
VERSIONS = "import victim\n\n\ndef older(end):\n    return tuple(map(int, victim.__version__.split('.'))) < end\n"
HELPERS = "def replace(cls, name, new):\n    setattr(cls, name, new)\n"
CALLED = "from proj.called import install\nfrom proj.versions import older\n\n"
FILES = {
    "src/proj/__init__.py": "",
    "src/proj/versions.py": VERSIONS,
    "src/proj/helpers.py": HELPERS,
    "src/proj/guarded.py": f"from proj.versions import older\n{HEAD}if older((2, 5)):\n    victim.f = f\n",
    "src/proj/helped.py": f"from .helpers import replace\n{HEAD}replace(victim.C, 'f', f)\n",
    "src/proj/caller.py": f"{CALLED}if older((3,)):\n    install()\n",
    "src/proj/called.py": f"{HEAD}def install():\n    victim.f = f\n",
}


@pytest.mark.parametrize("project", ["pyproject.toml", "requirements.txt", "notes.txt"])
@pytest.mark.parametrize(
    ("name", "specifier", "target"),
    [("guarded", "<2.5", "victim:f"), ("helped", "", "victim:C.f"), ("called", "<3", "victim:f")],
)
def test_other_modules(scan, project, name, specifier, target):
    """A file is judged with the modules of its project, or of its package, as a scan of the whole folder judges it."""
    path = f"src/proj/{name}.py"
    alone = scan({project: "", **FILES}, path)
    whole = scan({}, ".")

    (found,) = alone["findings"]
    assert (found["file"], found["specifier"], found["target"]) == (path, specifier, target)
    assert [one for one in whole["findings"] if one["file"] == path] == alone["findings"]
    assert alone["files"] == 1


def test_file_of_others(scan):
    """Another file that cannot be read is no fault of the one that is asked for."""
    assert scan({"pyproject.toml": "", "proj.py": "import other\n", "other.py": "("}, "proj.py")["unread"] == []


def test_test_suite(scan):
    """A file that is named is scanned, though it is of a test suite."""
    assert scan({"pyproject.toml": "", "tests/test_a.py": f"{HEAD}victim.f = f\n"}, "tests/test_a.py")["findings"]
