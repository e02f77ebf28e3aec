"""The calls and decorators of libraries that patch, such as wrapt and mock; and source that is rewritten."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.scan.edits import Edit
from backportkit.scan.file import expressions
from backportkit.scan.values import NOTHING_BOUND, Frame, Own, Ref, Thunk
from backportkit.source.reader import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.file import File
    from backportkit.scan.values import Value

_WRAPT = frozenset(
    {"wrap_function_wrapper", "wrap_object", "wrap_object_attribute", "patch_function_wrapper"}
    | {"transient_function_wrapper", "apply_patch"}
)
_MOCK = frozenset({"unittest.mock", "mock"})
# Words of which a file has one, if it calls one of these libraries.
_WORDS = frozenset({"wrapt", "mock", "gorilla", "fastcore", "forbiddenfruit", "aspectlib"})


def of_statement(statement: ast.stmt, frame: Frame, evaluator: Evaluator) -> Iterator[Edit]:
    """Yield the edits that calls of libraries in a statement make, and its decorators."""
    for call in _calls(statement):
        for callee in evaluator.values(Thunk(call.func, frame)) if _may_be_known(call.func) else ():
            yield from _of_callee(callee, call, statement)
    if isinstance(statement, DEFINITIONS):
        yield from _of_plain_decorators(statement, frame, evaluator)


def are_used(file: File) -> bool:
    """Tell whether a file may call one of these libraries."""
    return not file.words.isdisjoint(_WORDS)


def rewriting(file: File) -> Iterator[tuple[Edit, Frame]]:
    """Yield the edits of a file that rewrite source, each with its place."""
    if file.words.isdisjoint(_REWRITING):
        return
    for statement in file.matching(_REWRITES):
        frame = Frame(file, file.scope(statement), statement, NOTHING_BOUND)
        yield from ((edit, frame) for edit in _of_exec(statement, frame))


def _calls(statement: ast.stmt) -> list[ast.Call]:
    return [node for node in expressions(statement) if isinstance(node, ast.Call)]


def _may_be_known(callee: ast.expr) -> bool:
    return isinstance(callee, ast.Name | ast.Attribute)


def _of_callee(callee: Value, call: ast.Call, statement: ast.stmt) -> Iterator[Edit]:
    if isinstance(callee, Ref):
        yield from _of_ref(callee, call, statement)
    elif (
        isinstance(callee, Own) and getattr(callee.node, "name", "") in _WRAPT and ".wrapt" in callee.frame.file.module
    ):
        yield from _of_wrapt(getattr(callee.node, "name", ""), call, statement)  # one that the project brings along


def _of_ref(callee: Ref, call: ast.Call, statement: ast.stmt) -> Iterator[Edit]:
    name, top = callee.dotted.rpartition(".")[2], callee.module.partition(".")[0]
    if top == "wrapt" and name in _WRAPT:
        yield from _of_wrapt(name, call, statement)
    elif any(callee.dotted.startswith(f"{one}.patch") for one in _MOCK):
        yield from _of_mock(callee, call, statement)
    elif top == "gorilla" and len(call.args) >= 1:
        yield from _of_gorilla(name, call, statement)
    elif top == "forbiddenfruit" and name in {"curse", "reverse"} and len(call.args) > 1:
        yield Edit("helper", call, statement, call.args[0], call.args[1], (*call.args, None)[2])
    elif top == "aspectlib" and name == "weave" and call.args:
        yield Edit("helper", call, statement, call.args[0], "", None, "wrap")
    elif callee.dotted.startswith("fastcore.") and name == "patch_to" and isinstance(statement, DEFINITIONS):
        yield Edit("decorator", call, statement, call.args[0], statement.name, None)


def _of_wrapt(name: str, call: ast.Call, statement: ast.stmt) -> Iterator[Edit]:
    given = {one.arg: one.value for one in call.keywords}
    base = call.args[0] if call.args else given.get("module", given.get("target"))
    attribute = call.args[1] if len(call.args) > 1 else given.get("name")
    how = "toggle" if name == "transient_function_wrapper" else "" if name == "apply_patch" else "wrap"
    value = call.args[2] if len(call.args) > 2 else given.get("wrapper")  # noqa: PLR2004 -- the third
    if base is not None and attribute is not None:
        yield Edit("wrapt", call, statement, base, attribute, value, how)


def _of_mock(callee: Ref, call: ast.Call, statement: ast.stmt) -> Iterator[Edit]:
    kind = callee.dotted.rpartition(".")[2]
    how = "toggle"
    if kind == "patch" and call.args:
        yield Edit("mock", call, statement, call.args[0], "", (*call.args, None)[1], how)
    elif kind == "object" and len(call.args) > 1:
        yield Edit("mock", call, statement, call.args[0], call.args[1], (*call.args, None)[2], how)
    elif kind == "dict" and call.args:
        yield Edit("mock", call, statement, call.args[0], "", None, how, is_item=True)
    elif kind == "multiple" and call.args:
        for one in call.keywords:
            if one.arg is not None:
                yield Edit("mock", call, statement, call.args[0], one.arg, one.value, how)


def _of_gorilla(name: str, call: ast.Call, statement: ast.stmt) -> Iterator[Edit]:
    if name == "patch" and isinstance(statement, DEFINITIONS):
        given = {one.arg: one.value for one in call.keywords}
        yield Edit("decorator", call, statement, call.args[0], given.get("name", statement.name), None)
    elif name == "patches" and isinstance(statement, ast.ClassDef):
        for one in statement.body:
            if isinstance(one, DEFINITIONS):
                yield Edit("decorator", one, statement, call.args[0], one.name, None)
    elif name == "Patch" and len(call.args) > 2:  # noqa: PLR2004 -- destination, name and object
        yield Edit("helper", call, statement, call.args[0], call.args[1], call.args[2])


def _of_plain_decorators(
    statement: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, frame: Frame, evaluator: Evaluator
) -> Iterator[Edit]:
    """Yield the edit of fastcore's `@patch`, which is told its target by the annotation of the first parameter."""
    for decorator in statement.decorator_list:
        if isinstance(decorator, ast.Call) or isinstance(statement, ast.ClassDef) or not statement.args.args:
            continue
        for one in evaluator.values(Thunk(decorator, frame)):
            annotation = statement.args.args[0].annotation
            if isinstance(one, Ref) and one.dotted in {"fastcore.basics.patch", "fastcore.all.patch"} and annotation:
                yield Edit("decorator", statement, statement, annotation, statement.name, None)


