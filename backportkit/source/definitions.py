"""Read single definitions: their decorators, and the accessor of a property that they make."""

from __future__ import annotations

import ast
from copy import deepcopy
from typing import TYPE_CHECKING, NamedTuple

from backportkit.source import location, private
from backportkit.source.found import Found, Function, Kind
from backportkit.source.reader import FUNCTIONS, statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.source.modules import Source

_PARTS = {"fget": "getter", "fset": "setter", "fdel": "deleter"}


def is_part(statement: ast.stmt) -> bool:
    """Tell whether a function makes the setter or deleter of a property."""
    return isinstance(statement, FUNCTIONS) and part_of(statement) != "fget"


def of_property(bound: Sequence[ast.stmt], rest: Sequence[str]) -> list[ast.stmt]:
    """Return the functions of a property that the rest of a path means: the getters, unless it names another one."""
    part = rest[0] if rest else "fget"
    if part not in _PARTS:
        return list(bound)
    named = [one for one in bound if not isinstance(one, FUNCTIONS) or part_of(one) == part]
    return named or list(bound[-1:])


def function(source: Source, statement: Function, rest: Sequence[str]) -> Found:
    """Return the finding for one definition of a function, or for the function of a property that is asked for."""
    if len(rest) > 1 or (rest and rest[0] not in _PARTS):
        return Found(Kind.UNKNOWN, source=source, reason=f"{'.'.join(rest)!r} of a function is set as the module runs")
    if rest and part_of(statement) != rest[0]:
        return Found(Kind.MISSING, source=source, reason=f"the property has no {rest[0]}")
    return Found(Kind.FUNCTION, (statement,), source)


def part_of(function: Function) -> str:
    """Return the attribute of a property that a function makes; `fget` for a function that is in no property."""
    names = decorator_names(function)
    return next((part for part, name in _PARTS.items() if name in names), "fget")


def parameters(function: Function, source: Source | None) -> ast.arguments:
    """Return the parameters of a function in a module, with the names that they have as it runs.

    Names that are private to a class get its name.
    """
    own = [one for one in ast.walk(function.args) if isinstance(one, ast.arg) and private.is_private(one.arg)]
    owner = _class_of(function, source) if own else ""
    if not owner:
        return function.args
    mangled = deepcopy(function.args)
    for one in ast.walk(mangled):
        if isinstance(one, ast.arg):
            one.arg = private.stored(owner, one.arg)
    return mangled


def _class_of(function: Function, source: Source | None) -> str:
    """Return the name of the class in whose body a function is; empty if there is none."""
    nodes = [] if source is None or source.tree is None else ast.walk(source.tree)
    classes = (node for node in nodes if isinstance(node, ast.ClassDef))
    return next((cls.name for cls in classes if any(one is function for one in statements(cls.body))), "")


class Stub(NamedTuple):
    """A function that is still to be written: it does nothing but raise NotImplementedError.

    Attributes:
        place: The file and line.
        said: The text that it raises; empty if there is none.
    """

    place: str
    said: str


def stub(found: Found) -> Stub | None:
    """Return the function that was found as one that is still to be written; None for any other finding."""
    if found.source is None or not found.functions:
        return None
    body = [one for one in found.functions[-1].body if not _is_docstring(one)]
    raised = body[0].exc if len(body) == 1 and isinstance(body[0], ast.Raise) else None
    name, given = (raised.func, raised.args) if isinstance(raised, ast.Call) else (raised, [])
    if name is None or dotted(name) != ["NotImplementedError"]:
        return None
    said = next((str(one.value) for one in given if isinstance(one, ast.Constant)), "")
    return Stub(f"{location.relative(found.source.path)}:{body[0].lineno}", said)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def decorators(function: Function | ast.ClassDef) -> list[str]:
    """Return the dotted names of a definition's decorators, without arguments. A decorator without a name gives ""."""
    calls = (node.func if isinstance(node, ast.Call) else node for node in function.decorator_list)
    return [".".join(dotted(node)) for node in calls]


def decorator_names(definition: Function | ast.ClassDef) -> set[str]:
    """Return the last names of a definition's decorators: `c` for `@a.b.c`."""
    return {name.rpartition(".")[2] for name in decorators(definition)}


def dotted(node: ast.expr) -> list[str]:
    """Return the names of `a.b.c`, also of `a.b.c[...]`; none for anything else."""
    if isinstance(node, ast.Subscript):
        return dotted(node.value)
    if isinstance(node, ast.Name):
        return [node.id]
    outer = dotted(node.value) if isinstance(node, ast.Attribute) else []
    return [*outer, node.attr] if outer and isinstance(node, ast.Attribute) else []
