"""Refuse early what upstream never had, and what it has not changed: a few releases tell, before all are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring.releases import spans
from backportkit.authoring.releases.spans import Row
from backportkit.upstream import history as histories

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.authoring.new.draft import History
    from backportkit.upstream.history import Place
    from backportkit.upstream.index import Release

_SOME = 12  # releases that stand for all of them
_MANY = 2 * _SOME  # releases that are worth it


def check(history: History) -> None:
    """Raise NothingToWriteError if none of some releases has the targets, or none has changed them since the newest
    that the project can use.

    Who names releases or brings the fix itself knows better.
    """
    wanted, releases = history.wanted, history.releases
    is_named = wanted.buggy or wanted.fixed_in or wanted.since or wanted.ranges or wanted.fixed_sources
    if is_named or len(releases) < _MANY:
        return
    for place in wanted.targets:
        some = sorted(releases[:: -(len(releases) // _SOME)], key=lambda one: one.version)
        rows = _rows(history, place, some)
        if len(rows) == len(some):
            spans.check(rows, [place], wanted.package, history.pins.like(place.module), history.sources.means)
    _check_changed(history)


def _check_changed(history: History) -> None:
    newest = history.pins.newest
    later = [one for one in history.releases if newest is not None and one.version >= newest]
    if newest is None or len(history.releases) - len(later) < _SOME:
        return
    read = [_rows(history, place, later) for place in history.wanted.targets]
    if read and all(len(rows) == len(later) and _have_one_body(rows) for rows in read):
        first, last = later[0].version, later[-1].version
        raise spans.unchanged_after(newest, f"one body in {first} to {last}")


def _rows(history: History, place: Place, releases: Sequence[Release]) -> list[Row]:
    """Return the bodies of a target in those releases that can be read."""
    told = histories.read(place, releases, history.sources.means, history.watcher)
    return [Row(one.release, (one.body,)) for one in told if one.body is not None]


def _have_one_body(rows: Sequence[Row]) -> bool:
    return all(row.is_whole for row in rows) and len({row.bodies[0].identity for row in rows}) == 1
