"""Follow the bodies of targets from release to release, up to one that is known."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from backportkit.upstream import history, several
from backportkit.upstream.session import AT_A_TIME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from backportkit.upstream.history import Place, Read
    from backportkit.upstream.index import Release
    from backportkit.upstream.means import Means

_MOST = 40  # releases that are read


class Sought(NamedTuple):
    """A target, and the fingerprints of its bodies that are known. If there are none, any body that is there counts."""

    place: Place
    known: Collection[str]


def read(sought: Collection[Sought], releases: Iterable[Release], means: Means) -> dict[Sought, list[Read]]:
    """Read the bodies of targets in releases, in their order, each target up to the first body that is known."""
    told: dict[Sought, list[Read]] = {one: [] for one in sought}
    for batch in _batches([*releases][:_MOST]):
        left = [one for one in told if not _is_known(one, told[one])]
        if not left:
            break
        work = partial(history.read_all, [one.place for one in left], means=means)
        for found in several.each(work, batch, AT_A_TIME):
            _take(told, left, found)
    return told


def _batches(releases: Sequence[Release]) -> Iterator[Sequence[Release]]:
    """Yield releases that are read at a time: one, then ever more, since most targets are known soon."""
    size = 1
    while releases:
        yield releases[:size]
        releases, size = releases[size:], min(2 * size, AT_A_TIME)


def _take(told: dict[Sought, list[Read]], left: Sequence[Sought], found: Sequence[Read]) -> None:
    """Take down what one release says of each target whose body is not known from one before."""
    for one, read in zip(left, found, strict=True):
        if not _is_known(one, told[one]):
            told[one].append(read)


def _is_known(sought: Sought, told: Sequence[Read]) -> bool:
    body = told[-1].body if told else None
    return body is not None and body.is_there and (not sought.known or body.fingerprint in sought.known)
