"""`diff --against` compares a patch with the body that a release has, which is read and not installed."""

from __future__ import annotations

import re

import pytest

from backportkit.source import fingerprint

pytestmark = pytest.mark.warm

OLD = "class C:\n    def f(self, a):\n        return a\n"
FIXED = OLD.replace("return a", "return a + 1")
NEW = fingerprint.of_source(FIXED, ["C", "f"])
DATA = """
[[patch]]
id = "victim-2"
summary = "s"
requires = "victim>=1,<2"
target = "victim:C.f"
replacement = "mine:f"

[[patch]]
id = "victim-3"
summary = "s"
requires = "victim>=1,<2"
target = "victim:C.f"
replacement = "victim:helper"
"""


@pytest.fixture
def against(index):
    """The command, for a patch of which 2.0 has the fix."""
    index.release("1.0", OLD)
    index.release("2.0", FIXED)
    (index.folder / "patches.toml").write_text(DATA, encoding="utf-8")
    (index.folder / "mine.py").write_text("def f(self, a):\n    return a + 1\n", encoding="utf-8")

    def run(version, patch_id="victim-2", *line, **env):
        return index.run("diff", patch_id, "--against", version, "--import", "patches.toml", *line, **env)

    return run


def test_the_fix(against):
    """The body of the release is shown beside the replacement, with how they compare."""
    done = against("2.0")
    assert done.returncode == 0, done.stderr
    first, last = done.stderr.splitlines()
    assert first == "reading victim 2.0, from the cache where it has that"
    assert re.fullmatch(r"\d+ requests, 0\.0 MB", last)
    first, *files = done.stdout.splitlines()
    same = f"victim:C.f of victim 2.0 is {NEW}, the same as the replacement"
    assert first == f"{same}: there is nothing to patch, add fixed='{NEW}'"
    assert [line.partition(" is sha256:")[0] for line in files] == ["mine.py"]


def test_the_bug(against):
    """A body that differs is shown with the place that it has in the release."""
    lines = against("1.0").stdout.splitlines()
    assert lines[0] == "--- victim 1.0  victim.py:2"
    assert {"-    return a", "+    return a + 1"} <= set(lines)


def test_again_without_the_network(against, index):
    """What was read once is in the cache, and --offline takes it from there."""
    against("2.0")
    index.asked.clear()
    assert "nothing to patch" in against("2.0", "victim-2", "--offline").stdout
    assert index.asked == []
    assert "is not in the cache" in against("1.0", "victim-2", "--offline").stderr


def test_replacement_is_the_one_that_is_here(against, index):
    """A replacement in the package itself is that of the installed release."""
    info = index.folder / "victim-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: victim\nVersion: 1.0\n", encoding="utf-8")
    (index.folder / "victim.py").write_text("def helper(self, a):\n    return 'mine'\n", encoding="utf-8")
    assert "+    return 'mine'" in against("2.0", "victim-3").stdout


def test_no_such_release(against):
    """A release that the index lacks is an error with those that it has; what is no version is refused."""
    done = against("3.0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no release victim 3.0" in done.stderr
    assert "has 1.0 to 2.0" in done.stderr
    assert "'what?' is no version" in against("what?").stderr


def test_project_without_releases(against, index):
    """A project that has no releases yet is told as such."""
    index.files.clear()
    assert "has none" in against("3.0").stderr


def test_too_large(against, index):
    """A file that would have to be downloaded whole is asked for."""
    index.ranges = False
    done = against("2.0", "victim-2", "--max-download", "0")
    assert done.returncode == 2
    assert "--max-download 1 allows it" in done.stderr
