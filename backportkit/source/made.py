"""Find the statements of a module that make a value: one assigns it, others may fill or replace it afterwards."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.source.reader import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

_INNER_SCOPES = (*DEFINITIONS, ast.Lambda)


def statements(tree: ast.Module, node: ast.stmt, name: str) -> list[ast.stmt]:
    """Return the statements at the top of a module that make the value of a name, one of which has the assignment.

    They begin with the last that assigns the name whatever it was before. A call of a function with the name as an
    argument does not count.
    """
    making = [one for one in tree.body if _has(one, node) or _changes(one, name)]
    starts = [at for at, one in enumerate(making) if assigns(one, name)]
    return making[starts[-1] :] if starts else making


def assigns(statement: ast.stmt, name: str) -> bool:
    """Tell whether a statement is an assignment of a name, and takes nothing of the value that it had."""
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return False
    is_bound = any(isinstance(one, ast.Name) and one.id == name for one in targets)
    return is_bound and all(getattr(one, "id", None) != name for one in ast.walk(statement.value))


def _has(statement: ast.stmt, node: ast.stmt) -> bool:
    return any(one is node for one in ast.walk(statement))


def _changes(statement: ast.stmt, name: str) -> bool:
    """Tell whether a statement binds a name, or sets, deletes or calls something of its value."""
    return any(_root(one) == name for one in _changed(statement))


def _changed(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield what a statement and its blocks bind, set and delete, and the methods that they call as statements."""
    left: list[ast.AST] = [statement]
    while left:
        node = left.pop()
        if isinstance(node, _INNER_SCOPES):
            continue
        if isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            yield node
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Attribute)
        ):
            yield node.value.func
        left += ast.iter_child_nodes(node)


def _root(node: ast.expr) -> str | None:
    """Return the name that an attribute or an entry is of, over however many others."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
