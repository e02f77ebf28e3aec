"""The mutants that cosmic-ray's operators make of a module, less those that nobody could tell from the original."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Position = tuple[int, int]  # a line and a column, as parso and `ast` count them

# They take the names of variables, which somebody would have to choose.
WITH_ARGUMENTS = {"core/VariableReplacer", "core/VariableInserter"}
# Without these, the same runs: they are for type checkers, and the last for tracers.
UNFELT = {"overload", "final", "runtime_checkable", "as_importlib"}
IDENTITY = {"Is", "IsNot"}
# What no program reads, or what only says which names there are.
UNREAD = {"__slots__", "__all__"}


@dataclass(frozen=True, order=True)
class Place:
    """An expression, an operator, a number or a decorator in a file."""

    file: str
    line: int
    column: int
    end: Position


@dataclass(frozen=True)
class Mutant:
    """The mutant that one operator makes of one place."""

    place: Place
    operator: str
    occurrence: int

    def __str__(self) -> str:
        return f"{self.place.file}:{self.place.line} {self.operator.removeprefix('core/')} #{self.occurrence}"

    def text(self, source: str) -> str | None:
        """The module with the mutation, or None where that is no program or the same one."""
        mutated = mutate_code(source, get_operator(self.operator)(), self.occurrence)
        try:
            same = mutated is None or ast.dump(ast.parse(mutated)) == ast.dump(ast.parse(source))
        except SyntaxError:
            return None
        return None if same else mutated


def mutants_by_place(root: Path, file: str) -> dict[Place, list[Mutant]]:
    """All mutants of a file, by where they differ from it, from top to bottom."""
    source = (root / file).read_text("utf-8")
    left_out = list(_left_out(ast.parse(source)))
    found: dict[Place, list[Mutant]] = {}
    for operator in filter(_may_be_felt, sorted(set(operator_names()) - WITH_ARGUMENTS)):
        for occurrence, (start, end) in enumerate(_positions(source, operator)):
            if not any(first <= start and end <= last for first, last in left_out):
                place = Place(file, *start, end)
                found.setdefault(place, []).append(Mutant(place, operator, occurrence))
    return dict(sorted(found.items()))


def _may_be_felt(operator: str) -> bool:
    """Leave out identity in place of equality: what is compared by it here, types and words, is one object each."""
    _, *pair = operator.split("_")
    return len({each in IDENTITY for each in pair}) < 2


def _positions(source: str, operator: str) -> Iterator[tuple[Position, Position]]:
    make = get_operator(operator)()
    for node in _nodes(source):
        yield from make.mutation_positions(node)


@cache
def _nodes(source: str) -> list:
    return list(ast_nodes(get_ast(source)))


def _left_out(module: ast.Module) -> Iterator[tuple[Position, Position]]:
    """Return the spans of code that no program reads, code for another Python, and limits of any size."""
    yield from (_span(node) for node in module.body if _is_limit(node))
    for node in ast.walk(module):
        match node:
            case ast.If(test=ast.Name("TYPE_CHECKING")):
                yield _span(node)
            case ast.Assign(targets=[ast.Name(name)]) if name in UNREAD:
                yield _span(node)
            case ast.Compare(left=ast.Attribute(ast.Name("sys"), "version_info" | "platform")):
                yield _span(node)
            case ast.AnnAssign() | ast.arg(annotation=ast.expr()):
                yield _span(node.annotation)
            case ast.FunctionDef(returns=ast.expr()):
                yield _span(node.returns)
        for decorator in getattr(node, "decorator_list", []):
            if isinstance(decorator, ast.Name) and decorator.id in UNFELT:
                yield (decorator.lineno, 0), (decorator.lineno + 1, 0)


def _is_limit(node: ast.stmt) -> bool:
    """Tell whether it gives a name to a number, one more or less of which is as good, or to a word."""
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)


def _span(node: ast.stmt | ast.expr) -> tuple[Position, Position]:
    return (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0)
