"""Tell what changed along with the fix, is used by what a patch takes, and is left out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring import attributes, changed, names
from backportkit.authoring.changed import How, named
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from backportkit.authoring.piece import Piece
    from backportkit.authoring.sources import Sources
    from backportkit.authoring.spans import Fix

_OF_CALLS = frozenset({"__init__", "__new__", "__post_init__"})  # who calls the class uses them


def notes(pieces: Sequence[Piece], fix: Fix, sources: Sources, beside: Iterable[Place]) -> Iterator[str]:
    """Yield a sentence for each changed definition, of those in `beside` and in the modules of the targets."""
    taken = {one.place for one in pieces}
    for place in dict.fromkeys([*_changed(pieces, fix, sources), *beside]):
        users = [one.target for one in pieces if place not in taken and _uses(one, place, fix, sources)]
        if users:
            use = f"{', '.join(users)} {'use' if users[1:] else 'uses'} it"
            yield f"{named(place)} changed in the same release, {use}, and it is left out: see whether the fix needs it"


def _changed(pieces: Sequence[Piece], fix: Fix, sources: Sources) -> Iterator[Place]:
    """Yield what the modules of changed targets define otherwise than the last release with the bug."""
    for module in dict.fromkeys(one.place.module for one in pieces if not one.is_new):
        old, new = (sources.module(row, module).text for row in (fix.newest_broken, fix.source))
        for one in changed.between(module, old, new):
            if one.how is How.CHANGED and not one.is_slight:
                yield one.item.place


def _uses(piece: Piece, place: Place, fix: Fix, sources: Sources) -> bool:
    """Tell whether upstream's code names a definition, or takes an attribute of that name."""
    *outer, name = place.path
    if not outer or name in _OF_CALLS:
        return _names(piece, place.module, outer[-1] if outer else name)
    if name in attributes.of_instance(piece.node):
        own = Place(piece.place.module, (*piece.place.path[:-1], name))
        found = sources.library(fix.source, own.module).find(own.module, own.path)
        return own == place or found.inherited == named(Place(place.module, tuple(outer)))
    used = attributes.of_others(piece.node, piece.instance)
    return any(one == name and not names.is_module_of_python(piece.source, owner) for owner, one in used)


def _names(piece: Piece, module: str, name: str) -> bool:
    """Tell whether a global name of upstream's code is that of a module, by its own definition or by an import."""
    for used in names.uses(piece.node).called | piece.made:
        node = names.definition(piece.source, used)
        line = None if node is None else names.import_of(piece.source, node, used)
        if line is None and (piece.source.module, used) == (module, name):
            return True
        if (line or "").partition(" as ")[0] == f"from {module} import {name}":
            return True
    return False
