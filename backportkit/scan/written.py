"""Read what classes, functions and sums of texts of the project say."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

from backportkit.scan.binders import below, positional
from backportkit.scan.values import Constant, Given, Hole, Instance, Own, Rows, Several, Thunk
from backportkit.source.reader import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.scan.binders import Scope
    from backportkit.scan.values import Frame, Value

_LONGEST = 10_000


def is_static(function: ast.AST) -> bool:
    """Tell whether a function in a class is a static method."""
    decorators = getattr(function, "decorator_list", [])
    return any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in decorators)


def first(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Return the first parameter that takes an argument by position, if there is one."""
    return positional(function)[:1]


def parameter(scope: Scope, name: str, frame: Frame) -> Value:
    """Return what a parameter is: the instance or the class for the first one of a method."""
    outer = _class_of(scope, frame) if name == "self" else frame.file.scope(scope)
    is_method = isinstance(outer, ast.ClassDef) and isinstance(scope, FUNCTIONS) and not is_static(scope)
    if is_method and first(scope) == [name] and not _decorates(scope, outer, frame):  # type: ignore[arg-type]
        own = Own(outer, frame._replace(scope=frame.file.scope(outer), at=outer))
        return own if name == "cls" else Instance(own)
    return Hole(scope, name, frame.file)


def _class_of(scope: Scope, frame: Frame) -> Scope:
    """Return the class that a function stands in, also within others, such as the one that a decorator returns."""
    outer = frame.file.scope(scope)
    while isinstance(outer, FUNCTIONS):
        outer = frame.file.scope(outer)
    return outer


def _decorates(function: ast.FunctionDef, cls: ast.ClassDef, frame: Frame) -> bool:
    """Tell whether the body of a class has a function for a decorator of its methods, which gets these."""
    uses = frame.file.uses(function.name)
    return any(node in getattr(one, "decorator_list", ()) and frame.file.scope(one) is cls for node, one in uses)


def names_given(own: Own) -> Iterator[Thunk]:
    """Yield the expressions that the file of a definition gives it as its `__name__`."""
    name = getattr(own.node, "name", "")
    for node, statement in own.frame.file.uses(name) if name else ():
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if any(isinstance(one, ast.Attribute) and one.attr == "__name__" and one.value is node for one in targets):
            at = own.frame._replace(scope=own.frame.file.scope(statement), at=statement)
            yield Thunk(statement.value, at)  # type: ignore[attr-defined]


def parts(value: Value) -> Sequence[Thunk]:
    """Return the expressions that a value is made of, in their order."""
    if isinstance(value, Instance) and isinstance(value.cls, Own):
        return [*fields(value).values()]
    return value.items if isinstance(value, Rows) else value.parts if isinstance(value, Several) else ()


def fields(instance: Instance) -> dict[str, Thunk]:
    """Return the arguments of a call that has made an instance of a class of the project, by their fields."""
    if instance.call is None or not isinstance(instance.cls, Own) or not isinstance(instance.cls.node, ast.ClassDef):
        return {}
    node, frame = instance.call.node, instance.call.frame
    if not isinstance(node, ast.Call):
        return {}
    names = _names_of_fields(instance.cls.node)
    given = dict(zip(names, node.args, strict=False)) | {one.arg: one.value for one in node.keywords if one.arg}
    return {name: Thunk(value, frame) for name, value in given.items()}


def _names_of_fields(cls: ast.ClassDef) -> list[str]:
    for one in cls.body:
        if isinstance(one, FUNCTIONS) and one.name == "__init__":
            return positional(one)[1:]
    return [one.target.id for one in cls.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]


def set_by_methods(own: Own, name: str) -> Iterator[Thunk]:
    """Yield the expressions that methods of a class assign to an attribute of their instance."""
    if isinstance(own.node, ast.ClassDef):
        for method, node in own.frame.file.set_by_methods(own.node).get(name, ()):
            yield Thunk(node.value, own.frame._replace(scope=method, at=node))


def combined(operator: ast.operator, one: Value, other: Value) -> Iterator[Value]:
    """Yield the sum of two texts or lists, or a text that is formatted by `%`."""
    for value in (one, other):
        if isinstance(value, Hole):
            yield value
            return
    if isinstance(one, Rows) and isinstance(other, Rows) and isinstance(operator, ast.Add):
        yield Rows(one.items + other.items)
    if isinstance(one, Constant) and isinstance(other, Constant) and isinstance(one.value, str):
        yield from _texts(operator, one.value, other.value)


def _texts(operator: ast.operator, one: str, other: object) -> Iterator[Value]:
    if isinstance(operator, ast.Add) and isinstance(other, str) and len(one) + len(other) < _LONGEST:
        yield Constant(one + other)
    elif isinstance(operator, ast.Mod) and isinstance(other, str) and one.count("%") == one.count("%s") == 1:
        yield Constant(one.replace("%s", other))


@cache
def returned(function: ast.AST) -> list[tuple[ast.AST, ast.expr]]:
    """Return the expressions that a function returns, each with its statement."""
    return list(_returned(function))


def _returned(function: ast.AST) -> Iterator[tuple[ast.AST, ast.expr]]:
    left: list[ast.AST] = list(getattr(function, "body", []))
    while left:
        node = left.pop(0)
        if isinstance(node, ast.Return) and node.value is not None:
            yield node, node.value
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.expr)):
            left += ast.iter_child_nodes(node)


@cache
def yielded(function: ast.AST) -> list[tuple[ast.AST, ast.Yield | ast.YieldFrom]]:
    """Return the statements `yield value` and `yield from values` of a function."""
    statements = below(getattr(function, "body", []))
    found = ((one, one.value) for one in statements if isinstance(one, ast.Expr))
    return [(one, value) for one, value in found if isinstance(value, ast.Yield | ast.YieldFrom)]


def arguments(function: ast.AST, call: ast.Call, frame: Frame, skipped: int = 0) -> dict[tuple[ast.AST, str], Thunk]:
    """Return the arguments that a call gives to the parameters of a function; defaults where it gives none."""
    if not isinstance(function, (*FUNCTIONS, ast.Lambda)):
        return {}
    names = positional(function)[skipped:]
    plain = [Thunk(one, frame) for one in call.args if not isinstance(one, ast.Starred)]
    if call.args and isinstance(call.args[-1], ast.Starred):  # the row of a table, perhaps
        plain += [Thunk(call.args[-1].value, frame, (index,)) for index in range(len(names) - len(plain))]
    given = dict(zip(names, plain, strict=False))
    if function.args.vararg is not None:
        given[function.args.vararg.arg] = Thunk(Given([Rows(tuple(plain[len(names) :]))], call), frame)
    given |= {one.arg: Thunk(one.value, frame) for one in call.keywords if one.arg}
    return {(function, name): value for name, value in given.items()}


def defaults(function: ast.AST, frame: Frame) -> dict[tuple[ast.AST, str], Thunk]:
    """Return the defaults of the parameters of a function."""
    if not isinstance(function, (*FUNCTIONS, ast.Lambda)):
        return {}
    names, values = positional(function), function.args.defaults
    found = dict(zip(names[len(names) - len(values) :], values, strict=True))
    found |= {
        one.arg: value
        for one, value in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        if value is not None
    }
    return {(function, name): Thunk(value, frame) for name, value in found.items()}
