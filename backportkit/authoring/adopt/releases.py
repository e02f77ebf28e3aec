"""Read the bodies that a target has in the releases that a guard means, and next to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet

from backportkit.authoring.adopt import additions, requires
from backportkit.authoring.adopt.bodies import Bodies, prints
from backportkit.authoring.releases import reach
from backportkit.scan import once, owners, verdicts
from backportkit.scan.tested import LACKING
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


def read(located: Located, upstream: Upstream, watcher: Watcher) -> Bodies:
    """Return the bodies of the target of a patch."""
    located = _without_needless(located)
    facts = located.facts
    guards = facts.specifiers.get(facts.owner) or [SpecifierSet()]
    ranges = guards if facts.owner == owners.PYTHON else requires.from_the_floor(guards, facts.wanted)
    bodies = _read(located, ranges, upstream, watcher)
    return bodies if any(map(str, bodies.ranges)) else bodies._replace(ranges=())


def _without_needless(located: Located) -> Located:
    """Return a patch without a guard that looks for what all releases that count have: these are told."""
    facts = located.facts
    if facts.found.how != "add" or LACKING not in facts.notes or located.verdict.verdict != verdicts.DEAD:
        return located
    others = {name: one for name, one in facts.specifiers.items() if name != facts.owner}
    return located._replace(facts=facts._replace(specifiers=others))


def _read(located: Located, ranges: Sequence[SpecifierSet], upstream: Upstream, watcher: Watcher) -> Bodies:
    facts = located.facts
    if facts.owner == owners.PYTHON:
        return _without(ranges, "the releases of Python itself are in no package index")
    known = upstream.releases(facts.owner)
    if isinstance(known, str):
        return _without(ranges, f"the releases of {facts.owner} cannot be read: {known}")
    every = [one for one in known.all if one.is_plain]
    inside = _inside(located, ranges, every)
    if not inside:
        return _without(ranges, f"{facts.owner} has no release in {' or '.join(map(str, ranges))}")
    around = _around(located, every, inside[-_MOST:], upstream, watcher)
    if _is_addition(located, around.inside):
        later = _later(located, every, inside, upstream, watcher)
        bodies = additions.bodies(located, [*around.inside, *later], ranges)
    else:
        bodies = _Comparison(located, ranges, around).bodies()
    cut = f"`original` may lack a body: of the {len(inside)} releases in the range, the newest {_MOST} were read"
    return bodies if len(inside) <= _MOST else bodies._replace(open=(*bodies.open, cut))


def _without(ranges: Sequence[SpecifierSet], why: str) -> Bodies:
    return Bodies(tuple(ranges), open=(f"`original` is not written: {why}",))


def _inside(located: Located, ranges: Sequence[SpecifierSet], every: Sequence[Release]) -> list[Release]:
    """Return the releases in the ranges; without a guard, those that the project supports, or else the newest."""
    facts = located.facts
    has_guard = facts.owner in facts.specifiers
    wanted = ranges if has_guard else [one.specifier for one in facts.wanted]
    return [one for one in every if requires.has(wanted, one.version)] if wanted else [*every[-1:]]


class _Around(NamedTuple):
    """The bodies that a target has in a range of releases, and in those before and after it.

    Attributes:
        releases: The releases in the range.
        inside: The bodies in the range; none of an item of a mapping.
        below: Those before the range, the oldest first.
        above: Those past the range.
    """

    releases: Sequence[Release]
    inside: list[Read]
    below: list[Read]
    above: list[Read]


def _around(
    located: Located, every: Sequence[Release], inside: Sequence[Release], upstream: Upstream, watcher: Watcher
) -> _Around:
    """Read a range, with the releases next to it that its guard leaves out."""
    facts = located.facts
    if facts.found.is_item:
        return _Around(inside, [], [], [])
    is_guarded = facts.owner in facts.specifiers
    below = [one for one in every if one.version < inside[0].version][-1:] if is_guarded else []
    above = [one for one in every if one.version > inside[-1].version][:1] if is_guarded else []
    place = Place(facts.module, facts.path)
    told = history.read(place, [*below, *inside, *above], upstream.evidence.means, watcher)
    groups = [[one for one in told if one.release in each] for each in (inside, below, above)]
    return _Around(inside, *groups)


def _is_addition(located: Located, told: Sequence[Read]) -> bool:
    """Tell whether a patch adds its target: its guard says so, or no release in its range has it."""
    how = located.facts.found.how
    known = [one.body for one in told if one.body is not None]
    return bool(known) and (how == "add" or (how == "replace" and not any(one.is_there for one in known)))


def _later(
    located: Located, every: Sequence[Release], inside: Sequence[Release], upstream: Upstream, watcher: Watcher
) -> list[Read]:
    """Read the releases past a range."""
    above = [one for one in every if one.version > inside[-1].version][:_MOST]
    return history.read(Place(located.facts.module, located.facts.path), above, upstream.evidence.means, watcher)


class _Comparison:
    """The bodies in a range, with those before and after it."""

    def __init__(self, located: Located, ranges: Sequence[SpecifierSet], told: _Around) -> None:
        self._located, self._ranges = located, ranges
        self._target, self._owner = located.facts.target, located.facts.owner
        self._told, self._inside = told.inside, told.releases
        self._below, self._above = told.below[-1:], told.above[:1]
        own = [one.specifier for one in located.facts.wanted]
        self._wanted = own if any(requires.has(own, one.version) for one in told.releases) else [SpecifierSet()]

    def bodies(self) -> Bodies:
        own = self._own()
        original = [one for one in prints(reversed(self._told)) if one != own]
        after = prints(self._above)
        fixed = [one for one in after if one not in original] if original else []
        where = str(self._above[0].release.version) if fixed else ""
        if own is not None and own in prints(self._told):
            fixed, where = [own, *(one for one in fixed if one != own)], where or self._first(own)
        having = [one.release for one in self._told if one.body is None or one.body.is_there] or self._inside
        ends = tuple(dict.fromkeys([having[0], having[-1]]))
        return Bodies(
            *(tuple(self._ranges), tuple(original), tuple(fixed), where, ends, self._is_missing),
            tuple(self._notes(original, where)),
            tuple(self._unsure(original, after)),
            "\n".join(line for one in self._told[-1:] if one.body is not None for line in one.body.lines),
        )

    def _own(self) -> str | None:
        """Return the fingerprint of what the patch installs, under the name of its target."""
        node = once.installed(self._located.found, self._located.evaluator)
        path = self._located.facts.path
        return None if node is None or not path else fingerprint.of_node(once.renamed(node, path[-1]))

    def _first(self, own: str) -> str:
        return next(str(one.release.version) for one in self._told if prints([one]) == [own])

    @property
    def _is_missing(self) -> bool:
        known = [one.body for one in self._told if one.body is not None]
        return bool(known) and not any(one.is_there for one in known)

    def _notes(self, original: Sequence[str], where: str) -> Iterator[str]:
        if where:
            yield f"{self._owner} {where} has another body, which is taken for the fix"
        before = self._supported(self._below)
        if original and prints(before) == original[-1:]:
            yield f"{before[0].release.version}, before the range, has the same body as its first release"

    def _supported(self, told: Sequence[Read]) -> list[Read]:
        """Return those releases that the project supports: of others nothing is asked of it."""
        return [one for one in told if requires.has(self._wanted, one.release.version)]

    def _unsure(self, original: Sequence[str], after: Sequence[str]) -> Iterator[str]:
        """Yield what has to be looked at, since the releases and the guard say different things."""
        if original and self._supported(self._above) and after and after[0] in original:
            release = self._above[0].release.version
            yield f"{self._owner} {release}, past the range, has a body of the range: see whether it has the bug, too"
        if self._told and not original and not self._is_missing:
            yield from self._unwritten()
        unread = [one.release.version for one in self._told if one.body is None]
        if original and unread:
            yield f"`original` may lack a body: {reach.span_of(unread)} cannot be read"
        yield from self._lacking()

    def _unwritten(self) -> Iterator[str]:
        """Say why there is no fingerprint, by the newest release that says it."""
        there = [one for one in reversed(self._told) if one.body is None or one.body.is_there]
        reasons = ((one, one.body.reason if one.body else one.reason) for one in there)
        for one, reason in [each for each in reasons if each[1]][:1]:
            yield f"`original` is not written: {reason}, in {self._owner} {one.release.version}"

    def _lacking(self) -> Iterator[str]:
        """Yield the range to write, where releases in it have no such target."""
        told = self._supported(self._told)
        known = [(one.release.version, one.body) for one in told if one.body is not None]
        there = [version for version, body in known if body.is_there and body.kind != Kind.UNKNOWN.value]
        lacking = [version for version, body in known if not body.is_there]
        if there and lacking and not self._ranges[1:]:
            wanted = f"{self._owner}{requires.of_those_having(self._ranges[0], there, lacking)}"
            yield f"write {wanted} in requires=: releases in the range have no such target ({reach.span_of(lacking)})"
        elif there and lacking:
            yield f"leave {reach.span_of(lacking)} out of requires=: in the range, and without such a target"
