"""The next steps of a scan, which work as they are printed, and the comments that leave findings out."""

from __future__ import annotations

import json
import zipfile

import pytest

pytestmark = pytest.mark.warm

PATCH = "import victim\n\n\ndef f(): ...\n\n\nvictim.f = f\n"
MOCK = "import victim\nfrom unittest import mock\n\n\ndef f(): ...\n\n\n{}\n"


def next_of(scan, files, *arguments):
    """Return what is to be done next with the one patch in some files."""
    (found,) = scan(files, *arguments)["findings"]
    return found["next"]


def test_wheel(scan, tmp_path):
    """A patch in a wheel is not to be adopted: its file is somebody else's."""
    with zipfile.ZipFile(tmp_path / "proj-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("proj.py", PATCH)
        wheel.writestr("proj-1.0.dist-info/METADATA", "Name: proj\nVersion: 1.0\n")

    said = next_of(scan, {"pyproject.toml": ""}, "../proj-1.0-py3-none-any.whl")
    assert said.endswith(
        "so that it has a range: https://github.com/backportkit/backportkit/blob/main/docs/declaring.md"
    )


def test_installed(scan):
    """Neither is one in a folder of installed distributions."""
    files = {"site/proj.py": PATCH, "site/proj-1.0.dist-info/METADATA": "Name: proj\n"}
    said = next_of(scan, {**files, "site/proj-1.0.dist-info/RECORD": "proj.py,,\n"}, "site")

    assert "--adopt" not in said


def test_elsewhere(scan):
    """A patch outside of the working directory is adopted with the file as PATH."""
    said = next_of(scan, {"../other/proj.py": PATCH}, "../other/proj.py")
    path = said.partition(" --adopt ")[0].rpartition(" ")[2]

    assert said.startswith(f"backportkit scan {path} --adopt {path}:7 declares it")
    assert path.endswith("other/proj.py")


@pytest.mark.parametrize(
    ("dependency", "target", "is_taken"),
    [("victim>=1", "f", True), ("victim>=1", "added", False), ("other", "f", False)],
    ids=["upstream has it", "upstream never had it", "nobody knows"],
)
def test_upstreams_body(index, dependency, target, is_taken):
    """The body of upstream is to be taken where upstream is known to have one."""
    index.release("1.0", "def f(): return 1\n")
    (index.folder / "pyproject.toml").write_text(f'[project]\nname = "proj"\ndependencies = ["{dependency}"]\n')
    (index.folder / "proj.py").write_text(PATCH.replace("victim.f =", f"victim.{target} ="))
    (found,) = json.loads(index.run("scan", "proj.py", "--json").stdout)["findings"]

    new = "; backportkit new victim:f --package victim takes upstream's fix"
    assert found["next"].removesuffix(new).endswith("declares it, so that it can end")
    assert found["next"].endswith(new) == is_taken


@pytest.mark.parametrize(
    ("text", "is_adopted"),
    [
        ('mock.patch("victim.f").start()', False),
        ('mock.patch("victim.f", f).start()', True),
        ("del victim.f", False),
    ],
)
def test_without_a_body(scan, text, is_adopted):
    """A patch of which no declaration can be made is not to be adopted."""
    assert ("--adopt" in next_of(scan, {"proj.py": MOCK.format(text)})) == is_adopted


MANY = "import victim\n\nused = victim\n\nsetattr(\n    victim,\n    'f',\n    lambda: 2,\n){}\n"


@pytest.mark.parametrize(
    ("comment", "is_left_out"),
    [
        ("  # backportkit: ignore", True),
        ("  # backportkit: ignore[bk605]", True),
        ("  # backportkit: ignore[BK601, bk605]", True),
        ("  # backportkit: ignore[BK601]", False),
        ("\n# backportkit: ignore", False),
    ],
)
def test_ignored_at_the_end(scan, comment, is_left_out):
    """A comment behind the last bracket of a statement counts, and its codes may be in small letters."""
    assert (scan({"proj.py": MANY.format(comment)})["findings"] == []) == is_left_out
