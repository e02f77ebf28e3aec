"""The cache is this user's alone or refused, and nothing in it is believed but what this user has put there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import sys

import pytest
from package_index import installable

from backportkit.proof import environment, pins
from backportkit.upstream import stamp
from backportkit.upstream.store import Store
from backportkit.upstream.uv import UnavailableError

OLD = "def f():\n    return 'old'\n"
STRANGER = 54321
is_root = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root gives files away")


# --- the folder ---


@pytest.mark.parametrize("place", ["cache", "cache/upstream"])
@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777])
def test_others_may_write_there(index, place, mode):
    """A cache that others may write to is refused, and nothing is put there."""
    folder = index.folder / place
    folder.mkdir(parents=True)
    folder.chmod(mode)
    index.release("1.0", OLD)
    done = index.run("history", "victim:f")
    assert (done.returncode, f"its mode is {mode:03o}" in done.stderr) == (2, True), done.stderr
    assert [path for path in folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("place", ["cache", "cache/upstream"])
def test_link_to_elsewhere(index, place):
    """A cache that is a link to another folder is refused, and nothing is put there."""
    (index.folder / "elsewhere").mkdir()
    (index.folder / place).parent.mkdir(exist_ok=True)
    (index.folder / place).symlink_to(index.folder / "elsewhere")
    index.release("1.0", OLD)
    done = index.run("history", "victim:f")
    assert (done.returncode, "it is a link to" in done.stderr) == (2, True), done.stderr
    assert list((index.folder / "elsewhere").iterdir()) == []


@is_root
@pytest.mark.parametrize("place", ["cache", "cache/environments"])
def test_somebody_else_has_it(index, recipe, place):
    """A cache of somebody else is refused, whatever its mode."""
    (index.folder / place).mkdir(parents=True, mode=0o700)
    os.chown(index.folder / place, STRANGER, STRANGER)
    with pytest.raises(UnavailableError, match=f"it belongs to the user with the number {STRANGER}"):
        environment.find(recipe)


def test_made_for_the_user_alone(index, recipe):
    """A cache is made and kept readable by its user alone, whatever the umask was."""
    (index.folder / "cache").mkdir(mode=0o755)
    before = os.umask(0)
    try:
        environment.build(recipe, "victim-1")
    finally:
        os.umask(before)
    folders = index.folder / "cache", index.folder / "cache" / "environments"
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700, 0o700]


# --- what is in it ---


def kept(index, folder):
    """Return the files of a folder of the cache."""
    return sorted(path for path in (index.folder / "cache" / folder).rglob("*") if path.is_file())


def test_evidence_with_a_checksum_of_somebody_else(index):
    """Evidence that somebody planted with a checksum that fits is read anew."""
    index.release("1.0", OLD)
    index.history("victim:f")
    for path in kept(index, "upstream"):
        content = path.read_bytes()[32:].replace(b"old", b"bad")
        path.write_bytes(hashlib.sha256(content).digest() + content)
    assert index.runs("victim:f")[0]["body"] == OLD.splitlines()


def test_evidence_under_the_name_of_another(index, monkeypatch):
    """What was kept under one key does not count for another, as if somebody had renamed a file."""
    store = Store()
    store.put(b"of the one", "whole", "1")
    store.put(b"of the other", "whole", "2")
    one, other = kept(index, "upstream")
    shutil.copy(one, other)
    assert {store.get("whole", "1"), store.get("whole", "2")} in ({b"of the one", None}, {b"of the other", None})


def test_one_byte_of_the_evidence(index):
    """No file of evidence of which one byte has changed is believed."""
    store = Store()
    store.put(b"content", "whole", "1")
    (path,) = kept(index, "upstream")
    content = path.read_bytes()
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert store.get("whole", "1") is None
    path.write_bytes(content)
    assert store.get("whole", "1") == b"content"


def test_evidence_of_another_index(index):
    """What one index has said of a project, and of a file with one hash, does not speak for another index."""
    index.release("1.0", OLD)
    index.history("victim:f")
    asked = len(index.asked)
    index.history("victim:f", UV_DEFAULT_INDEX=index.address.replace("127.0.0.1", "localhost"))
    assert [path for path, _ in index.asked[asked:] if path.startswith("/files/")] != []


def test_resolution_is_remembered_with_hashes(resolvable):
    """A resolution is kept with the hash of each file, so that nothing else can be installed by it."""
    made = pins.resolve(["victim"], "victim-1")
    assert pins.remembered(["victim"]) == made
    hashes = [resolvable.files[f"{pin.name}-{pin.version}-py3-none-any.whl"][1]["hashes"] for pin in made.pinned]
    assert [pin.hashes for pin in made.pinned] == [(one["sha256"],) for one in hashes]


def test_resolution_of_somebody_else(resolvable):
    """A resolution that somebody planted, in either form, is none."""
    pins.resolve(["victim"], "victim-1")
    (path,) = kept(resolvable, "resolutions")
    forged = json.dumps([["victim", "6.6.6", []]]).encode()
    for content in (forged, hashlib.sha256(forged).digest() + forged, bytes(32) + forged):
        path.write_bytes(content)
        assert pins.remembered(["victim"]) is None


@pytest.mark.parametrize(
    "package",
    [
        'version = "1.0"\nwheels = [{ url = "https://x/victim.whl", hashes = {} }]',
        'name = "victim --index-url evil"\nversion = "1.0"\nwheels = [{ url = "https://x/v.whl", hashes = {} }]',
        'name = "victim"\nversion = "1.0 --hash=sha256:00"\nwheels = [{ url = "https://x/v.whl", hashes = {} }]',
        'name = "victim"\nversion = "1.0\\nevil"\nwheels = [{ url = "https://x/v.whl", hashes = {} }]',
        'name = "victim"\nversion = "1.*"\nwheels = [{ url = "https://x/v.whl", hashes = {} }]',
        'name = "victim"\nversion = "1.0"\nwheels = [{ url = "https://x/v.whl", hashes = { sha256 = "00 -r x" } }]',
        'name = "victim"\nversion = "1.0"\nwheels = [{ url = "https://x/v.whl" }]',
        'name = "victim"\nversion = "1.0"\nwheels = "https://x/v.whl"',
        'name = "victim"\nversion = "1.0"\nvcs = { type = "git", url = "https://evil" }',
        'name = "victim"\ndirectory = { path = "." }',
        "packages = []",
    ],
)
def test_pins_are_read_strictly(package):
    """An answer that is no list of releases with files is refused, whatever else it may be."""
    with pytest.raises(UnavailableError, match="is no list of releases"):
        pins._pins(f"[[packages]]\n{package}\n", "victim-1")


def test_another_file_than_the_one_that_was_resolved(index, recipe):
    """A file with another hash than the resolution has is not installed."""
    index.put("victim-1.0-py3-none-any.whl", installable("1.0", "import os\n"))
    with pytest.raises(UnavailableError, match="Hash mismatch"):
        environment.build(recipe, "victim-1")
    assert environment.find(recipe) is None


# --- environments ---


@pytest.fixture
def built(recipe):
    """The folder of an environment that was built, and is found."""
    environment.build(recipe, "victim-1")
    assert environment.find(recipe) is not None
    return recipe.folder


def test_one_byte_of_an_environment(recipe, built):
    """An environment of which one byte of one file has changed, whichever that is, is not used."""
    files = [path for path in built.rglob("*") if path.is_file() and not path.is_symlink()]
    for path in files:
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:] if content else b"\n")
        assert environment.find(recipe) is None, path
        path.unlink()
        path.write_bytes(content)
    assert environment.find(recipe) is not None
    assert {"victim.py", "pyvenv.cfg", "RECORD"} <= {path.name for path in files}


@pytest.mark.parametrize("name", ["sitecustomize.py", "evil.pth", "backportkit.stamp"])
def test_file_that_was_added_to_an_environment(recipe, built, name):
    """An environment to which a file was added is not used."""
    (site,) = built.glob("lib/python*/site-packages")
    (site / name).write_text("import os\n")
    assert environment.find(recipe) is None


def test_file_that_was_taken_out_of_an_environment(recipe, built):
    """An environment that lacks a file is not used."""
    next(built.rglob("victim.py")).unlink()
    assert environment.find(recipe) is None


def test_environment_without_a_stamp(recipe, built):
    """An environment without a stamp, as older releases have built them, is not used."""
    (built / "backportkit.stamp").unlink()
    assert environment.find(recipe) is None


def test_release_without_hashes(recipe):
    """Where the index gives no hash of a file, the release is installed all the same, and none is told."""
    (pin,) = recipe.pinned
    bare = recipe._replace(pinned=(pin._replace(files=(pins.File(pin.files[0].name, None),)),))
    assert [one.file for one in environment.build(bare, "victim-1").installed] == [None]


def test_link_that_leads_elsewhere(recipe, built, tmp_path):
    """An environment whose interpreter leads to another one is not used."""
    interpreter = next(built.glob("bin/python"))
    interpreter.unlink()
    interpreter.symlink_to(tmp_path / "evil")
    (tmp_path / "evil").write_text("#!/bin/sh\n")
    assert environment.find(recipe) is None


def test_pipe_in_an_environment(recipe, built):
    """A named pipe in place of a file is not waited for, and the environment is not used."""
    victim = next(built.rglob("victim.py"))
    victim.unlink()
    os.mkfifo(victim)
    assert environment.find(recipe) is None


def test_environment_under_another_name(recipe, built):
    """An environment that was built for one recipe is not used for another, as if somebody had renamed it."""
    other = recipe._replace(pinned=(*recipe.pinned, pins.Pin("more", "1.0")))
    shutil.copytree(built, other.folder, symlinks=True)
    assert environment.find(recipe) is not None
    assert environment.find(other) is None


@pytest.mark.parametrize("is_linked", [False, True])
def test_planted_environment_is_built_anew(recipe, built, tmp_path, is_linked):
    """An environment that somebody planted, stamp and all, is not used, and makes room for a new one."""
    (tmp_path / "state" / "backportkit").mkdir(parents=True)
    shutil.move(built, tmp_path / "planted")
    next((tmp_path / "planted").rglob("victim.py")).write_text("import os\n")
    (tmp_path / "planted" / "backportkit.stamp").write_bytes(hashlib.sha256(b"").digest())
    if is_linked:
        built.symlink_to(tmp_path / "planted")
    else:
        shutil.move(tmp_path / "planted", built)
    assert environment.find(recipe) is None
    environment.build(recipe, "victim-1")
    assert environment.find(recipe) is not None
    assert "old" in next(built.rglob("victim.py")).read_text()


# --- the key ---


@pytest.fixture
def keys(tmp_path, monkeypatch):
    """The folder of a key that is made when it is asked for."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    stamp._key.cache_clear()
    yield tmp_path / "state" / "backportkit"
    stamp._key.cache_clear()


