"""Read the bodies that a target has in the releases that a guard means, and next to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet

from backportkit.authoring.adopt import requires
from backportkit.authoring.releases import reach
from backportkit.scan import once, owners
from backportkit.source import fingerprint
from backportkit.source.found import Kind
from backportkit.upstream import history
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.scan.locate import Located
    from backportkit.scan.upstream import Upstream
    from backportkit.upstream.history import Read, Watcher
    from backportkit.upstream.index import Release

_MOST = 100  # releases, of which the newest are read
_COMPARED = frozenset({Kind.FUNCTION.value, Kind.CLASS.value})


class Bodies(NamedTuple):
    """The bodies of a target.

    Attributes:
        original: The fingerprints in the range, the newest first.
        fixed: The fingerprints of upstream's fix.
        fixed_in: The release that has it, in words; empty if none is known.
        ends: The oldest and the newest release in the range, of which judges are asked.
        is_missing: Whether no release in the range has such a target.
        notes: What was found, a sentence each.
        open: What is left to a person, a sentence each.
    """

    original: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    fixed_in: str = ""
    ends: tuple[Release, ...] = ()
    is_missing: bool = False
    notes: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


def read(located: Located, upstream: Upstream, watcher: Watcher) -> Bodies:
    """Return the bodies of the target of a patch."""
    facts = located.facts
    if facts.owner == owners.PYTHON:
        return _without("the releases of Python itself are in no package index")
    known = upstream.releases(facts.owner)
    if isinstance(known, str):
        return _without(f"the releases of {facts.owner} cannot be read: {known}")
    every = [one for one in known.all if one.is_plain]
    inside = [*_inside(located, every)]
    if not inside:
        said = " or ".join(map(str, facts.specifiers.get(facts.owner, [])))
        return _without(f"{facts.owner} has no release in {said}")
    bodies = _Comparison(located, every, inside[-_MOST:], upstream, watcher).bodies()
    cut = f"`original` may lack a body: of the {len(inside)} releases in the range, the newest {_MOST} were read"
    return bodies if len(inside) <= _MOST else bodies._replace(open=(*bodies.open, cut))


def _without(why: str) -> Bodies:
    return Bodies(open=(f"`original` is not written: {why}",))


def _inside(located: Located, every: Sequence[Release]) -> Iterator[Release]:
    """Yield the releases that the guard means; without one, those that the project supports, or else the newest."""
    guard = located.facts.specifiers.get(located.facts.owner)
    wanted = guard or [one.specifier for one in located.facts.wanted]
    if not wanted:
        yield from every[-1:]
    yield from (one for one in every if _is_in(one, wanted))


def _is_in(release: Release, wanted: Sequence[SpecifierSet]) -> bool:
    return any(one.contains(release.version, prereleases=True) for one in wanted)


class _Comparison:
    """The bodies in a range, with those before and after it."""

    def __init__(
        self,
        located: Located,
        every: Sequence[Release],
        inside: Sequence[Release],
        upstream: Upstream,
        watcher: Watcher,
    ) -> None:
        self._located, self._inside = located, inside
        facts = located.facts
        self._target, self._owner = facts.target, facts.owner
        self._has_guard = facts.owner in facts.specifiers
        below = [one for one in every if one.version < inside[0].version][-1:]
        above = [one for one in every if one.version > inside[-1].version][:1]
        wanted = [*below, *inside, *above] if self._has_guard else inside
        place = Place(facts.module, facts.path)
        told = {} if facts.found.is_item else self._read(place, wanted, upstream, watcher)
        self._told = [told[one.version] for one in inside if one.version in told]
        self._below, self._above = (
            [told[one.version] for one in each if one.version in told] for each in (below, above)
        )

    @staticmethod
    def _read(place: Place, wanted: Sequence[Release], upstream: Upstream, watcher: Watcher) -> dict[object, Read]:
        told = history.read(place, wanted, upstream.evidence.means, watcher)
        return {one.release.version: one for one in told}

    def bodies(self) -> Bodies:
        own = self._own()
        prints = [one for one in self._prints(reversed(self._told)) if one != own]
        after = self._prints(self._above)
        fixed = [one for one in after if one not in prints] if prints else []
        where = str(self._above[0].release.version) if fixed else ""
        if own is not None and own in self._prints(self._told):
            fixed, where = [own, *(one for one in fixed if one != own)], where or self._first(own)
        having = [one.release for one in self._told if one.body is None or one.body.is_there] or self._inside
        ends = tuple(dict.fromkeys([having[0], having[-1]]))
        opened = self._unsure(prints, after)
        return Bodies(
            tuple(prints), tuple(fixed), where, ends, self._is_missing, tuple(self._notes(prints, where)), tuple(opened)
        )

    def _own(self) -> str | None:
        """Return the fingerprint of what the patch installs, under the name of its target."""
        node = once.installed(self._located.found, self._located.evaluator)
        path = self._located.facts.path
        return None if node is None or not path else fingerprint.of_node(once.renamed(node, path[-1]))

    @staticmethod
    def _prints(told: Sequence[Read] | Iterator[Read]) -> list[str]:
        """Return the fingerprints of functions and classes, each once."""
        bodies = [one.body for one in told if one.body is not None and one.body.kind in _COMPARED]
        return list(dict.fromkeys(one.fingerprint for one in bodies if one.fingerprint is not None))

    def _first(self, own: str) -> str:
        return next(str(one.release.version) for one in self._told if self._prints([one]) == [own])

    @property
    def _is_missing(self) -> bool:
        known = [one.body for one in self._told if one.body is not None]
        return bool(known) and not any(one.is_there for one in known)

    def _notes(self, prints: Sequence[str], where: str) -> Iterator[str]:
        if where:
            yield f"{self._owner} {where} has another body, which is taken for the fix"
        if prints and self._prints(self._below) == prints[-1:]:
            yield f"{self._below[0].release.version}, before the range, has the same body as its first release"

    def _unsure(self, prints: Sequence[str], after: Sequence[str]) -> Iterator[str]:
        """Yield what has to be looked at, since the releases and the guard say different things."""
        if prints and after and after[0] in prints:
            release = self._above[0].release.version
            yield f"{self._owner} {release}, past the range, has a body of the range: see whether it has the bug, too"
        if self._told and not prints and not self._is_missing:
            reason = next((one.body.reason for one in reversed(self._told) if one.body and one.body.reason), "")
            if said := reason or next((one.reason for one in self._told if one.body is None), ""):
                yield f"`original` is not written: {said}"
        unread = [one.release.version for one in self._told if one.body is None]
        if prints and unread:
            yield f"`original` may lack a body: {reach.span_of(unread)} cannot be read"
        yield from self._lacking()

    def _lacking(self) -> Iterator[str]:
        """Yield the range to write, where releases in it have no such target."""
        known = [(one.release.version, one.body.is_there) for one in self._told if one.body is not None]
        there = [version for version, is_there in known if is_there]
        lacking = [version for version, is_there in known if not is_there]
        guards = self._located.facts.specifiers.get(self._owner) or [SpecifierSet()]
        if there and lacking and not guards[1:]:
            wanted = f"{self._owner}{requires.of_those_having(guards[0], there, lacking)}"
            yield f"write {wanted} in requires=: releases in the range have no such target ({reach.span_of(lacking)})"
        elif there and lacking:
            yield f"leave {reach.span_of(lacking)} out of requires=: in the range, and without such a target"
