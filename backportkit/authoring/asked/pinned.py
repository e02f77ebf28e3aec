"""Tell which releases a project can use: the bug is in the newest of them, and the fix comes after it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from backportkit.check import supported

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Pins(NamedTuple):
    """The releases that a project can use, by its own words.

    Attributes:
        allowed: Those that it allows, also if the newest of all is one; none if it says nothing.
        usable: Those that it allows where the newest of all is none of them; else those that its lock files have.
        newest: The newest one that it can use, or else the installed one; None if neither is known.
        named: All distributions that it names.
    """

    allowed: list[Version]
    usable: list[Version]
    newest: Version | None
    named: tuple[str, ...] = ()

    def like(self, module: str) -> str | None:
        """Return the distribution, of those that the project names, that has the name of a top package in its own."""
        top = canonicalize_name(module.partition(".")[0])
        return next((one for one in self.named if top in one), None)


def read(folder: Path, package: str, releases: Sequence[Version]) -> Pins:
    """Read what the project in a folder says of the releases of a distribution."""
    support = supported.of_project(folder)
    wanted = support.of(package)
    allowed = [one for one in releases if any(each.specifier.contains(one) for each in wanted)]
    return Pins(
        allowed, usable(folder, package, releases), newest(folder, package, releases), tuple(sorted(support.names))
    )


def usable(folder: Path, package: str, releases: Sequence[Version]) -> list[Version]:
    """Return the releases that a project allows; none where the newest of all is one, or nothing is known.

    Its requirements count, then its lock files.
    """
    support = supported.of_project(folder)
    for wanted in (support.of(package), support.locked(package)):
        allowed = [one for one in releases if any(each.specifier.contains(one) for each in wanted)]
        if allowed and allowed[-1] != releases[-1]:
            return allowed
    return []


def newest(folder: Path, package: str, releases: Sequence[Version]) -> Version | None:
    """Return the newest release that a project allows, or else the installed one; None where neither is known."""
    allowed = usable(folder, package, releases)
    return allowed[-1] if allowed else installed(package)


def installed(package: str) -> Version | None:
    """Return the version of a distribution that is installed here; None if there is none."""
    try:
        return Version(version(package))
    except (PackageNotFoundError, InvalidVersion):
        return None
