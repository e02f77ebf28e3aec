"""Find the expressions that a name is assigned: in its file, or in the module of the project that has it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.scan.values import NOTHING_BOUND, Frame, OwnModule, Thunk
from backportkit.source.reader import absolute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.scan.binders import Binder
    from backportkit.scan.evaluate import Evaluator


def of(evaluator: Evaluator, node: ast.Name | ast.Attribute, frame: Frame) -> Iterator[tuple[ast.expr, Frame]]:
    """Yield the expressions that a name is assigned in the file, or in the module of the project that has it."""
    if isinstance(node, ast.Name):
        yield from _assigned(evaluator, node.id, frame)
        return
    for value in evaluator.values(Thunk(node.value, frame)):
        if isinstance(value, OwnModule):
            yield from _assigned(evaluator, node.attr, Frame(value.file, value.file.tree, None, NOTHING_BOUND))


def _assigned(evaluator: Evaluator, name: str, frame: Frame) -> Iterator[tuple[ast.expr, Frame]]:
    for scope in dict.fromkeys((frame.scope, frame.file.tree)):
        for binder in frame.file.reaching(scope, name, frame.at if scope is frame.scope else None):
            yield from _expression(evaluator, binder, name, frame)
        if name in frame.file.binders(scope):
            return


def _expression(evaluator: Evaluator, binder: Binder, name: str, frame: Frame) -> Iterator[tuple[ast.expr, Frame]]:
    statement = binder.statement
    if isinstance(statement, ast.ImportFrom):
        originals = [one.name for one in statement.names if (one.asname or one.name) == name]
        for module in evaluator.module(absolute(frame.file.package, statement)):
            for original in originals if isinstance(module, OwnModule) else ():
                yield from _assigned(evaluator, original, Frame(module.file, module.file.tree, None, NOTHING_BOUND))  # type: ignore[union-attr]
    is_handler = any(isinstance(place.node, ast.ExceptHandler) for place in frame.file.chain(statement))
    if binder.value is not None and not binder.position and not is_handler:
        yield binder.value, frame._replace(scope=frame.file.scope(statement), at=statement)
