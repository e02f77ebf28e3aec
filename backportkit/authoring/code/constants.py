"""Take the statements that make a constant together, and tell what a patch of it cannot have."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.authoring.code import verbatim
from backportkit.source import made
from backportkit.source.reader import DEFINITIONS

if TYPE_CHECKING:
    from backportkit.authoring.code.piece import Piece
    from backportkit.authoring.releases.sources import Sources
    from backportkit.authoring.releases.spans import Row


def whole(piece: Piece) -> tuple[Piece, str | None]:
    """Return a constant with all statements that make it, and which do where they are not a list by themselves."""
    if piece.is_member or piece.is_import or isinstance(piece.node, DEFINITIONS):
        return piece, None
    assert piece.source.tree is not None
    first, *later = made.statements(piece.source.tree, piece.node, piece.name)
    if made.assigns(first, piece.name):
        return piece._replace(node=first, later=tuple(later)), None
    lines = "; ".join(verbatim.quoted(piece.source, one) for one in (first, *later))
    return piece, f"{piece.target} is made by several statements, see that the patch has what they come to: {lines}"


def made_otherwise(piece: Piece, old: Row, sources: Sources) -> str | None:
    """Say where other statements than in the fix have worked on a constant: they do not run on the new value."""
    if piece.is_member:
        return None
    source, node = sources.module(old, piece.place.module), sources.definition(old, piece.place)
    assert source.tree is not None
    later = made.statements(source.tree, node, piece.name)[1:]
    known = [*map(ast.dump, piece.later)]
    other = "; ".join(verbatim.quoted(source, one) for one in later if ast.dump(one) not in known)
    way = "see that who uses it takes the value as it is now"
    return f"{old.version} works on {piece.target} in a way that the fix does not, {way}: {other}" if other else None
