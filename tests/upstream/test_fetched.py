"""`--log-fetches FILE` lists each request and each use of the cache, whole and without secrets."""

from __future__ import annotations

import json
import os
import stat
import sys

import pytest

from backportkit.upstream.fetched import _without_secrets

pytestmark = pytest.mark.warm


@pytest.fixture
def victim(index):
    """Two releases in an index."""
    for version in ("1.0", "2.0"):
        index.release(version, f"def f():\n    return {version}\n")
    return index


def listed(index, *line, **env):
    """Return what a command has added to the list."""
    path = index.folder / "fetched.jsonl"
    before = len(path.read_text("ascii").splitlines()) if path.exists() else 0
    done = index.run(*line, "--log-fetches", str(path), **env)
    assert done.returncode in {0, 2}, done.stderr
    return [json.loads(one) for one in path.read_text("ascii").splitlines()[before:]]


def test_requests_and_the_cache(victim):
    """A request has its address, status and bytes; what comes out of the cache the next time says so."""
    first = listed(victim, "history", "victim:f")
    page, *files = first
    assert page["url"].endswith("/victim/")
    assert (page["status"], page["cached"]) == (200, False)
    assert page["bytes"] > 100
    assert any("range" in one or one["status"] == 200 for one in files)
    assert {one["url"].rpartition("/")[2].partition("-py3")[0] for one in files} == {"victim-1.0", "victim-2.0"}
    assert not any(one["cached"] for one in first)
    again = listed(victim, "history", "victim:f", "--offline")
    assert all(one["cached"] and "status" not in one for one in again)
    assert again[0]["url"] == page["url"]
    assert {one["part"] for one in again[1:]} == {"body victim:f"}


def test_other_commands(victim):
    """All commands that read releases have the option."""
    (victim.folder / "patches.py").write_text("")
    assert listed(victim, "preview", "victim==1.0", "--import", "patches.py") == []
    for name in ("history", "new", "preview", "scan", "check", "diff", "prove"):
        assert "--log-fetches" in victim.run(name, "--help", COLUMNS="200").stdout


def test_secrets():
    """Names, passwords and signatures of addresses are left out."""
    url = "https://me:secret@host.example:8/simple/a.whl?X-Signature=abc&x=1#sha256=00"
    assert _without_secrets(url) == "https://host.example:8/simple/a.whl?***"
    assert _without_secrets("https://host.example/a\nb") == "https://host.example/ab"


def test_token_in_a_path(victim):
    """A value that a variable calls secret is redacted, wherever it stands in an address."""
    found = listed(victim, "history", "victim:f", A_TOKEN="victim-1.0-py3")  # noqa: S106
    assert any("***" in one["url"] for one in found)
    assert not any("victim-1.0-py3" in one["url"] for one in found)


@pytest.mark.skipif(sys.platform == "win32", reason="there are other modes")
def test_file_is_the_users_alone(victim):
    """A new file is its owner's alone, and a former one keeps its lines and its mode."""
    path = victim.folder / "fetched.jsonl"
    listed(victim, "history", "victim:f")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text("ascii")
    listed(victim, "history", "victim:f")
    assert path.read_text("ascii").startswith(before)


@pytest.mark.parametrize("place", ["nowhere/a.jsonl", ".", "pipe"])
def test_file_that_cannot_be_written(victim, place):
    """A list that cannot be written is an error before anything is fetched; a pipe is not waited for."""
    path = victim.folder / place
    if place == "pipe":
        os.mkfifo(path)
    done = victim.run("history", "victim:f", "--log-fetches", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{path}, which is to list what is fetched, cannot be written" in done.stderr


def test_nothing_is_written_unless_it_is_asked_for(victim):
    """Without the option there is no list."""
    assert victim.run("history", "victim:f").returncode == 0
    assert [one for one in victim.folder.iterdir() if one.suffix == ".jsonl"] == []
