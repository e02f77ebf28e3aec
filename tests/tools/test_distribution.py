"""The wheel and the source distribution that the standard front end builds: whole, accepted, and the same each time."""

from __future__ import annotations

import re
import shutil
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

pytestmark = pytest.mark.tools

ROOT = Path(__file__).parents[2]
WHEEL = "backportkit-0.1.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def tools(make_tools):
    """An environment with the front end, and with what looks at its results."""
    return make_tools("distribution", "build[uv]", "twine", "check-wheel-contents")


@pytest.fixture(scope="module")
def build(tools, tmp_path_factory):
    """Build a copy of the project in a folder of its own, with times of its own; return the folder of the results."""

    def run(*options):
        source = tmp_path_factory.mktemp("source")
        _copy(source)
        tools.lines("python", "-m", "build", "--installer", "uv", *options, ".", cwd=source)
        return source / "dist"

    return run


def _copy(folder):
    unwanted = shutil.ignore_patterns("__pycache__")
    for name in (".ci", ".github", "backportkit", "backportkit_patches", "docs", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted, copy_function=shutil.copy)
    for name in ("pyproject.toml", "LICENSE", "NOTICE", ".gitignore", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, folder)
    for path in ROOT.glob("*.md"):
        shutil.copy(path, folder)


@pytest.fixture(scope="module")
def built(build):
    """The folder with a wheel and the source distribution that it was built from."""
    return build()


def _contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in {".gz", ".whl"}}


def test_two_builds(built, build):
    """Two builds of the same files are equal to the last byte, and so is a wheel without the detour by an sdist."""
    assert _contents(build()) == _contents(built)
    assert _contents(build("--wheel")) == {WHEEL: (built / WHEEL).read_bytes()}


def test_time_of_a_build(build, monkeypatch):
    """SOURCE_DATE_EPOCH is the time of all files of a wheel."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    with zipfile.ZipFile(build("--wheel") / WHEEL) as archive:
        assert {one.date_time for one in archive.infolist()} == {(2023, 11, 14, 22, 13, 20)}


def test_checks(tools, built):
    """Neither twine nor check-wheel-contents has anything to say."""
    names = sorted(_contents(built))
    said = tools.lines("twine", "--no-color", "check", "--strict", *names, cwd=built)
    assert [line.partition(": ")[2] for line in said] == ["PASSED", "PASSED"]
    shutil.copy(ROOT / "pyproject.toml", built)
    for package in ("backportkit", "backportkit_patches"):
        (built / package).symlink_to(ROOT / package)
    assert tools.lines("check-wheel-contents", WHEEL, cwd=built) == [f"{WHEEL}: OK"]


def test_files_of_the_wheel(built):
    """All files of both packages are in it, the markers of their types among them, and the licences."""
    files = {
        path.relative_to(ROOT).as_posix()
        for package in ("backportkit", "backportkit_patches")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {"backportkit/py.typed", "backportkit_patches/py.typed"} <= files
    info = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE", "licenses/NOTICE"}
    with zipfile.ZipFile(built / WHEEL) as archive:
        assert set(archive.namelist()) == files | {f"backportkit-0.1.0.dist-info/{name}" for name in info}


def test_files_of_the_source_distribution(built):
    """It has what the tests and the documents need, and nothing that belongs to a machine."""
    with tarfile.open(built / "backportkit-0.1.0.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        owners = {(one.uid, one.gid, one.uname, one.gname) for one in archive.getmembers()}
    assert {"CHANGELOG.md", ".ci/run", "tests/conftest.py", "docs/check.md", "pyproject.toml"} <= names
    assert not any(re.search(r"(^|/)(\.git/|\.venv|__pycache__)|\.pyc$", name) for name in names)
    assert owners == {(0, 0, "", "")}


def test_metadata(built):
    """Licence, classifiers and addresses are said, and each link of the README leads somewhere from PyPI."""
    with zipfile.ZipFile(built / WHEEL) as archive:
        metadata = message_from_bytes(archive.read("backportkit-0.1.0.dist-info/METADATA"))
    assert metadata["License-Expression"] == "Apache-2.0 AND BSD-3-Clause AND MIT AND PSF-2.0"
    assert metadata.get_all("License-File") == ["LICENSE", "NOTICE"]
    assert {"Typing :: Typed", "Programming Language :: Python :: 3.10"} <= set(metadata.get_all("Classifier"))
    named = [one.partition(",")[0] for one in metadata.get_all("Project-URL")]
    assert named == ["Homepage", "Documentation", "Changelog", "Issues"]
    links = re.findall(r"\]\(([^)#]+)", metadata.get_payload())
    here = "https://github.com/backportkit/backportkit/blob/v0.1.0/"
    assert [link for link in links if not link.startswith("https://")] == []
    assert [link for link in links if link.startswith(here) and not (ROOT / link.removeprefix(here)).exists()] == []
    assert any(link == f"{here}docs/check.md" for link in links)
