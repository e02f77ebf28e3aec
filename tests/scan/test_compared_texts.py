"""Versions that are compared as texts: what such a guard means for the releases that there are."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.warm

RELEASES = ("1.9.0", "2.1.0", "2.9.0", "2.10.0", "2.11.0")
PATCH = """import importlib.metadata
import platform
import sys

import victim
from packaging.specifiers import SpecifierSet
from packaging.version import Version

v = victim.__version__


def f():
    return 2


if {}:
    victim.f = f
"""


def told(index, guard, dependency="victim>=1", releases=RELEASES):
    """Return the finding of a patch with a guard, in a project that requires releases of victim."""
    for version in releases:
        index.release(version, "def f():\n    return 1\n")
    project = f'[project]\nname = "proj"\nrequires-python = ">=3.10"\ndependencies = ["{dependency}"]\n'
    (index.folder / "pyproject.toml").write_text(project)
    (index.folder / "proj.py").write_text(PATCH.format(guard))
    (found,) = json.loads(index.run("scan", "proj.py", "--json").stdout)["findings"]
    return found


@pytest.mark.parametrize(
    ("guard", "range_"),
    [
        ('v.startswith("2.1")', "<2.9.0,>=2.1.0 || >=2.10.0"),
        ('not v.startswith("2.1")', "<2.1.0 || <2.10.0,>=2.9.0"),
        ('v.startswith("2.1.")', "==2.1.*"),
        ('v < "2.9"', "<2.9.0 || >=2.10.0"),
        ('"2.9" > v', "<2.9.0 || >=2.10.0"),
        ('v < "2"', "<2"),
        ('v[:3] == "2.1"', "<2.9.0,>=2.1.0 || >=2.10.0"),
        ("float(v[:3]) < 2.5", "<2.9.0 || >=2.10.0"),
        ('v.split(".") < ["2", "9"]', "<2.9.0 || >=2.10.0"),
        ('importlib.metadata.version("victim") < "2.9"', "<2.9.0 || >=2.10.0"),
        ('Version(v) < Version("2.9")', "<2.9"),
        ('Version(v) < Version("2.10") and Version(v) < Version("2.9") and Version(v) >= Version("2")', "<2.9,>=2"),
        ('v in SpecifierSet("<2.9,>=2")', "<2.9,>=2"),
        ('not SpecifierSet("<2.9").contains(v)', ">=2.9"),
        ('tuple(int(x) for x in v.split(".")[:2]) < (2, 10)', "<2.10"),
        ('tuple(map(int, v.split(".")))[:2] < (2, 10)', "<2.10"),
        ('v.split("+")[0] == "2.9.0"', "==2.9.0"),
        ('v == "2.9.0+cu121"', "==2.9.0"),
        ('Version(v).base_version < "2.9"', "<2.9.0 || >=2.10.0"),
        ('Version(Version(v).base_version) < Version("2.9")', "<2.9"),
        ('Version(v) <= Version("2.9.0+cu121")', "<=2.9.0"),
        ("Version(v).major == 2 and Version(v).minor < 9", "<2.9,>=2"),
        ("int(v.split('.')[0]) == 2 and int(v.split('.')[1]) <= 8", "<2.9,>=2"),
        ("Version(v).major < 2 or (Version(v).major == 2 and Version(v).minor < 9)", "<2 || <2.9,>=2"),
        ("not (Version(v).major > 2 or (Version(v).major == 2 and Version(v).minor >= 9))", "!=2.*,<3 || <2.9"),
        ("Version(v).minor < 9", ""),
        ('sys.version < "3.9"', "<3.9.0 || >=3.10.0"),
        ('platform.python_version_tuple() < ("3", "9")', "<3.9.0 || >=3.10.0"),
    ],
)
def test_range(index, guard, range_):
    """A comparison of texts holds for the releases whose texts it holds for."""
    assert told(index, guard)["specifier"] == range_


def test_live(index):
    """A patch that a comparison of texts lets live, against all appearance, is not called dead."""
    found = told(index, 'v < "2.9"', "victim>=2.10")

    assert found["verdict"] == "needed"
    assert found["reason"] == "its guard compares texts, and holds for some of victim>=2.10"


@pytest.mark.parametrize(("dependency", "reason"), [("victim>=1", "holds for some of"), ("victim==2.9.0", "alone")])
def test_one_range(index, dependency, reason):
    """That texts are compared is told where they mean one range, too, but another one than it looks like."""
    found = told(index, 'v < "10"', dependency, ("1.0.0", "1.9.0", "2.9.0"))

    assert found["specifier"] == "<2.9.0"
    assert found["reason"].startswith("its guard compares texts, and holds for")
    assert reason in found["reason"]


def test_dead(index):
    """A patch is dead where no release that counts begins with the text, and the reason says that texts count."""
    found = told(index, 'v.startswith("2.1")', "victim==2.9.0")

    assert found["verdict"] == "dead"
    assert found["reason"].startswith("its guard compares texts, and holds for victim <2.9.0,>=2.1.0 or >=2.10.0 alone")


@pytest.mark.parametrize("guard", ['v < "2.9"', 'v[:3] == "2.1"', "v[2:] < '9'", "strange(v) < 9", "v.endswith('rc')"])
def test_unknown(scan, guard):
    """A comparison of texts has no range where no release is known, and neither has one that is not understood."""
    (found,) = scan({"proj.py": PATCH.format(guard)})["findings"]

    assert (found["specifier"], found["verdict"]) == ("", "applied without any range")
    assert found["reason"].startswith("its condition on the version cannot be read")


def test_pinned(scan):
    """A pinned release is known without an index."""
    project = '[project]\nname = "proj"\ndependencies = ["victim==2.31.0"]\n'
    (found,) = scan({"pyproject.toml": project, "proj.py": PATCH.format('v < "2.9"')})["findings"]

    assert found["verdict"] == "needed"


def test_torch(scan):
    """Torch's version is a text that compares as versions do."""
    text = "import torch\n\n\ndef f(): ...\n\n\nif torch.__version__ < '2.9':\n    torch.sum = f\n"
    (found,) = scan({"proj.py": text})["findings"]

    assert found["specifier"] == "<2.9"


@pytest.mark.parametrize("guard", ["torch.version.cuda < '12'", "torch.version.hip is not None"])
def test_what_torch_was_built_with(scan, guard):
    """The version of CUDA is none of torch, and nothing that cannot be read."""
    text = f"import torch\n\n\ndef f(): ...\n\n\nif {guard}:\n    torch.sum = f\n"
    (found,) = scan({"proj.py": text})["findings"]

    assert (found["specifier"], found["reason"]) == ("", "no condition on a version of torch bounds it")
