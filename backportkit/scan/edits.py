"""The statements that may change something of somebody else: each form has one small function."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from backportkit.scan.file import expressions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.scan.file import File

# Attributes of a function by which it is changed while it stays the same object.
_OF_CODE = frozenset({"__code__", "__defaults__", "__kwdefaults__"})
# Attributes that describe and do nothing.
_DESCRIBING = frozenset(
    {"__annotations__", "__doc__", "__file__", "__module__", "__name__", "__package__", "__path__", "__qualname__"}
    | {"__signature__", "__spec__", "__text_signature__", "__version__", "__wrapped__", "__all__", "__author__"}
)
_SETTERS = {"setattr": "setattr", "delattr": "delattr", "__setattr__": "setattr", "__delattr__": "delattr"}
_OF_DICTIONARIES = frozenset({"update", "setdefault", "pop", "__setitem__", "__delitem__", "clear"})
_HOOKS = frozenset({"append", "insert", "extend", "remove"})
_LISTS_OF_HOOKS = frozenset({"meta_path", "path_hooks"})
# Words of which a file has one, if it changes the dictionary of something as a dictionary.
_WORDS_OF_DICTIONARIES = frozenset({"__dict__", "vars", "modules", "__builtins__"})


_WORDS = frozenset({*_SETTERS, *_OF_DICTIONARIES, *_LISTS_OF_HOOKS})
_CALLING = rf"\b(?:{'|'.join(sorted(_WORDS))})\b"


class Edit(NamedTuple):
    """A statement that may be a patch.

    Attributes:
        form: The form, as it is shown.
        node: The expression or statement whose line counts.
        statement: The statement that it stands in.
        base: What is changed, or has the attribute that is; a text is a dotted name.
        name: The attribute or the key; an expression, or a text; empty if the base itself is changed.
        value: The new value; None if there is none.
        how: `add`, `delete`, `toggle` or `restore` where the form says so; else empty.
        is_item: True for a key of a dictionary.
    """

    form: str
    node: ast.AST
    statement: ast.AST
    base: ast.expr
    name: ast.expr | str = ""
    value: ast.expr | None = None
    how: str = ""
    is_item: bool = False

    @property
    def line(self) -> int:
        """The line of the edit: that of its call, or the first one of its statement."""
        node = self.statement if isinstance(self.node, ast.Attribute | ast.Subscript) else self.node
        return getattr(node, "lineno", 1)


def of_statement(statement: ast.stmt, file: File) -> Iterator[Edit]:
    """Yield the edits that a statement may make, but for its calls."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from _of_target(target, statement.value, statement, file)
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        if statement.value is not None:
            yield from _of_target(statement.target, statement.value, statement, file)
    elif isinstance(statement, ast.Delete):
        for target in statement.targets:
            yield from _of_deleted(target, statement, file)
    elif isinstance(statement, ast.For | ast.AsyncFor):
        yield from _of_target(statement.target, None, statement, file)


def of_calls(file: File) -> Iterator[Edit]:
    """Yield the edits that calls in a file may make."""
    if file.words.isdisjoint(_WORDS):
        return
    for statement in file.matching(_CALLING):
        for node in expressions(statement):
            if isinstance(node, ast.Call):
                yield from _of_call(node, statement, file)


# --- assignments ---


def _of_target(target: ast.expr, value: ast.expr | None, statement: ast.stmt, file: File) -> Iterator[Edit]:
    if isinstance(target, ast.Tuple | ast.List):
        values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
        for index, one in enumerate(target.elts):
            yield from _of_target(one, values[index] if len(values) == len(target.elts) else None, statement, file)
    elif isinstance(target, ast.Starred):
        yield from _of_target(target.value, None, statement, file)
    elif isinstance(target, ast.Attribute):
        yield from _of_attribute(target, value, statement)
    elif isinstance(target, ast.Subscript) and _may_be_of_others(target.value, file):
        yield Edit("dict", target, statement, target.value, target.slice, value, is_item=True)


def _may_be_of_others(base: ast.expr, file: File) -> bool:
    """Tell whether a dictionary may be one of others: by a name that is imported, or as that of a module or a class."""
    root = base
    while isinstance(root, ast.Attribute | ast.Subscript):
        root = root.value
    is_imported = isinstance(root, ast.Name) and root.id in file.imported
    return is_imported or not file.words.isdisjoint(_WORDS_OF_DICTIONARIES)


