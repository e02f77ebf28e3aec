"""The bodies of a target over upstream's releases."""

from __future__ import annotations

import difflib
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol

from backportkit.upstream import body as bodies
from backportkit.upstream import elsewhere, several
from backportkit.upstream.archive import Archive
from backportkit.upstream.session import AT_A_TIME
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backportkit.upstream.body import Body
    from backportkit.upstream.index import Release
    from backportkit.upstream.means import Means


class Place(NamedTuple):
    """A target: a module, and the names that lead on from there."""

    module: str
    path: tuple[str, ...]


class Read(NamedTuple):
    """A release, and the body that it has at a target; None, and the reason, if it cannot be read."""

    release: Release
    body: Body | None
    reason: str = ""


class Run(NamedTuple):
    """Releases one after the other that have one body.

    Attributes:
        releases: These releases, the oldest first.
        body: The body, as the oldest has it.
        added: The number of lines that the run before does not have; None for the first run.
        removed: The number of lines of the run before that it does not have.
        elsewhere: Where the target is instead, or was before, as `module:name`; None if that is not known.
    """

    releases: tuple[Release, ...]
    body: Body
    added: int | None = None
    removed: int | None = None
    elsewhere: str | None = None


class Watcher(Protocol):
    """An observer of the progress."""

    def expect(self, number: int, /) -> None:
        """Take note that this many more things, such as releases, are going to be read."""

    def done(self, item: str, /) -> None:
        """Take note of one that was read, or could not be."""


class Silent:
    """An observer that takes note of nothing."""

    def expect(self, number: int) -> None:
        """Take no note."""

    def done(self, item: str) -> None:
        """Take no note."""


def read(place: Place, releases: Sequence[Release], means: Means, watcher: Watcher) -> list[Read]:
    """Read the body of a target in each of these releases, several at a time."""
    watcher.expect(len(releases))
    told = []
    for one in several.each(lambda release: _read(place, release, means), releases, AT_A_TIME):
        watcher.done(str(one.release.version))
        told.append(one)
    return told


def _read(place: Place, release: Release, means: Means) -> Read:
    return read_all([place], release, means)[0]


def read_all(places: Iterable[Place], release: Release, means: Means) -> list[Read]:
    """Read the bodies of several targets in one release, whose archive is opened once."""
    with Archive(release.file, means) as archive:
        return [_out_of(archive, place, release) for place in places]


def _out_of(archive: Archive, place: Place, release: Release) -> Read:
    try:
        return Read(release, bodies.of(archive, place.module, place.path))
    except UnavailableError as error:
        return Read(release, None, in_one(error))


def in_one(error: UnavailableError) -> str:
    return "; ".join(filter(None, [error.message, error.found, error.next_step]))


def runs(place: Place, told: Iterable[Read], means: Means) -> list[Run]:
    """Return the runs of releases with one body, the oldest first, and where the target is where it is not there."""
    there = [(one.release, one.body) for one in told if one.body is not None]
    grouped = [list(group) for _, group in groupby(there, lambda one: one[1].identity)]
    found = [Run(tuple(release for release, _ in group), group[0][1]) for group in grouped]
    return [_compared(place, found, at, means) for at in range(len(found))]


def _compared(place: Place, found: Sequence[Run], at: int, means: Means) -> Run:
    run = found[at]
    if run.body.is_there:
        return changed(run, found[at - 1].body.lines) if at and changes(found[at - 1 : at + 1]) else run
    if at and (where := _elsewhere(place, run.releases[0], found[at - 1].releases[-1], found[at - 1].body, means)):
        return run._replace(elsewhere=where)
    if at + 1 < len(found):
        after = found[at + 1]
        return run._replace(elsewhere=_elsewhere(place, run.releases[-1], after.releases[0], after.body, means))
    return run


def _elsewhere(place: Place, lacking: Release, having: Release, body: Body, means: Means) -> str | None:
    """Return where a release that lacks a target has it, judged by a release that has it."""
    try:
        with Archive(lacking.file, means) as archive, Archive(having.file, means) as other:
            return elsewhere.find(archive, body, place.module, place.path, other)
    except UnavailableError:
        return None


def changed(run: Run, before: Sequence[str]) -> Run:
    """Return a run with the numbers of lines that it has and another body does not, and the other way round."""
    matcher = difflib.SequenceMatcher(None, before, run.body.lines)
    differing = [one for one in matcher.get_opcodes() if one[0] != "equal"]
    return run._replace(
        added=sum(last - first for *_, first, last in differing),
        removed=sum(last - first for _, first, last, *_ in differing),
    )


def changes(run: Sequence[Run]) -> list[tuple[Run, Run]]:
    """Return each run with the one before it, where both have a body."""
    return [(before, after) for before, after in pairwise(run) if before.body.lines and after.body.lines]


def members_changed(before: Body, after: Body) -> list[str]:
    """Return the members of a class that two bodies do not have alike, in order."""
    names = before.members.keys() | after.members.keys()
    return sorted(name for name in names if before.members.get(name) != after.members.get(name))
