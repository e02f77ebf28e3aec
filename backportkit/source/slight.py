"""Tell whether a definition changed in its annotations, or in the order of its imports, and in nothing else."""

from __future__ import annotations

import ast
from copy import deepcopy
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

from backportkit.source import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_IMPORTS = (ast.Import, ast.ImportFrom)
_ANY = ast.Constant(...)


def is_slight(before: ast.stmt, after: ast.stmt) -> bool:
    """Tell whether two statements are alike but for annotations and the order of imports."""
    try:
        return fingerprint.of_node(bare(before)) == fingerprint.of_node(bare(after))
    except RecursionError:  # the one or the other is nested too deeply
        return False


def bare(node: ast.stmt) -> ast.AST:
    """Return a statement without annotations, and with imports that follow each other in one order."""
    made: ast.AST = _Bare().visit(deepcopy(node))
    return made


class _Bare(ast.NodeTransformer):
    """Takes annotations away, and puts imports that follow each other in one order."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for field in ("annotation", "returns"):
            if getattr(node, field, None) is not None:
                setattr(node, field, None if isinstance(node, ast.arg) or field == "returns" else _ANY)
        super().generic_visit(node)
        for field, value in ast.iter_fields(node):
            if isinstance(value, list) and any(isinstance(one, _IMPORTS) for one in value):
                setattr(node, field, [*_ordered(value)])
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        self.generic_visit(node)
        return node if node.value is None else ast.copy_location(ast.Assign([node.target], node.value), node)


def _ordered(statements: Sequence[Any]) -> Iterator[Any]:
    for is_import, group in groupby(statements, lambda one: isinstance(one, _IMPORTS)):
        run = [*group]
        yield from sorted(chain.from_iterable(map(_single, run)), key=ast.dump) if is_import else run


def _single(statement: Any) -> Iterable[ast.stmt]:
    """Return an import as one for each name."""
    for alias in statement.names:
        one = deepcopy(statement)
        one.names = [alias]
        yield one
