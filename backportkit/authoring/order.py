"""Put what a patch adds in an order in which it can be defined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring import names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.authoring.piece import Piece


def by_need(pieces: Iterable[Piece]) -> list[Piece]:
    """Return pieces in the order of their lines, but each after those that it needs when it is defined or called."""
    left = sorted(pieces, key=lambda one: (not one.is_foreign, one.place.module, one.node.lineno))
    seen: set[Piece] = set()
    return [each for one in left for each in _with_needed(one, left, seen)]


def _with_needed(piece: Piece, pieces: list[Piece], seen: set[Piece]) -> list[Piece]:
    """Return a piece after those that it needs; none that was seen before."""
    if piece in seen:
        return []
    seen.add(piece)
    needed = piece.made | names.uses(piece.node).called
    before = [each for one in pieces if one.name in needed for each in _with_needed(one, pieces, seen)]
    return [*before, piece]