# --- source that is rewritten ---


def _of_exec(statement: ast.stmt, frame: Frame) -> Iterator[Edit]:
    for call in _calls(statement):
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        find = _REWRITING.get(name)
        if find is not None:
            yield from find(call, statement, frame)


def _of_exec_in(call: ast.Call, statement: ast.stmt, frame: Frame) -> Iterator[Edit]:
    """Yield the edit of `exec(source, module.__dict__)`."""
    if len(call.args) != 2:  # noqa: PLR2004 -- with a third argument, the names that the source binds go there
        return
    namespace = call.args[1]
    if isinstance(namespace, ast.Attribute) and namespace.attr == "__dict__":
        base = namespace.value
    elif isinstance(namespace, ast.Call) and ast.unparse(namespace.func) == "vars" and namespace.args:
        base = namespace.args[0]
    else:
        return
    source = _read_from(call.args[0], frame, "getsource")
    yield Edit("source-rewrite", call, statement, source or base, "", call.args[0], "replace")


def _of_open(call: ast.Call, statement: ast.stmt, frame: Frame) -> Iterator[Edit]:
    mode = call.args[1] if len(call.args) > 1 else next((one.value for one in call.keywords if one.arg == "mode"), None)
    writes = isinstance(mode, ast.Constant) and isinstance(mode.value, str) and set("wa+") & set(mode.value)
    if writes and call.args and (file := _file_of(call.args[0], frame)) is not None:
        yield Edit("source-rewrite", call, statement, file, "", None, "replace")


def _of_write(call: ast.Call, statement: ast.stmt, frame: Frame) -> Iterator[Edit]:
    base = call.func.value if isinstance(call.func, ast.Attribute) else None
    if base is not None and (file := _file_of(base, frame)) is not None:
        yield Edit("source-rewrite", call, statement, file, "", None, "replace")


def _file_of(path: ast.expr, frame: Frame) -> ast.expr | None:
    """Return the module whose file a path is made of; None if it is made of none."""
    return _read_from(path, frame, "getfile", "getsourcefile", "find_spec", "__file__", "__path__")


def _read_from(made: ast.expr, frame: Frame, *ways: str, depth: int = 4) -> ast.expr | None:
    """Return the object that an expression is made of by one of these attributes or functions; None without one."""
    for node in ast.walk(made):
        if isinstance(node, ast.Attribute) and node.attr in ways and node.attr.startswith("__"):
            return node.value
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in ways:
            return node.args[0] if node.args else None
        if isinstance(node, ast.Name) and depth and isinstance(node.ctx, ast.Load):
            for binder in frame.file.reaching(frame.scope, node.id, frame.at):
                at = frame._replace(at=binder.statement)
                if binder.value is not None and (found := _read_from(binder.value, at, *ways, depth=depth - 1)):
                    return found
    return None


_REWRITING: dict[str, Callable[[ast.Call, ast.stmt, Frame], Iterator[Edit]]] = {
    "exec": _of_exec_in,
    "open": _of_open,
    "write_text": _of_write,
    "write_bytes": _of_write,
}
_REWRITES = rf"\b(?:{'|'.join(_REWRITING)})\b"
