"""The rows of tables: lists and dictionaries that are written out, and what is put into them later."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.scan.values import UNKNOWN, Constant, Contents, Given, Own, Pairs, Ref, Rows, Several, Thunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.scan.binders import Binder
    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.values import Frame, Value

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


def members(evaluator: Evaluator, value: Value, node: ast.expr, frame: Frame) -> Iterator[Thunk]:
    """Yield the members of a class of the project; of an object of others, a name that nobody can tell for all."""
    of = value.of if isinstance(value, Contents) else value
    if isinstance(of, Own) and isinstance(of.node, ast.ClassDef):
        for name, (first, *_) in of.frame.file.binders(of.node).items():
            yield _member(name, evaluator.attribute(of, name), first.statement, of.frame)
    if isinstance(of, Ref):
        found = [of] if of.module == UNKNOWN and not of.path else evaluator.attribute(of, UNKNOWN)
        yield _member(UNKNOWN, found, node, frame)


def _member(name: str, values: Sequence[Value], at: ast.AST, frame: Frame) -> Thunk:
    """Return the row of a name and of what has it."""
    parts = [Constant(name)], values
    return Thunk(Given([Several(tuple(Thunk(Given(one, at), frame) for one in parts))], at), frame)


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


def _is_table(value: ast.expr | None) -> bool:
    is_made = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in _MADE_BY
    return is_made or isinstance(value, ast.List | ast.Dict | ast.Set)


def _added(node: ast.expr, statement: ast.AST, frame: Frame) -> Iterator[Thunk]:
    for argument in _put_into(node, statement):
        yield Thunk(argument, frame._replace(scope=frame.file.scope(statement), at=statement))


def _put_into(table: ast.expr, statement: ast.AST) -> Iterator[ast.expr]:
    """Yield what a statement such as `TABLE.append(row)` puts into a table."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    is_method = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.value is table
    if is_method and call.func.attr in _ADDING and len(call.args) == 1:  # type: ignore[union-attr]
        yield call.args[0]  # type: ignore[union-attr]


def _set(node: ast.expr, statement: ast.AST, frame: Frame) -> Iterator[tuple[Thunk, Thunk]]:
    at = frame._replace(scope=frame.file.scope(statement), at=statement)
    for target in statement.targets if isinstance(statement, ast.Assign) else ():
        if isinstance(target, ast.Subscript) and target.value is node:
            yield Thunk(target.slice, at), Thunk(statement.value, at)  # type: ignore[attr-defined]
    inner = _inner(statement)
    if inner is not None and inner[0] is node:
        for argument in _put_into(inner[1], statement):
            yield Thunk(inner[2], at), Thunk(Given([Rows((Thunk(argument, at),))], argument), at)


def _inner(statement: ast.AST) -> tuple[ast.expr, ast.expr, ast.expr] | None:
    """Return the table, the inner table, and its key of `TABLE[key].append(row)` or `TABLE.setdefault(key, [])…`."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    part = call.func.value if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else None
    if isinstance(part, ast.Subscript):
        return part.value, part, part.slice
    if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "setdefault":
        return (part.func.value, part, part.args[0]) if part.args else None
    return None