def test_key_is_made_once_for_its_user(keys):
    """The key is made for its user alone, and the same one counts in the next process."""
    first = stamp.of(b"content")
    stamp._key.cache_clear()
    assert stamp.of(b"content") == first
    (path,) = keys.iterdir()
    assert (path.name, stat.S_IMODE(path.stat().st_mode), path.stat().st_size) == ("stamp.key", 0o600, 32)


def test_key_that_another_process_makes_at_once(keys):
    """Of two processes that make a key at a time, the first one makes it, and nothing is left behind."""
    first = stamp.of(b"content")
    stamp._make(keys / "stamp.key")
    stamp._key.cache_clear()
    assert (stamp.of(b"content"), [path.name for path in keys.iterdir()]) == (first, ["stamp.key"])


@pytest.mark.parametrize(("content", "mode"), [(bytes(32), 0o640), (bytes(32), 0o602), (b"short", 0o600)])
def test_key_that_others_may_know(keys, content, mode):
    """A key that others may read or write, or that is none, is refused."""
    keys.mkdir(parents=True)
    (keys / "stamp.key").write_bytes(content)
    (keys / "stamp.key").chmod(mode)
    with pytest.raises(UnavailableError, match="cannot be used"):
        stamp.of(b"content")


@pytest.mark.parametrize("lead", ["stamp.key", "elsewhere"])
def test_key_that_is_a_link(keys, tmp_path, lead):
    """A key that is a link is refused, wherever it leads."""
    keys.mkdir(parents=True)
    (tmp_path / "elsewhere").write_bytes(bytes(32))
    (keys / "stamp.key").symlink_to(tmp_path / lead)
    with pytest.raises(UnavailableError, match="cannot be used"):
        stamp.of(b"content")


def test_no_place_for_the_key(keys, tmp_path):
    """Where no key can be kept, what this process has stamped counts for this process alone."""
    (tmp_path / "state").write_text("a file")
    assert stamp.is_of(stamp.of(b"content"), b"content")
