"""Tell what a module adds to an object after a decorator has made it, and a new one in its place does not have."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.authoring.code import verbatim
from backportkit.authoring.code.piece import ACCESSORS
from backportkit.source.definitions import decorator_names, dotted
from backportkit.source.reader import DEFINITIONS, statements
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.authoring.code.piece import Piece
    from backportkit.authoring.releases.sources import Sources
    from backportkit.authoring.releases.spans import Fix

_KEPT = frozenset({"property", "singledispatch", "singledispatchmethod"})  # run time keeps what such have


def notes(pieces: Sequence[Piece], fix: Fix, sources: Sources) -> Iterator[str]:
    """Yield a sentence for each decorated function to which its module, or class, adds something afterwards."""
    for piece in filter(_is_made_anew, pieces):
        added = list(dict.fromkeys(_added(piece, fix, sources)))
        if added:
            way = "patch what it calls, or add that again"
            yield f"{piece.target} is made anew, without what is added to the old one ({'; '.join(added)}): {way}"


def _is_made_anew(piece: Piece) -> bool:
    made_by = decorator_names(piece.node) if isinstance(piece.node, DEFINITIONS) else set()
    return not piece.is_new and piece.place.path[-1] not in ACCESSORS and bool(made_by) and not made_by & _KEPT


def _added(piece: Piece, fix: Fix, sources: Sources) -> Iterator[str]:
    """Yield the decorators and calls that are attributes of a function, each after the number of its line."""
    source = sources.module(fix.newest_broken, piece.place.module)
    assert source.tree is not None
    owner = (
        sources.definition(fix.newest_broken, Place(piece.place.module, piece.owner)) if piece.owner else source.tree
    )
    for one in statements(getattr(owner, "body", [])):
        decorators = one.decorator_list if isinstance(one, DEFINITIONS) and one.name != piece.name else []
        yield from (f"line {each.lineno}: @{ast.unparse(each)}" for each in decorators if _is_of(each, piece.name))
        if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call) and _is_of(one.value, piece.name):
            yield verbatim.quoted(source, one)


def _is_of(node: ast.expr, name: str) -> bool:
    """Tell whether an expression is an attribute of a name, or a call of one."""
    called = node.func if isinstance(node, ast.Call) else node
    return isinstance(called, ast.Attribute) and dotted(called)[:1] == [name]
