"""Write a patch, from the targets of a fix to the texts of its files. Nothing of upstream's is executed."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from backportkit.authoring.asked import pinned
from backportkit.authoring.code import anew, constructed, dropped, extended, properties
from backportkit.authoring.code.having import Having
from backportkit.authoring.code.pieces import Pieces, why_not
from backportkit.authoring.new import added, left_out, licence, near, nearby, present
from backportkit.authoring.releases import advised, inner, ranges, reach, spans
from backportkit.authoring.releases.sources import Sources
from backportkit.authoring.releases.spans import Asked, Row
from backportkit.declaration import rules
from backportkit.source.found import Kind
from backportkit.upstream import body as bodies
from backportkit.upstream import history as histories
from backportkit.upstream.uv import checked_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from packaging.version import Version

    from backportkit.authoring.asked.pinned import Pins
    from backportkit.authoring.asked.wanted import Wanted
    from backportkit.authoring.code.piece import Piece
    from backportkit.authoring.releases.spans import Fix
    from backportkit.upstream.body import Body
    from backportkit.upstream.evidence import Evidence
    from backportkit.upstream.history import Place, Read, Watcher
    from backportkit.upstream.index import Release


class Draft(NamedTuple):
    """A patch that can be written down.

    Attributes:
        wanted: What it is made for.
        address: The index that has the releases.
        fix: The releases with the bug and with the fix.
        pieces: What it brings.
        licence: The licence of what was copied; None if the release does not say.
        notes: What is left out, a sentence each.
        open: What could not be known and is left to a person, a sentence each.
    """

    wanted: Wanted
    address: str
    fix: Fix
    pieces: tuple[Piece, ...]
    licence: str | None
    notes: tuple[str, ...]
    open: tuple[str, ...]

    @property
    def requires(self) -> list[str]:
        """The requirements, one for each branch."""
        package = canonicalize_name(self.wanted.package)
        told = [f"{package}{one}" for one in advised.reached(self.wanted.ranges, self.fix)]
        return told or ranges.requirements(package, self.fix)

    @property
    def changed(self) -> Piece:
        """The first of the changed targets, or the first of what is new where nothing is changed."""
        return next((one for one in self.pieces if not one.is_new), self.pieces[0])

    @property
    def id(self) -> str:
        """The id: as wanted, or of the package and the number of upstream's change, or of the name of the target."""
        if self.wanted.id is not None:
            return self.wanted.id
        name = self.changed.label.strip("_").lower().replace("_", "-")
        package = canonicalize_name(self.wanted.package)
        is_advisory = "GHSA-" in (self.wanted.fixes or "")  # whose last letters may be digits
        number = None if is_advisory else self.wanted.fixes
        return rules.default_id(number, self.requires[0]) or f"{package}-{name}"[:64].rstrip("-")


def draft(wanted: Wanted, folder: Path, evidence: Evidence, watcher: Watcher) -> Draft:
    """Return the patch that is wanted, for the project in a folder.

    Raises NothingToWriteError if there is none to write, UnavailableError if no index has the releases.
    """
    releases = evidence.releases(wanted.package)
    chosen = _chosen(releases.all, wanted)
    versions = [one.version for one in chosen]
    pins = pinned.read(folder, wanted.package, versions)
    with Sources(evidence.means, wanted.fixed_sources) as sources:
        wanted = wanted._replace(ranges=advised.narrowed(wanted.ranges, wanted.since, versions))
        history = History(chosen, wanted, pins, sources, watcher, {}, {})
        present.check(history)
        wanted = added.told(history, wanted)
        history = near.narrowed(history._replace(wanted=wanted))
        places, fix, questions = _located(history, wanted)
        fix, pieces, left = _collected(history, places, fix, sources)
        said = licence.of(sources.archive(fix.source.release))
        drafted = Draft(wanted, releases.address, fix, tuple(pieces.all), said, (), ())
        beside = nearby.read(wanted, fix, pieces.all, sources.means)
        told = [*_notes(history, drafted), *left, *_left(wanted, fix), *filter(None, [beside.note])]
        notes = dict.fromkeys([*near.notes(history, chosen), *told])
        taken = properties.taken(pieces.all)
        left_open = [text for place, text in questions.items() if place not in taken]
        others = left_out.notes(pieces.all, fix, sources, beside.changes)
        told = [
            *left_open,
            *_again(wanted, fix),
            *pieces.notes,
            *pieces.questions,
            *others,
            *_made(pieces, fix, sources),
        ]
        return drafted._replace(notes=tuple(notes), open=tuple(dict.fromkeys(told)))


