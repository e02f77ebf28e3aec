"""Name the folder that is kept between runs. It is this user's alone, or it is refused."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from pathlib import Path

import platformdirs

from backportkit.upstream.uv import UnavailableError

PRIVATE = 0o700
_OF_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_GIGABYTE = 10**9
_ELSEWHERE = "name another folder in BACKPORTKIT_CACHE"


def root() -> Path:
    """Return the folder that is kept between runs: `$BACKPORTKIT_CACHE`, or the user's cache."""
    return Path(os.environ.get("BACKPORTKIT_CACHE") or platformdirs.user_cache_path("backportkit")).absolute()


def folder(name: str) -> Path:
    """Return a folder of the cache, which is made if there is none, and readable by this user alone.

    Raises UnavailableError if it, or the cache itself, is a link, or somebody else's, or if others may write there:
    what is kept there is executed, or believed.
    """
    for path in (root(), root() / name):
        _claim(path)
    return root() / name


def free_gigabytes(path: Path) -> float:
    """Return the free space on the disk of a folder, in gigabytes."""
    return shutil.disk_usage(path).free / _GIGABYTE


def unfinished(path: Path) -> Path:
    """Return a path beside a folder to build it at. Removes what processes that have ended left at such paths."""
    node = platform.node()  # several hosts may share one cache
    for left in path.parent.glob("unfinished-*@*@*"):
        process, host, _ = left.name.removeprefix("unfinished-").split("@", 2)
        if host == node and process.isdecimal() and not _lives(int(process)):
            shutil.rmtree(left, ignore_errors=True)
    return path.with_name(f"unfinished-{os.getpid()}@{node}@{path.name}")


def objection(status: os.stat_result) -> str:
    """Return why a file or folder with that status is not this user's alone to write; empty if it is.

    Windows keeps others out of a user's profile by lists that Python does not read.
    """
    if sys.platform == "win32":  # pragma: no cover -- the tests run on POSIX
        return ""
    if status.st_uid != os.geteuid():
        return f"it belongs to the user with the number {status.st_uid}, and this is {os.geteuid()}"
    mode = stat.S_IMODE(status.st_mode)
    return f"others may write there: its mode is {mode:03o}" if mode & _OF_OTHERS else ""


def _claim(path: Path) -> None:
    try:
        path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        reason = f"it is a link to {path.readlink()}" if path.is_symlink() else objection(path.lstat())
        if not reason:
            path.chmod(PRIVATE)
    except OSError as error:
        raise _refused(path, str(error), _ELSEWHERE) from error
    if reason:
        raise _refused(path, reason, f"delete it, or {_ELSEWHERE}")


def _refused(path: Path, reason: str, next_step: str) -> UnavailableError:
    return UnavailableError(
        f"the cache {path} cannot be used",
        expected="a folder that is yours, and that nobody else may write to",
        found=reason,
        next_step=next_step,
    )


def _lives(process: int) -> bool:
    if sys.platform == "win32":  # pragma: no cover -- where os.kill ends a process, whatever the signal
        return True
    try:
        os.kill(process, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True
