"""Tell what this user has put into the cache from what somebody else has: by a stamp that takes a key to make.

The key is kept apart from the cache, so that whoever can write into the cache, or hands one over, cannot make a stamp.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from backportkit.upstream.cache import PRIVATE, objection
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH = 32  # bytes of a stamp, and of the key
_ON_FOLDERS = "backportkit.stamp"
_CHUNK = 2**20
_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OF_THIS_PROCESS = os.urandom(LENGTH)


def of(*parts: bytes) -> bytes:
    """Return the stamp of some parts."""
    made = hmac.new(_key(), digestmod="sha256")
    for part in parts:
        made.update(len(part).to_bytes(8, "big"))
        made.update(part)
    return made.digest()


def is_of(stamp: bytes, *parts: bytes) -> bool:
    """Tell whether a stamp is that of some parts."""
    return hmac.compare_digest(stamp, of(*parts))


def put_on(folder: Path, name: str) -> None:
    """Stamp a folder with all that it has, under a name."""
    (folder / _ON_FOLDERS).write_bytes(of(name.encode(), *_content(folder)))


def is_on(folder: Path, name: str) -> bool:
    """Tell whether a folder has the stamp of that name, and nothing in it has changed since."""
    try:
        stamp = (folder / _ON_FOLDERS).read_bytes()
        return not folder.is_symlink() and is_of(stamp, name.encode(), *_content(folder))
    except OSError:
        return False


def _content(folder: Path, within: str = "") -> Iterator[bytes]:
    """Yield the name and the content of everything in a folder, but for its stamp. No link is followed."""
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        name = f"{within}{entry.name}"
        if name != _ON_FOLDERS:
            yield os.fsencode(name)
            yield _one(entry)
        if entry.is_dir(follow_symlinks=False):
            yield from _content(Path(entry.path), f"{name}/")


def _one(entry: os.DirEntry[str]) -> bytes:
    if entry.is_symlink():
        return os.fsencode(f"link to {Path(entry.path).readlink()}")
    return _digest(Path(entry.path)) if entry.is_file(follow_symlinks=False) else b"no file"


def _digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.digest()


# --- the key ---


@cache
def _key() -> bytes:
    """Return the key of this user.

    Where none can be kept, this process has one of its own, so that nothing of earlier ones is reused. Raises
    UnavailableError if others may read or write the one that is kept.
    """
    path = platformdirs.user_state_path("backportkit") / "stamp.key"
    try:
        path.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        if not os.path.lexists(path):
            _make(path)
        key = _read(path)
    except UnavailableError:
        raise
    except OSError:
        return _OF_THIS_PROCESS
    return key


def _make(path: Path) -> None:
    """Make a key, whole or not at all. Of several processes that do so at a time, the first one makes it."""
    made = path.with_name(f"unfinished-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        made.touch(mode=0o600, exist_ok=False)
        made.write_bytes(os.urandom(LENGTH))
        os.link(made, path)
    except FileExistsError:
        return
    finally:
        made.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    status = path.lstat()
    key = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
    reason = objection(status) or _readable(status) or ("" if len(key) == LENGTH else "it is no key")
    if reason:
        raise UnavailableError(
            f"the key {path} of what the cache has cannot be used",
            found=reason,
            next_step="delete it: a new one is made, and what the cache has is fetched and built anew",
        )
    return key


def _readable(status: os.stat_result) -> str:
    is_shown = os.name == "posix" and status.st_mode & _FOR_OTHERS
    return f"others may read it: its mode is {stat.S_IMODE(status.st_mode):03o}" if is_shown else ""