def _of_attribute(target: ast.Attribute, value: ast.expr | None, statement: ast.stmt) -> Iterator[Edit]:
    if isinstance(target.value, ast.Name) and target.value.id == "self":
        return
    if target.attr in _OF_CODE:
        yield Edit("code-swap", target, statement, target.value, "", value)
    elif target.attr not in _DESCRIBING:
        yield Edit("assign", target, statement, target.value, target.attr, value)


def _of_deleted(target: ast.expr, statement: ast.stmt, file: File) -> Iterator[Edit]:
    if isinstance(target, ast.Tuple | ast.List):
        for one in target.elts:
            yield from _of_deleted(one, statement, file)
    elif isinstance(target, ast.Attribute) and not (isinstance(target.value, ast.Name) and target.value.id == "self"):
        yield Edit("delattr", target, statement, target.value, target.attr, None, "delete")
    elif isinstance(target, ast.Subscript) and _may_be_of_others(target.value, file):
        yield Edit("dict", target, statement, target.value, target.slice, None, "delete", is_item=True)


# --- calls ---


def _of_call(call: ast.Call, statement: ast.stmt, file: File) -> Iterator[Edit]:
    callee = call.func
    name = callee.id if isinstance(callee, ast.Name) else callee.attr if isinstance(callee, ast.Attribute) else ""
    if name in _SETTERS:
        yield from _of_setter(call, name, statement)
    elif isinstance(callee, ast.Attribute) and name in _OF_DICTIONARIES and _may_be_of_others(callee.value, file):
        yield from _of_dictionary(call, callee, statement)
    elif isinstance(callee, ast.Attribute) and name in _HOOKS and call.args and _is_of_hooks(callee.value, file):
        how = "restore" if name == "remove" else "add"
        yield Edit("import-hook", call, statement, callee.value, "", call.args[-1], how)


def _is_of_hooks(base: ast.expr, file: File) -> bool:
    return getattr(base, "attr", getattr(base, "id", "")) in _LISTS_OF_HOOKS or (
        isinstance(base, ast.Name) and not file.words.isdisjoint(_LISTS_OF_HOOKS)
    )


def _of_setter(call: ast.Call, name: str, statement: ast.stmt) -> Iterator[Edit]:
    """Yield the edit of `setattr(x, name, value)`, or of `object.__setattr__` and `x.__setattr__` with the same."""
    form, arguments = _SETTERS[name], list(call.args)
    wanted = 3 if form == "setattr" else 2
    if len(arguments) == wanted - 1 and isinstance(call.func, ast.Attribute):
        arguments.insert(0, call.func.value)
    if len(arguments) != wanted or any(isinstance(one, ast.Starred) for one in arguments):
        return
    value = arguments[2] if form == "setattr" else None
    yield Edit(form, call, statement, arguments[0], arguments[1], value, "" if form == "setattr" else "delete")


def _of_dictionary(call: ast.Call, callee: ast.Attribute, statement: ast.stmt) -> Iterator[Edit]:
    base = callee.value
    if callee.attr in {"setdefault", "__setitem__"} and len(call.args) == 2:  # noqa: PLR2004 -- the key and the value
        yield Edit("dict", call, statement, base, call.args[0], call.args[1], is_item=True)
    elif callee.attr in {"pop", "__delitem__"} and call.args:
        yield Edit("dict", call, statement, base, call.args[0], None, "delete", is_item=True)
    elif callee.attr == "update":
        yield from _of_update(call, base, statement)


def _of_update(call: ast.Call, base: ast.expr, statement: ast.stmt) -> Iterator[Edit]:
    given = call.args[0] if call.args else None
    for key, value in zip(given.keys, given.values, strict=True) if isinstance(given, ast.Dict) else ():
        if key is not None:
            yield Edit("dict", call, statement, base, key, value, is_item=True)
    for one in call.keywords:
        if one.arg is not None:
            yield Edit("dict", call, statement, base, one.arg, one.value, is_item=True)
    if given is not None and not isinstance(given, ast.Dict):
        yield Edit("dict", call, statement, base, "*", given, is_item=True)
