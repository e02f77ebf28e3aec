"""Compare ranges of versions: do two overlap, and does one lie past the other?

packaging compares a range with a version, not with another range (its range operations are newer than the oldest
release that backportkit supports). Ranges change only at the versions that they name. So it is enough to try those, a
version right behind each, and the lowest of all.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.specifiers import SpecifierSet

_LOWEST = Version("0")
_BEHIND = ".0.0.0.0.1"  # nobody numbers a release between a version and the one with this behind it


@cache
def overlap(one: SpecifierSet, other: SpecifierSet) -> bool:
    """Tell whether some version is in both ranges."""
    return any(one.contains(version, prereleases=True) for version in _inside(other, (one, other)))


@cache
def is_past(supported: SpecifierSet, patched: SpecifierSet) -> bool:
    """Tell whether all supported versions lie above all patched ones."""
    above, below = (list(_inside(one, (supported, patched))) for one in (supported, patched))
    return bool(above and below) and min(above) > max(below)


@cache
def is_empty(specifier: SpecifierSet) -> bool:
    """Tell whether no version can be in the range."""
    return not any(_inside(specifier, (specifier,)))


def _inside(specifier: SpecifierSet, landmarks: Iterable[SpecifierSet]) -> Iterator[Version]:
    """Return the versions worth trying that are in a range. All of them come from the given ranges."""
    return (version for version in _samples(landmarks) if specifier.contains(version, prereleases=True))


def _samples(landmarks: Iterable[SpecifierSet]) -> set[Version]:
    named = {_version(part.version) for specifier in landmarks for part in specifier}
    versions = {version for version in named if version is not None}
    return versions | {Version(f"{version.base_version}{_BEHIND}") for version in versions} | {_LOWEST}


def _version(text: str) -> Version | None:
    try:
        return Version(text.removesuffix(".*"))
    except InvalidVersion:  # `===` takes any text
        return None
