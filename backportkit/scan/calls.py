"""Tell what calls return: modules by names, attributes, rows of tables, and what the project's functions return."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.scan import conditions, folds, methods, tables, written
from backportkit.scan.values import (
    UNKNOWN,
    Attribute,
    Bindings,
    Constant,
    Contents,
    Given,
    Hole,
    Instance,
    Own,
    Pairs,
    Ref,
    Rows,
    Several,
    Thunk,
    class_of,
    text_of,
)
from backportkit.source.reader import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.values import Frame, Value

_SAME = frozenset({"list", "tuple", "sorted", "reversed", "iter", "set", "frozenset"})
_DEEPEST = 3  # calls of functions within each other that are followed


def returned(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    """Yield what a call may return."""
    yield from methods.returned(evaluator, node, frame)
    for callee in evaluator.values(Thunk(node.func, frame)):
        if isinstance(callee, Hole):
            yield callee
        elif isinstance(callee, Ref):
            yield from _of_ref(evaluator, callee, node, frame)
        elif isinstance(callee, Own):
            yield from _of_own(evaluator, callee, node, frame)
        elif isinstance(callee, Attribute):
            yield Instance(callee, Thunk(node, frame))


def _of_ref(evaluator: Evaluator, callee: Ref, node: ast.Call, frame: Frame) -> Iterator[Value]:
    known = _KNOWN.get(callee.dotted)
    if known is not None and node.args:
        yield from known(evaluator, node, frame)
    elif callee.module == "builtins" and callee.path[-1:] and callee.path[0] in _SAME and node.args:
        yield from _same(evaluator, node, frame)
    else:
        yield Instance(callee, Thunk(node, frame))


def _of_own(evaluator: Evaluator, callee: Own, node: ast.Call, frame: Frame) -> Iterator[Value]:
    if isinstance(callee.node, ast.ClassDef):
        yield Instance(callee, Thunk(node, frame))
        return
    if not isinstance(callee.node, FUNCTIONS):
        return
    if evaluator.calls >= _DEEPEST:
        return
    evaluator.calls += 1
    try:
        yield from _returned_by(evaluator, callee, callee.node, node, frame)
    finally:
        evaluator.calls -= 1


def _returned_by(
    evaluator: Evaluator, callee: Own, function: ast.FunctionDef | ast.AsyncFunctionDef, node: ast.Call, frame: Frame
) -> Iterator[Value]:
    given = written.arguments(function, node, frame)
    bound = Bindings({**callee.frame.bound, **written.defaults(function, callee.frame), **given})
    inner = callee.frame._replace(scope=function, bound=bound)
    yield from _yielded_by(evaluator, function, inner)
    for statement, value in written.returned(function):
        if is_left_out(evaluator, statement, inner):
            continue
        found = evaluator.values(Thunk(value, inner._replace(at=statement)))
        yield from (one for one in found if not (isinstance(one, Hole) and one.scope is function))


def _yielded_by(evaluator: Evaluator, function: ast.AST, inner: Frame) -> Iterator[Value]:
    """Yield the rows that a generator has."""
    rows: list[Thunk] = []
    for statement, one in written.yielded(function):
        value = Thunk(one.value or ast.Constant(None), inner._replace(at=statement))
        rows += tables.rows(evaluator, value) if isinstance(one, ast.YieldFrom) else [value]
    if rows:
        yield Rows(tuple(rows))


def is_left_out(evaluator: Evaluator, statement: ast.AST, frame: Frame) -> bool:
    """Tell whether a comparison of what a function or a loop is given says that a statement does not run."""
    tests = conditions.within(frame.scope, statement, frame)
    return any(_fails(evaluator, one.node, one.frame, holds=one.holds) for one in tests)


def _fails(evaluator: Evaluator, node: ast.expr, frame: Frame, *, holds: bool) -> bool:
    """Tell whether a test, or a part of it, is known to have the other result."""
    if isinstance(node, ast.Compare):
        return evaluator.values(Thunk(node, frame)) == [Constant(not holds)]
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And) == holds:  # all parts have the same result
        return any(_fails(evaluator, one, frame, holds=holds) for one in node.values)
    return False


def _first(evaluator: Evaluator, node: ast.Call, frame: Frame) -> list[Value]:
    return evaluator.values(Thunk(node.args[0], frame))


def _module(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    for value in _first(evaluator, node, frame):
        text = text_of(value)
        if isinstance(value, Hole):
            yield value
        elif text and all(part.isidentifier() for part in text.split(".")):
            yield from evaluator.module(text)
        elif text and text.startswith("."):
            yield from evaluator.module(_relative(text, frame))


def _relative(text: str, frame: Frame) -> str:
    level = len(text) - len(text.lstrip("."))
    parts = frame.file.package.split(".")
    return ".".join([*parts[: len(parts) - level + 1], text.lstrip(".")])


def _dunder_import(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    has_list = len(node.args) > 3 or any(one.arg == "fromlist" for one in node.keywords)  # noqa: PLR2004 -- the 4th
    for value in _module(evaluator, node, frame):
        yield Ref(value.module.partition(".")[0]) if isinstance(value, Ref) and not has_list else value


def _getattr(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    if len(node.args) < 2:  # noqa: PLR2004 -- the object and the name
        return
    names = evaluator.values(Thunk(node.args[1], frame))
    for value in _first(evaluator, node, frame):
        for name in names:
            if isinstance(value, Hole) or isinstance(name, Hole):
                yield value if isinstance(value, Hole) else name
            elif text := text_of(name):
                yield from evaluator.attribute(value, text)


def _vars(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    for value in _first(evaluator, node, frame):
        yield value if isinstance(value, Hole) else Contents(value)


def _type(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    for value in _first(evaluator, node, frame) if len(node.args) == 1 else ():
        if isinstance(value, Hole):
            yield value
        elif isinstance(value, Instance):
            yield class_of(value)
        elif isinstance(value, Ref) and value.path:
            yield value


def _same(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    """Yield the rows of the argument: a copy of a list or dictionary of others is an object of the project."""
    for value in _first(evaluator, node, frame):
        is_table = isinstance(value, Rows | Pairs | Constant | Hole)
        yield value if is_table else Instance(value)


def _names(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    """Yield the names that an object has, which nobody can tell."""
    for value in _first(evaluator, node, frame):
        if isinstance(value, Hole):
            yield value
        elif isinstance(value, Ref):
            yield Rows((Thunk(Given([Constant(UNKNOWN)], node), frame),))


def _members(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    for value in _first(evaluator, node, frame):
        yield value if isinstance(value, Hole) else Rows(tuple(tables.members(evaluator, value, node, frame)))


def _length(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    for value in _first(evaluator, node, frame):
        items = value.items if isinstance(value, Rows) else value.value if isinstance(value, Constant) else None
        if isinstance(value, Hole):
            yield value
        elif isinstance(items, tuple | list | str):
            yield Constant(len(items))


def _reduced(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    """Yield what `reduce(getattr, names, object)` returns."""
    is_walk = len(node.args) > 2 and Ref("builtins", ("getattr",)) in evaluator.values(Thunk(node.args[0], frame))  # noqa: PLR2004 -- the object
    if is_walk:
        first = evaluator.values(Thunk(node.args[2], frame))
        yield from [one for one in first if isinstance(one, Hole)] or folds.walked(
            evaluator, first, Thunk(node.args[1], frame)
        )


def _argument(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    yield from _first(evaluator, node, frame)


def _cast(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    yield from evaluator.values(Thunk(node.args[-1], frame))


def _zip(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    columns = [tables.rows(evaluator, Thunk(one, frame)) for one in node.args]
    made = [Thunk(Given([Several(parts)], parts[0].node), frame) for parts in zip(*columns, strict=False)]
    yield Rows(tuple(made))


def _enumerate(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    for index, row in enumerate(tables.rows(evaluator, Thunk(node.args[0], frame))):
        number = Thunk(Given([Constant(index)], row.node), frame)
        yield Rows((Thunk(Given([Several((number, row))], row.node), frame),))


def _chain(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    yield Rows(tuple(row for one in node.args for row in tables.rows(evaluator, Thunk(one, frame))))


def _resolved(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    for value in _first(evaluator, node, frame):
        text = text_of(value)
        if isinstance(value, Hole):
            yield value
        elif text and not evaluator.project.is_own(text.partition(":")[0]):
            module, _, path = text.partition(":")
            yield Ref(module, tuple(filter(None, path.split("."))))


def _path(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    """Yield what `wrapt.resolve_path(module, "Class.name")` returns: what has the attribute, its name, and it."""
    paths = evaluator.values(Thunk(node.args[1], frame)) if len(node.args) > 1 else []
    modules = [one for value in _first(evaluator, node, frame) for one in _module_of(evaluator, value)]
    for value in (*modules, *paths):
        if isinstance(value, Hole):
            yield value
            return
    for module in modules:
        for path in filter(None, map(text_of, paths)):
            *names, last = path.split(".")
            parent = [module]
            for name in names:
                parent = [one for value in parent for one in evaluator.attribute(value, name)]
            found = [one for value in parent for one in evaluator.attribute(value, last)]
            parts = parent, [Constant(last)], found
            yield Several(tuple(Thunk(Given(one, node), frame) for one in parts))


def _module_of(evaluator: Evaluator, value: Value) -> list[Value]:
    text = text_of(value)
    return [value] if text is None else evaluator.module(text)


_KNOWN: dict[str, Callable[[Evaluator, ast.Call, Frame], Iterator[Value]]] = {
    "importlib.import_module": _module,
    "importlib.__import__": _dunder_import,
    "builtins.__import__": _dunder_import,
    "importlib.reload": _argument,
    "builtins.getattr": _getattr,
    "inspect.getattr_static": _getattr,
    "builtins.vars": _vars,
    "builtins.type": _type,
    "builtins.dir": _names,
    "builtins.len": _length,
    "inspect.getmembers": _members,
    "inspect.getmembers_static": _members,
    "functools.reduce": _reduced,
    "builtins.zip": _zip,
    "builtins.enumerate": _enumerate,
    "itertools.chain": _chain,
    "typing.cast": _cast,
    "inspect.unwrap": _argument,
    "wrapt.resolve_path": _path,
    "pkgutil.resolve_name": _resolved,
    "sys.modules.get": _module,
    "sys.modules.pop": _module,
    "six.moves.__import__": _dunder_import,
}
