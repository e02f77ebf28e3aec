"""The rows of tables: lists and dictionaries that are written out, and what is put into them later."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.scan.values import Bindings, Constant, Frame, Given, Pairs, Rows, Thunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.file import Binder
    from backportkit.scan.project import Project
    from backportkit.scan.values import Own, Value

_ADDING = frozenset({"append", "add", "appendleft"})
_MADE_BY = frozenset({"list", "dict", "set", "OrderedDict", "deque", "defaultdict"})


def rows(evaluator: Evaluator, table: Thunk) -> list[Thunk]:
    """Return the rows that a loop over an expression has."""
    return [row for value in evaluator.values(table) for row in of_value(value, table)]


def of_value(value: Value, at: Thunk) -> Iterator[Thunk]:
    """Yield the rows of a value."""
    if isinstance(value, Rows):
        yield from value.items
    elif isinstance(value, Pairs):
        yield from value.keys
    elif isinstance(value, Constant) and isinstance(value.value, tuple | list):
        yield from (Thunk(Given([Constant(one)], at.node), at.frame) for one in value.value)


def extended(evaluator: Evaluator, binder: Binder, name: str, frame: Frame) -> list[Value]:
    """Return a list or a dictionary with what later statements of its file put into it; none if there are none."""
    if binder.position or not _is_table(binder.value):
        return []
    uses = frame.file.uses(name)
    added = [one for node, statement in uses for one in _added(node, statement, frame)]
    pairs = [one for node, statement in uses for one in _set(node, statement, frame)]
    if not added and not pairs:
        return []
    assert binder.value is not None
    first = evaluator.values(Thunk(binder.value, frame)) or [Rows(())]
    items = tuple(row for one in first for row in (one.items if isinstance(one, Rows) else ()))
    keys = tuple(key for one in first for key in (one.keys if isinstance(one, Pairs) else ()))
    values = tuple(value for one in first for value in (one.values if isinstance(one, Pairs) else ()))
    if pairs:
        return [Pairs((*keys, *(key for key, _ in pairs)), (*values, *(value for _, value in pairs)))]
    return [Rows((*items, *added))]


def of_subclasses(project: Project, own: Own, name: str) -> Iterator[Thunk]:
    """Yield the tables that the subclasses of a class have in its stead, as those of an engine in a base class."""
    base = getattr(own.node, "name", "")
    home = own.frame.file
    for file in [home, *filter(None, map(project.parsed, project.importing(base)))]:
        for node in file.statements:
            if isinstance(node, ast.ClassDef) and any(_last_name(one) == base for one in node.bases):
                for binder in file.binders(node).get(name, []):
                    if binder.value is not None and not binder.position:
                        yield Thunk(binder.value, Frame(file, node, binder.statement, Bindings()))


def _last_name(node: ast.expr) -> str:
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _is_table(value: ast.expr | None) -> bool:
    is_made = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in _MADE_BY
    return is_made or isinstance(value, ast.List | ast.Dict | ast.Set)


def _added(node: ast.expr, statement: ast.AST, frame: Frame) -> Iterator[Thunk]:
    call = statement.value if isinstance(statement, ast.Expr) else None
    is_method = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.value is node
    if is_method and call.func.attr in _ADDING and len(call.args) == 1:  # type: ignore[union-attr]
        at = frame._replace(scope=frame.file.scope(statement), at=statement)
        yield Thunk(call.args[0], at)  # type: ignore[union-attr]


def _set(node: ast.expr, statement: ast.AST, frame: Frame) -> Iterator[tuple[Thunk, Thunk]]:
    for target in statement.targets if isinstance(statement, ast.Assign) else ():
        if isinstance(target, ast.Subscript) and target.value is node:
            at = frame._replace(scope=frame.file.scope(statement), at=statement)
            yield Thunk(target.slice, at), Thunk(statement.value, at)  # type: ignore[attr-defined]
