"""Run uv, and name the folder for what it fetches. This module uses the network."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import uv
from packaging.version import InvalidVersion, Version

from backportkit.errors import BackportError

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_SUCH_RELEASE = "No solution found"  # in what uv says if the index has none
_GIGABYTE = 10**9
_NO_INDEX = "check the network and the package index; uv's own settings (UV_INDEX_URL, ...) are respected"
_NO_RELEASE = "ask for releases that the index has for this Python; uv's own settings (UV_INDEX_URL, ...) are respected"
_LINES = 12  # lines of uv's message: the first few have the cause of a failed resolution


class UnavailableError(BackportError, OSError):
    """Something cannot be fetched, built or found. An OSError: a program, the network, the disk, or the index."""


def checked_version(text: str) -> Version:
    """Return the version that a text names. Raises UnavailableError if it is no version by PEP 440."""
    try:
        return Version(text)
    except InvalidVersion as error:
        raise UnavailableError(f"{text!r} is no version", expected="one by PEP 440, such as 2.12.0") from error


def cache() -> Path:
    """Return the folder that is kept between runs: `$BACKPORTKIT_CACHE`, or the user's cache."""
    return Path(os.environ.get("BACKPORTKIT_CACHE") or platformdirs.user_cache_path("backportkit"))


def free_gigabytes(folder: Path) -> float:
    """Return the free space on the disk of a folder, in gigabytes. Makes the folder if it does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free / _GIGABYTE


def unfinished(folder: Path) -> Path:
    """Return a path beside a folder to build it at. Removes what processes that have ended left at such paths."""
    node = platform.node()  # several hosts may share one cache
    for path in folder.parent.glob("unfinished-*@*@*"):
        process, host, _ = path.name.removeprefix("unfinished-").split("@", 2)
        if host == node and process.isdecimal() and not _lives(int(process)):
            shutil.rmtree(path, ignore_errors=True)
    return folder.with_name(f"unfinished-{os.getpid()}@{node}@{folder.name}")


def _lives(process: int) -> bool:
    if sys.platform == "win32":  # pragma: no cover -- where os.kill ends a process, whatever the signal
        return True
    try:
        os.kill(process, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True


def run_uv(arguments: Sequence[str], *, patch: str | None = None, standard_input: str = "") -> str:
    """Run uv; return what it prints. Raises UnavailableError with what uv said, about `patch` if it is named."""
    done = try_uv(arguments, standard_input)
    if done.returncode:
        raise failed(arguments, done, patch)
    return done.stdout


def try_uv(arguments: Sequence[str], standard_input: str) -> subprocess.CompletedProcess[str]:
    """Run uv to its end, whatever that is. It links files from its cache, unless UV_LINK_MODE says otherwise."""
    return subprocess.run(  # noqa: S603 -- ours
        [uv.find_uv_bin(), *arguments],
        input=standard_input,
        capture_output=True,
        text=True,
        check=False,
        env={"UV_LINK_MODE": "hardlink"} | os.environ,
    )


def failed(
    arguments: Sequence[str], done: subprocess.CompletedProcess[str], patch: str | None = None
) -> UnavailableError:
    """Return the error for a run of uv that failed."""
    return UnavailableError(
        f"uv could not do '{' '.join(arguments[:2])}'",
        patch=patch,
        found=_message(done.stderr),
        next_step=_NO_RELEASE if NO_SUCH_RELEASE in done.stderr else _NO_INDEX,
    )


def _message(text: str) -> str:
    """Return the message without the hints and warnings around it; only its first lines if it is long."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("hint:", "warning:"))] or lines or ["no message"]
    return "\n".join([*said[:_LINES], "..."] if len(said) > _LINES else said)
