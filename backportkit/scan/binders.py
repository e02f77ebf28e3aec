"""The places where a scope binds names: imports, definitions, parameters, assignments, loops."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from backportkit.source.reader import DEFINITIONS, FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

Scope: TypeAlias = "ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda"
BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")


class Binder(NamedTuple):
    """One place where a scope binds a name.

    Attributes:
        statement: The statement that does it.
        value: The expression whose value the name gets; None for imports, definitions, parameters and loops.
        position: The indices into the value, where it is unpacked.
        loop: The loop whose rows the name gets; None if it is bound by no loop.
        is_within: True for `:=`, whose name counts in the statement itself.
    """

    statement: ast.AST
    value: ast.expr | None = None
    position: tuple[int, ...] = ()
    loop: ast.For | ast.AsyncFor | None = None
    is_within: bool = False


def in_scope(scope: Scope) -> Iterator[tuple[str, Binder]]:
    """Yield the names that a scope binds, each with the place, in the order of the text."""
    if isinstance(scope, (*FUNCTIONS, ast.Lambda)):
        for name in parameters(scope):
            yield name, Binder(scope)
    body = scope.body if isinstance(scope.body, list) else []
    for statement in below(body):
        yield from _of_statement(statement)


def parameters(scope: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[str]:
    """Return the names of all parameters."""
    given = scope.args
    extra = [one.arg for one in (given.vararg, given.kwarg) if one is not None]
    return [*positional(scope), *(one.arg for one in given.kwonlyargs), *extra]


def positional(scope: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[str]:
    """Return the names of the parameters that take arguments by position."""
    return [one.arg for one in (*scope.args.posonlyargs, *scope.args.args)]


def below(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the statements, handlers and cases of a scope, without those of the scopes in it."""
    left: list[ast.AST] = list(reversed(body))
    while left:
        node = left.pop()
        yield node
        if not isinstance(node, DEFINITIONS):
            left += [one for block in reversed(BLOCKS) for one in reversed(getattr(node, block, None) or ())]


def _of_statement(node: ast.AST) -> Iterator[tuple[str, Binder]]:
    if isinstance(node, DEFINITIONS):
        yield node.name, Binder(node)
    elif isinstance(node, ast.Import):
        yield from ((one.asname or one.name.partition(".")[0], Binder(node)) for one in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from ((one.asname or one.name, Binder(node)) for one in node.names)
    elif isinstance(node, ast.For | ast.AsyncFor):
        yield from ((name, Binder(node, None, at, node)) for name, at, _ in unpacked(node.target, None, ()))
    elif isinstance(node, ast.With | ast.AsyncWith):
        for item in node.items:
            if item.optional_vars is not None:
                yield from ((name, Binder(node, None, at)) for name, at, _ in unpacked(item.optional_vars, None, ()))
    elif isinstance(node, ast.ExceptHandler):
        if node.name:
            yield node.name, Binder(node)
    else:
        yield from _assigned(node)


def _assigned(node: ast.AST) -> Iterator[tuple[str, Binder]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            for name, at, value in unpacked(target, node.value, ()):
                yield name, Binder(node, value, at)
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        yield node.target.id, Binder(node, node.value)
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id, Binder(node, _sum(node.target, node))
    for part in (getattr(node, "value", None), getattr(node, "test", None)):
        for one in ast.walk(part) if isinstance(part, ast.AST) else ():
            if isinstance(one, ast.NamedExpr):
                yield one.target.id, Binder(node, one.value, is_within=True)


def _sum(target: ast.Name, node: ast.AugAssign) -> ast.expr:
    """Return the expression that `name += value` assigns."""
    read = ast.copy_location(ast.Name(target.id, ast.Load()), target)
    return ast.copy_location(ast.BinOp(read, node.op, node.value), node)


def unpacked(
    target: ast.expr, value: ast.expr | None, at: tuple[int, ...]
) -> Iterator[tuple[str, tuple[int, ...], ast.expr | None]]:
    """Yield the names in a target, with the expression for each, and the indices that are left to take of it."""
    if isinstance(target, ast.Name):
        yield target.id, at, value
    elif isinstance(target, ast.Starred):
        yield from unpacked(target.value, value, at)
    elif isinstance(target, ast.Tuple | ast.List):
        is_written = isinstance(value, ast.Tuple | ast.List) and not at and len(value.elts) == len(target.elts)
        for index, one in enumerate(target.elts):
            if is_written:
                yield from unpacked(one, value.elts[index], ())  # type: ignore[union-attr]
            else:
                yield from unpacked(one, value, (*at, index))
