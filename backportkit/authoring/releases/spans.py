"""Find the releases that have the bug and those that begin with the fix, by the bodies of the targets."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.releases import close, lineage, replaced
from backportkit.errors import BackportError
from backportkit.upstream.uv import checked_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.version import Version

    from backportkit.upstream.body import Body
    from backportkit.upstream.history import Place
    from backportkit.upstream.index import Release
    from backportkit.upstream.means import Means


class NothingToWriteError(BackportError, ValueError):
    """There is no patch to write for what was asked for. A ValueError, as for any bad argument."""


class Row(NamedTuple):
    """A release, and the body that it has at each target.

    Attributes:
        release: The release; the newest one, if no release has the bodies yet.
        bodies: The bodies, in the order of the targets.
        is_released: Whether the release has them.
    """

    release: Release
    bodies: tuple[Body, ...]
    is_released: bool = True

    @property
    def version(self) -> Version:
        """The version of the release."""
        return self.release.version

    @property
    def is_whole(self) -> bool:
        """True if the release has each of the targets, with a body that can be compared."""
        return all(body.fingerprint is not None for body in self.bodies)

    @property
    def lacking(self) -> str:
        """The reasons why targets have no such body, in words."""
        return "; ".join(dict.fromkeys(body.reason for body in self.bodies if body.fingerprint is None and body.reason))


class Span(NamedTuple):
    """Releases one after the other that have the same bodies, by the places of their rows: from `start` to `end`."""

    start: int
    end: int
    row: Row

    @property
    def first(self) -> Version:
        """The version of the first release."""
        return self.row.version

    @property
    def places(self) -> range:
        """The places of all its rows."""
        return range(self.start, self.end)


class Fix(NamedTuple):
    """The releases with a bug and with its fix, by their bodies.

    Attributes:
        rows: All releases that were read, the oldest first.
        broken: The places of the rows with the bug.
        fixed: The places of the rows that begin with the fix, one for each branch; the last one has the body to take.
        others: The releases in which the bodies changed, too.
        again: The places of the rows that have a body with the bug again, after the fix in their branch.
        beyond: The places of the rows with the bug that are left out, since the project can use none of their branch.
    """

    rows: Sequence[Row]
    broken: tuple[int, ...]
    fixed: tuple[int, ...]
    others: tuple[Version, ...] = ()
    again: tuple[int, ...] = ()
    beyond: tuple[int, ...] = ()

    @property
    def source(self) -> Row:
        """The row that the fixed bodies are taken from."""
        return self.rows[self.fixed[-1]]

    @property
    def newest_broken(self) -> Row:
        """The last row with the bug before the one that the fixed bodies are taken from."""
        before = [place for place in self.broken if place < self.fixed[-1]]
        return self.rows[(before or self.broken)[-1]]

    @property
    def nearest(self) -> list[Version]:
        """The other changes next to this one, before and after. What lies within the range is none."""
        version = self.source.version
        inside = {self.rows[place + 1].version for place in self.broken if place + 1 < len(self.rows)}
        before = [one for one in self.others if one < version and one not in inside]
        return [*before[-1:], *[one for one in self.others if one > version][:1]]

    def changed_in(self, version: Version) -> list[int]:
        """Return the numbers of the targets whose bodies are others in a release than in the one before."""
        at = next(at for at, row in enumerate(self.rows) if row.version == version)
        pairs = zip(self.rows[at - 1].bodies, self.rows[at].bodies, strict=True)
        return [number for number, (old, new) in enumerate(pairs) if old.identity != new.identity]

    @property
    def ends(self) -> list[Row]:
        """The first and the last row of each run of rows with the bug."""
        known = {*self.broken}
        return [self.rows[one] for one in self.broken if one - 1 not in known or one + 1 not in known]

    @property
    def runs(self) -> list[list[int]]:
        """The places of the rows with the bug, those that follow each other together."""
        numbered = groupby(enumerate(self.broken), lambda one: one[1] - one[0])
        return [[place for _, place in group] for _, group in numbered]

    def of_runs(self, runs: Sequence[Sequence[int]]) -> Fix:
        """Return the fix of these runs of rows with the bug alone. The release with the fixed bodies stays."""
        gone = {run[-1] + 1 for run in self.runs if run not in runs} - {self.fixed[-1]}
        broken = tuple(place for run in runs for place in run)
        return self._replace(broken=broken, fixed=tuple(place for place in self.fixed if place not in gone))

    def without(self, unfit: Sequence[Row]) -> Fix:
        """Return the fix without the branches that have these rows. The branch of the fixed bodies stays."""
        newest = self.rows.index(self.newest_broken)
        fits = [not any(self.rows[place] in unfit for place in run) for run in self.runs]
        return self.of_runs([run for run, fit in zip(self.runs, fits, strict=True) if fit or newest in run])

    def fingerprints(self, target: int, places: Iterable[int]) -> list[str]:
        """Return the fingerprints of a target in these rows, each once, the newest first."""
        found = (self.rows[place].bodies[target].fingerprint for place in reversed([*places]))
        return list(dict.fromkeys(one for one in found if one is not None))


class Asked(NamedTuple):
    """The user's knowledge of where the bug and the fix are.

    Attributes:
        buggy: A release that has the bug.
        fixed_in: The release that has the fix.
        since: The oldest release that counts as broken, whatever its body.
        newest: The newest release that the project can use, if it tells.
    """

    buggy: str | None = None
    fixed_in: str | None = None
    since: str | None = None
    newest: Version | None = None


def spans(rows: Sequence[Row]) -> list[Span]:
    """Return the spans of rows with the same bodies."""
    found = []
    for _, group in groupby(range(len(rows)), lambda place: [body.identity for body in rows[place].bodies]):
        places = list(group)
        found.append(Span(places[0], places[-1] + 1, rows[places[0]]))
    return found


def check(rows: Sequence[Row], places: Sequence[Place], package: str, like: str | None, means: Means) -> None:
    """Raise NothingToWriteError if no release has all of the targets, in source that can be read.

    `like` is another distribution that may have them; by `means` it is looked up which name may have been meant.
    """
    if any(row.is_whole for row in rows):
        return
    names = ", ".join(f"{place.module}:{'.'.join(place.path)}" for place in places)
    found = next((row.lacking for row in reversed(rows)), "") or "no such releases"
    if any(body.is_there for row in rows for body in row.bodies):
        raise NothingToWriteError(
            f"no release of {package} that was read has source of {names}, in the file that this platform would take",
            found=f"{found}{_meant(rows, places, means)}, in {rows[-1].release.file.name}",
            next_step="name what has Python source, and leads there",
        )
    such_as = f", such as {like}, which the project names" if like not in {None, package} else ""
    way = f"correct the target, or name the distribution by --package{such_as}"
    raise NothingToWriteError(
        f"no release of {package} that was read has {names}",
        found=f"{found}{_meant(rows, places, means)}",
        next_step=f"{way}; `backportkit history` shows more",
    )


def _meant(rows: Sequence[Row], places: Sequence[Place], means: Means) -> str:
    """Return the name in the newest release that may have been meant by the first target that it lacks."""
    bodies = rows[-1].bodies if rows else ()
    lacking = (place for place, body in zip(places, bodies, strict=False) if not body.is_there)
    return next((close.to(place, rows[-1].release, means) for place in lacking), "")


def find(rows: Sequence[Row], asked: Asked) -> Fix:
    """Return the fix: the change that was asked for, or else the last one. Raises NothingToWriteError."""
    every = spans(rows)
    changes = _changes(rows, every)
    at = _chosen(rows, every, changes, asked)
    was = at - 1 if rows[-1].is_released or asked.buggy is None else _span_of(rows, every, asked.buggy)
    bodies = [one.row.bodies for one in every]
    lines = replaced.lines(bodies[was], bodies[at])
    alike = [one for one in _all_changes(every) if one != at and replaced.lines(bodies[one - 1], bodies[one]) == lines]
    alike = sorted({*alike, at})
    old = _old(rows, every, [was, *(one - 1 for one in alike if one != at)], at, asked)
    with_fix = lineage.with_fix(rows, {place for one in alike for place in every[one].places}, old)
    wide = old if asked.since is None else old | _before(every, alike[-1])
    others = tuple(every[one].first for one in changes if one not in alike)
    starts = tuple(every[one].start for one in [*sorted({*alike} - {at}), at])
    broken = _since(rows, wide - with_fix, asked)
    return Fix(rows, tuple(sorted(broken)), starts, others, tuple(sorted(old & with_fix)))


def _all_changes(every: Sequence[Span]) -> list[int]:
    """Return the places of the spans whose targets were there before, too, with other bodies."""
    return [at for at in range(1, len(every)) if every[at].row.is_whole and every[at - 1].row.is_whole]


def _changes(rows: Sequence[Row], every: Sequence[Span]) -> list[int]:
    """Return those that were made to the release before. Where one branch follows another, the older body is newer."""
    return [at for at in _all_changes(every) if not _is_older(rows[every[at].start], rows[every[at].start - 1])]


def _is_older(row: Row, other: Row) -> bool:
    one, two = row.release.date, other.release.date
    return one is not None and two is not None and one < two


def _chosen(rows: Sequence[Row], every: Sequence[Span], changes: Sequence[int], asked: Asked) -> int:
    if not rows[-1].is_released:
        return len(every) - 1
    if not _all_changes(every):
        raise _unchanged(rows)
    if asked.fixed_in is not None:
        return _begun_in(rows, every, asked.fixed_in, asked.buggy)
    if asked.newest is None or asked.newest >= rows[-1].version:
        return (changes or _all_changes(every))[-1]
    return _next(rows, every, changes, asked.newest)


def _next(rows: Sequence[Row], every: Sequence[Span], changes: Sequence[int], newest: Version) -> int:
    """Return the first change of the body that the newest usable release has, or else the first after that release."""
    held = max((place for place, row in enumerate(rows) if row.version <= newest), default=None)
    own = next((_identity(one) for one in every if held in one.places), None)
    later = [at for at in _all_changes(every) if every[at].first > newest]
    of_own = [at for at in later if _identity(every[at - 1]) == own]
    usual = [at for at in of_own if at in changes] or of_own or [at for at in later if at in changes] or later
    if not usual:
        raise unchanged_after(newest, _said(every))
    return usual[0]


def unchanged_after(newest: Version, found: str) -> NothingToWriteError:
    """Return the error that upstream has not changed the targets since the newest release that a project can use."""
    return NothingToWriteError(
        f"nothing has changed after {newest}, the newest release that the project can use",
        found=found,
        next_step="name the release with the fix by --fixed-in",
    )


def _begun_in(rows: Sequence[Row], every: Sequence[Span], version: str, buggy: str | None) -> int:
    """Return the place of the span that a release begins; with a buggy release named, of the one that it is in."""
    at = _span_of(rows, every, version)
    if at in _all_changes(every) and (every[at].first == checked_version(version) or buggy is not None):
        return at
    lacking = every[at].row.lacking
    raise NothingToWriteError(
        f"{version} has {'no source of' if lacking else 'not changed'} what is to be patched",
        expected="a release whose body is another one than that of the release before",
        found=lacking or _said(every),
        next_step="name one of these by --fixed-in",
    )


def _span_of(rows: Sequence[Row], every: Sequence[Span], version: str) -> int:
    place = rows.index(row_of(rows, version))
    return next(at for at, span in enumerate(every) if place in span.places)


def row_of(rows: Sequence[Row], version: str) -> Row:
    """Return the row of a release. Raises NothingToWriteError if there is none."""
    wanted = checked_version(version)
    found = next((row for row in rows if row.version == wanted), None)
    if found is None:
        raise NothingToWriteError(
            f"{version} is none of the releases that were read",
            found=f"{len(rows)} releases, from {rows[0].version} to {rows[-1].version}" if rows else "none",
            next_step="name another one; `backportkit history TARGET --all` shows them",
        )
    return found


def _unchanged(rows: Sequence[Row]) -> NothingToWriteError:
    there = [row for row in rows if row.is_whole]
    newest = "" if rows[-1].is_whole else f", and no source in {rows[-1].version}: {rows[-1].lacking}"
    return NothingToWriteError(
        "no release has changed what is to be patched",
        found=f"one body in {there[0].version} to {there[-1].version}{newest}",
        next_step="name what upstream's fix has changed; `backportkit history TARGET -v` shows the bodies",
    )


def _said(every: Sequence[Span]) -> str:
    changed = [str(every[at].first) for at in _all_changes(every)]
    return f"other bodies begin in {', '.join(changed)}" if changed else "no other body"


def _old(rows: Sequence[Row], every: Sequence[Span], olds: Sequence[int], at: int, asked: Asked) -> set[int]:
    """Return the places of the rows with the bodies of these spans; with a buggy release, of all from there on."""
    bodies = [_identity(every[one]) for one in olds]
    if asked.buggy is not None and rows[-1].is_released:
        first = rows.index(row_of(rows, asked.buggy))
        bodies += [_identity(one) for one in every[:at] if one.end > first and one.row.is_whole]
    return {place for one in every if _identity(one) in bodies for place in one.places}


def _before(every: Sequence[Span], at: int) -> set[int]:
    """Return the places of the rows before a span that have the targets, whatever their bodies."""
    return {place for one in every[:at] if one.row.is_whole for place in one.places}


def _since(rows: Sequence[Row], places: set[int], asked: Asked) -> set[int]:
    if asked.since is None:
        return places
    oldest = checked_version(asked.since)
    found = {place for place in places if rows[place].version >= oldest}
    if not found:
        raise NothingToWriteError(
            f"no release with the bug is {oldest} or newer",
            found=f"{rows[max(places)].version} is the newest with it",
            next_step="name an older one by --since",
        )
    return found


def _identity(span: Span) -> list[tuple[str, str | None, str | None, str]]:
    return [body.identity for body in span.row.bodies]