def _made(pieces: Pieces, fix: Fix, sources: Sources) -> Iterator[str]:
    """Say what is made of the pieces, or by them, in a way that no patch can have."""
    yield from constructed.notes(pieces.all, fix, sources)
    yield from anew.notes(pieces.all)
    yield from extended.notes(pieces.all, fix, sources)


def _notes(history: History, drafted: Draft) -> Iterator[str]:
    """Say what is left out of the range, or could not be judged."""
    requires = drafted.requires
    yield from _unread(history, requires)
    yield from _incomparable(drafted.fix, requires)
    yield from reach.notes(drafted.fix)
    yield from _out_of_reach(requires, history.pins.usable)


def _unread(history: History, requires: Sequence[str]) -> Iterator[str]:
    """Say on which side of the range a release is that cannot be read: its body is not known."""
    for version, reason in history.unread.items():
        side = "in" if _is_in(requires, version) else "not in"
        yield f"{version} cannot be read, and is {side} the range: {reason}"


def _incomparable(fix: Fix, requires: Sequence[str]) -> Iterator[str]:
    """Say which releases in range have no body of a target that could be compared."""
    for is_whole, group in groupby(fix.rows, lambda row: row.is_whole):
        rows = [] if is_whole else [*group]
        inside = [row for row in rows if _is_in(requires, row.version)]
        if inside:
            are = "is" if len(inside) == 1 else "are"
            way = f"{are} in the range, though not judged, and --since leaves older ones out"
            yield f"{reach.span(inside)} {way}: {inside[-1].lacking}"
        elif rows and rows[-1] == fix.rows[-1]:
            yield f"{reach.span(rows)} cannot be compared: {rows[-1].lacking}"


def _is_in(requires: Sequence[str], version: Version) -> bool:
    return any(Requirement(one).specifier.contains(version, prereleases=True) for one in requires)


def _out_of_reach(requires: Sequence[str], usable: Sequence[Version]) -> Iterator[str]:
    """Say where the project can use no release in range."""
    if usable and not any(_is_in(requires, one) for one in usable):
        yield f"the project can use no release in range, but {reach.span_of(usable)}: --fixed-in takes another change"


def _left(wanted: Wanted, fix: Fix) -> Iterator[str]:
    """Say which ranges of an advisory the patch leaves out."""
    reached = advised.reached(wanted.ranges, fix._replace(broken=(*fix.broken, *fix.beyond)))
    for one in wanted.ranges:
        if one not in reached:
            yield f"{one}, of the advisory, is not in the range: no release in it has what the patch needs"


def _again(wanted: Wanted, fix: Fix) -> Iterator[str]:
    """Say which release has the old body again after the fix, and which is of a branch that never had the fix."""
    if fix.again:
        again = fix.rows[fix.again[0]].version
        yield f"{again} has the old body again, after the fix, and is not in the range: see whether it has the bug"
    later = [fix.rows[place].version for place in fix.broken if place > max(fix.fixed)]
    if later and not wanted.ranges:
        yield f"{later[0]} is of a branch that began before the fix and lacks it: it is in the range"


def _collected(history: History, places: list[Place], fix: Fix, sources: Sources) -> tuple[Fix, Pieces, list[str]]:
    """Return what the patch brings, without branches that it does not fit.

    With it come the methods that set what it uses, and those that read what it sets no longer.
    """
    pieces = _pieces(places, history.wanted, fix, sources)
    readers = dropped.readers(pieces.all, fix, sources)
    taken = [one.place for one in readers if one.is_changed and why_not(fix, sources, one.place) is None]
    also = [place for place in dict.fromkeys([*pieces.also, *taken]) if place not in places]
    if also:
        version = str(fix.source.version) if fix.source.is_released else None
        return _collected(history, [*places, *also], history.find([*places, *also], version), sources)
    smaller = fix.without(pieces.unfit)
    if smaller == fix:
        pieces.notes += [one.said for one in readers]
        return fix, pieces, []
    gone = [str(fix.rows[place].version) for place in fix.fixed if place not in smaller.fixed]
    notes = [
        f"{one} has the same change in another body: --fixed-in {one} writes a patch for that branch" for one in gone
    ]
    pieces = _pieces(places, history.wanted, smaller, sources)
    pieces.notes += [one.said for one in dropped.readers(pieces.all, smaller, sources)]
    return smaller, pieces, notes


