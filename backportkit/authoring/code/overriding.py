"""Find the members by which subclasses override one that a fix has added, where it has added them, too."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.source.definitions import dotted
from backportkit.upstream.body import members
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.authoring.code.having import Having
    from backportkit.authoring.code.piece import Piece


def of(piece: Piece, having: Having) -> list[Place]:
    """Return the members of subclasses that override a new one: of its own module, and of others as far as is known.

    Without them, instances of these classes would have the one of the base.
    """
    if not piece.is_member or not piece.is_new:
        return []
    name = piece.place.path[-1]
    elsewhere = [one for one in having.new if len(one.path) > 1 and one.path[-1] == name]
    places = dict.fromkeys([*_in_module(piece, name), *elsewhere])
    return [one for one in places if one != piece.place and _overrides(one, piece.place, having)]


def _in_module(piece: Piece, name: str) -> Iterator[Place]:
    for node in piece.source.tree.body if piece.source.tree is not None else ():
        if isinstance(node, ast.ClassDef) and name in members(node):
            yield Place(piece.source.module, (node.name, name))


def _overrides(place: Place, other: Place, having: Having) -> bool:
    """Tell whether the bases of a class have a member from another one. Both are read by the library of one module."""
    library = having.sources.library(having.fix.source, place.module)
    *owner, name = place.path
    theirs = library.find(other.module, other.path).nodes
    bases = [base for one in library.find(place.module, owner).nodes for base in getattr(one, "bases", ())]
    found = [library.find(place.module, [*path, name]).nodes for base in bases if (path := dotted(base))]
    return any(one is two for nodes in found for one in nodes for two in theirs)
