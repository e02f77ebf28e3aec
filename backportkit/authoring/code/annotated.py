"""Tell which names the annotations of upstream's code need where it is defined."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.authoring.code import names
from backportkit.source.reader import DEFINITIONS, FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.authoring.code.piece import Piece
    from backportkit.source.modules import Source


def defers(source: Source) -> bool:
    """Tell whether a module leaves its annotations unevaluated, by `from __future__ import annotations`."""
    assert source.tree is not None
    return any(_is_future(one) for one in source.tree.body)


def _is_future(node: ast.stmt) -> bool:
    is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
    return is_future and any(one.name == "annotations" for one in getattr(node, "names", ()))


def are_evaluated(pieces: Iterable[Piece]) -> bool:
    """Tell whether pieces have annotations, and their modules evaluate them."""
    having = [one.source for one in pieces if isinstance(one.node, DEFINITIONS) and any(_expressions(one.node))]
    return bool(having) and not any(map(defers, having))


def evaluated(source: Source, node: ast.stmt) -> frozenset[str]:
    """Return the names that are looked up for the annotations of a definition as it is made; none for other code."""
    if defers(source) or not isinstance(node, DEFINITIONS):
        return frozenset()
    return names.in_all(_expressions(node)) - _own(node)


def _expressions(node: ast.stmt) -> Iterator[ast.expr]:
    """Yield the annotations that Python evaluates when a function, or a class with what is in it, is made."""
    if isinstance(node, FUNCTIONS):
        given = (one.annotation for one in ast.walk(node.args) if isinstance(one, ast.arg))
        yield from (one for one in (*given, node.returns) if one is not None)
    elif isinstance(node, ast.ClassDef):
        yield from (each for one in node.body for each in _expressions(one))
    elif isinstance(node, ast.AnnAssign):
        yield node.annotation


def _own(node: ast.stmt) -> set[str]:
    """Return the names that a definition itself gives to its annotations: type parameters, and names of a class."""
    inner = node.body if isinstance(node, ast.ClassDef) else []
    parameters = [one.name for each in (node, *inner) for one in getattr(each, "type_params", ())]
    return {*parameters, *(name for one in inner for name in names.bound(one))}