def _pieces(places: Sequence[Place], wanted: Wanted, fix: Fix, sources: Sources) -> Pieces:
    pieces = Pieces(Having(fix, sources, wanted.new))
    for at, place in enumerate(places):
        pieces.change(at, place)
    for place in wanted.added:
        pieces.add(place)
    return pieces


def _chosen(releases: Sequence[Release], wanted: Wanted) -> list[Release]:
    """Return the releases that count: final ones that are not yanked, and those that are named."""
    named = {checked_version(one) for one in (wanted.buggy, wanted.fixed_in) if one is not None}
    usual = (one for one in releases if one.is_plain)
    return sorted({one.version: one for one in [*usual, *(one for one in releases if one.version in named)]}.values())


class History(NamedTuple):
    """The bodies of targets over the releases.

    Attributes:
        releases: The releases that count.
        wanted: What the patch is made for.
        pins: What the project says of the releases that it can use.
        sources: The way to the modules of the releases.
        watcher: An observer of the progress.
        unread: The releases that cannot be read, and why.
        known: The bodies that were read, by target.
    """

    releases: Sequence[Release]
    wanted: Wanted
    pins: Pins
    sources: Sources
    watcher: Watcher
    unread: dict[Version, str]
    known: dict[Place, list[Read]]

    def read(self, place: Place) -> list[Read]:
        """Return the bodies of a target, which are read once."""
        if place not in self.known:
            self.known[place] = histories.read(place, self.releases, self.sources.means, self.watcher)
        return self.known[place]

    def find(self, places: Sequence[Place], fixed_in: str | None = None) -> Fix:
        """Return the fix of these targets, of `fixed_in` if that is known. Raises NothingToWriteError for none."""
        wanted = self.wanted
        asked = Asked(wanted.buggy, fixed_in or wanted.fixed_in, wanted.since, self.pins.newest)
        read = [self.read(place) for place in places] or [added.presence(self.read, one) for one in wanted.added]
        rows = [row for row in map(_row, zip(*read, strict=True)) if row is not None]
        self._note_unread(read[0])
        if self.wanted.fixed_sources and rows:
            fits = (row.release for row in rows if str(row.version) == wanted.buggy)
            rows.append(self._changed(places, next(fits, rows[-1].release)))
        like = self.pins.like((*places, *wanted.added)[0].module)
        spans.check(rows, places, wanted.package, like, self.sources.means)
        found = advised.find(rows, wanted.ranges, asked) if wanted.ranges else spans.find(rows, asked)
        is_given = wanted.is_named or not rows[-1].is_released
        return (reach.within_or_given if is_given else reach.within)(found, self.pins.allowed)

    def _changed(self, places: Sequence[Place], release: Release) -> Row:
        row = Row(release, (), is_released=False)
        return row._replace(bodies=tuple(self._body(row, place) for place in places))

    def _body(self, row: Row, place: Place) -> Body:
        found = self.sources.library(row, place.module).find(place.module, place.path)
        return bodies.of_found(found, place.module, place.path)

    def _note_unread(self, read: Sequence[Read]) -> None:
        self.unread.update({one.release.version: str(one.reason) for one in read if one.body is None})


def _row(read: Sequence[Read]) -> Row | None:
    found = [one.body for one in read]
    whole = [body for body in found if body is not None]
    return Row(read[0].release, tuple(whole)) if len(whole) == len(found) else None


def _located(history: History, wanted: Wanted) -> tuple[list[Place], Fix, dict[Place, str]]:
    """Return the targets, for a class its members that the fix has changed; the fix; and what of it may be left out."""
    fix = history.find(wanted.targets)
    classes = [one.kind == Kind.CLASS.value for one in fix.source.bodies]
    if not any(classes):
        return list(wanted.targets), fix, {}
    places: list[Place] = []
    notes: dict[Place, str] = {}
    for at, place in enumerate(wanted.targets):
        found, said = inner.members(fix, at, place) if classes[at] else ([place], {})
        places += found
        notes |= said
    version = None if wanted.fixed_sources else str(fix.source.version)
    return places, history.find(places, version), notes
