"""Put what a patch adds in an order in which it can be defined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring.code import names, origins

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backportkit.authoring.code.piece import Piece


def by_need(pieces: Iterable[Piece]) -> list[Piece]:
    """Return pieces in the order of their lines, but each after those that it needs when it is defined or called.

    A module comes after those from which it imports what the patch adds to them: modules that are loaded already are
    patched in the order of the edits.
    """
    pieces = list(pieces)
    ranks = {module: rank for rank, module in enumerate(_modules(pieces))}
    left = sorted(pieces, key=lambda one: (ranks[one.place.module], not one.is_foreign, one.node.lineno))
    seen: set[Piece] = set()
    return [each for one in left for each in _with_needed(one, left, seen)]


def _with_needed(piece: Piece, pieces: list[Piece], seen: set[Piece]) -> list[Piece]:
    """Return a piece after those that it needs; none that was seen before."""
    if piece in seen:
        return []
    seen.add(piece)
    needed = piece.needed | names.uses(piece.node).called
    before = [each for one in pieces if one.name in needed for each in _with_needed(one, pieces, seen)]
    return [*before, piece]


def _modules(pieces: Sequence[Piece]) -> list[str]:
    """Return the modules of pieces, each after those that it imports from."""
    found: dict[str, None] = {}
    begun: set[str] = set()
    for module in sorted(one.place.module for one in pieces):
        _put(module, pieces, begun, found)
    return [*found]


def _put(module: str, pieces: Sequence[Piece], begun: set[str], found: dict[str, None]) -> None:
    """Put a module behind those that it imports from. Of modules in a circle, one has to be first."""
    if module in begun:
        return
    begun.add(module)
    places = {one.place for one in pieces}
    for one in pieces:
        origin = origins.of(one.source, one.name) if one.is_import and one.place.module == module else None
        if origin in places and origin is not None:
            _put(origin.module, pieces, begun, found)
    found[module] = None
