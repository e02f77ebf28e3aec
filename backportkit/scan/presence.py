"""Tell in which of the releases that a project supports something is there, or is not."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING

from backportkit.scan import naming, owners
from backportkit.source.found import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from backportkit.check.supported import Support
    from backportkit.scan.file import File
    from backportkit.scan.upstream import Upstream
    from backportkit.scan.values import Ref
    from backportkit.upstream.index import Release

_SAMPLES = 5  # releases that are looked at first: between two that are alike, others are taken to be as they are
UNTOLD = frozenset({Kind.UNKNOWN.value, Kind.NATIVE.value})
# The kinds of which `getattr(x, "name", None)` does not tell: there may be a value, and None or another false one.
PERHAPS_FALSE = UNTOLD | {Kind.VALUE.value}


class UntoldError(Exception):
    """Nobody can tell whether a release has something."""


class Presence:
    """The names in the releases that a project supports."""

    def __init__(self, support: Support, upstream: Upstream) -> None:
        self._support = support
        self._upstream = upstream

    def ranges(
        self, place: Ref, file: File, *, is_there: bool, untold: frozenset[str] = UNTOLD
    ) -> tuple[str, list[str]] | None:
        """Return the distribution of something, and the ranges of the releases that have it, or lack it.

        None if that cannot be told, as of something of the kinds `untold`, and if it is the same for all releases that
        the project supports, and so bounds nothing.
        """
        owner = owners.of(place.module, self._support.names)
        wanted = self._support.of(owner)
        if owner == owners.PYTHON or not wanted:
            return None
        releases = self._upstream.supported(owner, [one.specifier for one in wanted])
        try:
            held = [one == is_there for one in _having(releases, lambda one: self._has(place, file, one, untold))]
        except UntoldError:
            return None
        return None if all(held) else (owner, list(_runs(held, releases)))

    def _has(self, place: Ref, file: File, release: Release, untold: frozenset[str]) -> bool:
        module, path = naming.split(place, file, lambda name: self._upstream.is_module(name, release), 0)
        if not path:
            found = self._upstream.is_module(module, release)
            if found is None:
                raise UntoldError
            return found
        seen = self._upstream.read(module, path, release)
        if isinstance(seen, str) or seen.body.kind in untold:
            raise UntoldError
        return seen.body.is_there


def _having(releases: Sequence[Release], has: Callable[[Release], bool]) -> list[bool]:
    """Return whether each release has something, by a few of them and by those between two that differ."""
    last = len(releases) - 1
    samples = sorted({index * last // (_SAMPLES - 1) for index in range(_SAMPLES)}) if releases else []
    found = {index: has(releases[index]) for index in samples}
    for first, second in pairwise(samples):
        if found[first] == found[second]:
            change = second
        else:
            between = range(first + 1, second)
            change = first + 1 + bisect_left(between, True, key=lambda at: has(releases[at]) == found[second])
        found |= {at: found[first if at < change else second] for at in range(first, second)}
    return [found[index] for index in range(len(releases))]


def _runs(held: Sequence[bool], releases: Sequence[Release]) -> Iterator[str]:
    """Yield the ranges of the runs of releases for which something holds.

    If it holds for none, it can but have done so for older ones: what was missing was added, or what was there went.
    """
    if not any(held):
        yield f"<{releases[0].version}"
    for index, one in enumerate(releases):
        if held[index] and (not index or not held[index - 1]):
            after = next((other for at, other in enumerate(releases) if at > index and not held[at]), None)
            ends = [f">={one.version}" if index else "", "" if after is None else f"<{after.version}"]
            yield ",".join(filter(None, ends))
