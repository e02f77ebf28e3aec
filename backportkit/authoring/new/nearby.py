"""Read what the release with a fix has changed in other modules than those of the targets, as far as it is little."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.asked import compared
from backportkit.upstream.modules import name_of
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.authoring.asked.changed import Change
    from backportkit.authoring.asked.wanted import Wanted
    from backportkit.authoring.code.piece import Piece
    from backportkit.authoring.releases.spans import Fix
    from backportkit.upstream.means import Means

_MOST = 30  # modules that are worth reading for who may use a target


class Nearby(NamedTuple):
    """The changes of other modules.

    Attributes:
        changes: The changes.
        note: The reason in words why they were not looked at; empty if they were.
    """

    changes: tuple[Change, ...] = ()
    note: str = ""


def read(wanted: Wanted, fix: Fix, pieces: Iterable[Piece], means: Means) -> Nearby:
    """Return what has changed beside a fix, as far as it is known; else read what has in the modules of no piece.

    A fix that no release has yet changes nothing else.
    """
    if wanted.beside or not fix.source.is_released:
        return Nearby(wanted.beside)
    modules = {one.place.module for one in pieces}
    old, new = fix.newest_broken.release, fix.source.release
    aside = f"who uses this in other modules that {new.version} has changed was not looked for"
    try:
        others = {name_of(path) for path in compared.of_code(old, new, means)}.difference(modules)
        if len(others) > _MOST:
            way = f"backportkit new {wanted.package} {old.version} {new.version} lists these"
            return Nearby(note=f"{aside}, since {len(others)} are many: {way}")
        return Nearby(compared.compare(old, new, means, others).changes if others else ())
    except UnavailableError as error:
        return Nearby(note=f"{aside}: {error.message}")
