"""Tell which of the targets are members of classes that the fix has added, and since when they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring.code import properties
from backportkit.source.found import Kind
from backportkit.upstream.body import Body
from backportkit.upstream.history import Place
from backportkit.upstream.uv import checked_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backportkit.authoring.asked.wanted import Wanted
    from backportkit.authoring.new.draft import History
    from backportkit.upstream.history import Read


def told(history: History, wanted: Wanted) -> Wanted:
    """Return what is wanted, with those of its targets among the added members that no release had before the fix."""
    if wanted.buggy is not None or wanted.fixed_sources:  # two releases or a diff: it is told already
        return wanted
    new = tuple(one for one in wanted.targets if len(one.path) > 1 and _is_new(history, wanted, one))
    targets = tuple(one for one in wanted.targets if one not in new)
    return wanted._replace(targets=targets, added=(*wanted.added, *new))


def _is_new(history: History, wanted: Wanted, place: Place) -> bool:
    """Tell whether a class gets a member after the last release that is known to have the bug."""
    read = [one for one in presence(history.read, place) if one.body is not None and one.body.is_there]
    newest = history.pins.newest
    states = [one.body.fingerprint if one.body else None for one in read]
    if wanted.fixed_in is not None:
        fixed = checked_version(wanted.fixed_in)
        before = [at for at, one in enumerate(read) if one.release.version < fixed]
    else:
        before = [at for at, one in enumerate(read) if newest is None or one.release.version <= newest]
    if newest is None and wanted.fixed_in is None:
        return _LACKS in states and _has_one_body(history, place) and states[-1:] == [_HAS]
    return bool(before) and states[before[-1]] == _LACKS and _HAS in states[before[-1] :]


def _has_one_body(history: History, place: Place) -> bool:
    return len({one.body.identity for one in history.read(place) if one.body is not None and one.body.is_there}) == 1


_HAS, _LACKS = "has it", "lacks it"


def presence(read: Callable[[Place], Sequence[Read]], place: Place) -> list[Read]:
    """Return, in place of bodies of a member, whether the class has it in each release that has the class."""
    outer = properties.whole(place).path[:-1]
    return [_of_class(one, ".".join(place.path[len(outer) :])) for one in read(Place(place.module, outer))]


def _of_class(read: Read, name: str) -> Read:
    if read.body is None or read.body.fingerprint is None:
        return read
    state = _HAS if name in read.body.members else _LACKS
    return read._replace(body=Body(Kind.VALUE.value, state, (state,)))
