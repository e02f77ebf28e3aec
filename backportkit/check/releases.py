"""Fetch another release of a distribution into a cache, to read its source. This is what uses the network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs
import uv
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from backportkit.errors import BackportError


class ReleaseError(BackportError, OSError):
    """A release cannot be had. An OSError: the network, the disk, or a package index that has no such release."""


def fetch(distribution: str, version: str) -> str:
    """The folder with the files of one release, without its dependencies; it is kept for the next time.

    Raises ReleaseError, and leaves nothing behind, if uv cannot get it.
    """
    wanted = f"{canonicalize_name(distribution)}-{_checked(version)}"
    folder = _cache() / "releases" / f"{wanted}-{sys.implementation.cache_tag}"
    if folder.is_dir():
        return str(folder)
    unfinished = folder.with_suffix(f".{os.getpid()}")
    try:
        _install(f"{distribution}=={version}", unfinished)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return str(folder)


def _checked(version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion as error:
        raise ReleaseError(f"{version!r} is no version", expected="one by PEP 440, such as 2.12.0") from error


def _cache() -> Path:
    return Path(os.environ.get("BACKPORTKIT_CACHE") or platformdirs.user_cache_path("backportkit"))


def _install(requirement: str, folder: Path) -> None:
    options = ["--quiet", "--no-deps", "--python", sys.executable, "--target", str(folder)]
    command = [uv.find_uv_bin(), "pip", "install", *options, requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- ours
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip() and not line.startswith("hint:")]
        raise ReleaseError(
            f"uv cannot get {requirement}",
            found=lines[-1] if lines else "no message",
            next_step="check the network and the package index; uv's own settings (UV_INDEX_URL, ...) are respected",
        )
