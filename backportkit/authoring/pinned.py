"""Tell which release a project is held at: the bug is there, and the fix comes after it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from backportkit.check import supported

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def newest(folder: Path, package: str, releases: Sequence[Version]) -> Version | None:
    """Return the newest release that a project allows, or else the installed one; None where the newest of all is it.

    Its requirements count, then its lock files.
    """
    support = supported.of_project(folder)
    for wanted in (support.of(package), support.locked(package)):
        allowed = [one for one in releases if any(each.specifier.contains(one) for each in wanted)]
        if allowed and allowed[-1] != releases[-1]:
            return allowed[-1]
    return installed(package)


def installed(package: str) -> Version | None:
    """Return the installed version of a distribution; None if there is none that can be compared."""
    try:
        return Version(version(package))
    except (PackageNotFoundError, InvalidVersion):
        return None
