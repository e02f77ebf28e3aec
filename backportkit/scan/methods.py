"""Tell what methods of texts and tables return, and what tables have under a key."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.scan import tables
from backportkit.scan.values import (
    UNKNOWN,
    Attribute,
    Constant,
    Contents,
    Given,
    Hole,
    Instance,
    Pairs,
    Part,
    Ref,
    Rows,
    Several,
    Thunk,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.values import Frame, Value

_OF_TEXT = frozenset(
    {
        "format",
        "join",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rpartition",
        "rsplit",
    }
    | {"rstrip", "split", "strip", "upper"}
)
_SYS_MODULES = Ref("sys", ("modules",))


def returned(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    """Yield what a call of a method may return."""
    if not isinstance(node.func, ast.Attribute):
        return
    for value in evaluator.values(Thunk(node.func.value, frame)):
        if isinstance(value, Constant) and isinstance(value.value, str) and node.func.attr in _OF_TEXT:
            yield from _of_text(evaluator, value.value, node, frame)
        elif isinstance(value, Pairs):
            yield from _of_pairs(evaluator, value, node, frame)
        elif value == _SYS_MODULES and node.func.attr in {"items", "values"}:
            yield from _of_contents(evaluator, Contents(Ref(UNKNOWN)), node, frame)
        elif isinstance(value, Contents) and node.func.attr in {"items", "keys", "values"}:
            yield from _of_contents(evaluator, value, node, frame)
        elif isinstance(value, Ref | Instance) and node.func.attr == "copy" and not node.args:
            yield Instance(value)


def _of_text(evaluator: Evaluator, text: str, node: ast.Call, frame: Frame) -> Iterator[Value]:
    values = [evaluator.values(Thunk(one, frame)) for one in node.args]
    if holes := [one for every in values for one in every if isinstance(one, Hole)]:
        yield holes[0]
        return
    given = [one[0].value for one in values if one and isinstance(one[0], Constant)]
    if len(given) < len(values) or node.keywords:
        return
    assert isinstance(node.func, ast.Attribute)
    try:
        yield Constant(_hashable(getattr(text, node.func.attr)(*given)))
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError, MemoryError):
        return


def _hashable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _of_pairs(evaluator: Evaluator, value: Pairs, node: ast.Call, frame: Frame) -> Iterator[Value]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name == "items":
        pairs = zip(value.keys, value.values, strict=True)
        yield Rows(tuple(Thunk(Given([Several(pair)], pair[0].node), frame) for pair in pairs))
    elif name in {"keys", "values"}:
        yield Rows(value.keys if name == "keys" else value.values)
    elif name in {"get", "pop", "setdefault"} and node.args:
        for key in evaluator.values(Thunk(node.args[0], frame)):
            yield from item(evaluator, value, key)


def _of_contents(evaluator: Evaluator, value: Contents, node: ast.Call, frame: Frame) -> Iterator[Value]:
    """Yield what `vars(x).items()` and the like return: one row, of a name that nobody can tell."""
    pairs = tables.members(evaluator, value.of, node, frame)
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    index = {"keys": 0, "values": 1}.get(name)
    yield Rows(tuple(one if index is None else one._replace(position=(index,)) for one in pairs))


def item(evaluator: Evaluator, value: Value, key: Value) -> Iterator[Value]:
    """Yield what an object has under a key."""
    text = text_of(key)
    if value == _SYS_MODULES and text:
        yield from evaluator.module(text)
    elif isinstance(value, Contents) and text:
        yield from evaluator.attribute(value.of, text)
    elif isinstance(value, Pairs):
        for one, found in zip(value.keys, value.values, strict=True):
            keys = evaluator.values(one)
            if key in keys or isinstance(key, Hole) or any(isinstance(other, Hole) for other in keys):
                yield from evaluator.values(found)
    elif isinstance(value, Rows | Several | Constant) and isinstance(key, Constant) and isinstance(key.value, int):
        yield from evaluator.part(value, key.value)
    elif (
        isinstance(value, Ref | Attribute | Part | Instance)
        and isinstance(key, Constant)
        and isinstance(key.value, int)
    ):
        yield Part(value, key.value, None)
    elif isinstance(value, Ref) and value.path[-1:] and value.path[-1][:1].isupper() and text is None:
        yield value
