"""Fetch another release of a distribution into a cache, to read its source. This module uses the network."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from backportkit.upstream import uv

if TYPE_CHECKING:
    from pathlib import Path


def fetch(distribution: str, version: str) -> str:
    """Return the folder with the files of one release, without its dependencies. It is kept for the next time.

    Raises UnavailableError, and leaves nothing behind, if uv cannot get it.
    """
    wanted = f"{canonicalize_name(distribution)}-{uv.checked_version(version)}"
    folder = uv.cache() / "releases" / f"{wanted}-{sys.implementation.cache_tag}"
    if folder.is_dir():
        return str(folder)
    unfinished = uv.unfinished(folder)
    try:
        _install(f"{distribution}=={version}", unfinished)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return str(folder)


def _install(requirement: str, folder: Path) -> None:
    options = ["--quiet", "--no-deps", "--python", sys.executable, "--target", str(folder)]
    uv.run_uv(["pip", "install", *options, requirement])
