"""Follow dotted names that a loop or `reduce` walks, one attribute after the other."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.scan import tables
from backportkit.scan.values import Hole, Thunk, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.scan.binders import Binder
    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.values import Frame, Value

_PARTS = 2  # the arguments of getattr that count: the object and the name


def of_loop(evaluator: Evaluator, binder: Binder, name: str, frame: Frame) -> list[Value]:
    """Return what `for part in parts: name = getattr(name, part)` makes of a name; nothing for any other statement."""
    loop = _loop(binder, name, frame)
    if loop is None:
        return []
    at = frame._replace(scope=frame.file.scope(loop), at=loop)
    first = evaluator.values(Thunk(ast.Name(name, ast.Load()), at))
    return walked(evaluator, first, Thunk(loop.iter, at))


def _loop(binder: Binder, name: str, frame: Frame) -> ast.For | None:
    call = binder.value
    if not isinstance(call, ast.Call) or getattr(call.func, "id", "") != "getattr" or len(call.args) < _PARTS:
        return None
    read, part = (getattr(one, "id", None) for one in call.args[:_PARTS])
    loops = (place.node for place in frame.file.chain(binder.statement) if isinstance(place.node, ast.For))
    return next((one for one in loops if read == name and getattr(one.target, "id", "") == part), None)


def walked(evaluator: Evaluator, first: Iterable[Value], parts: Thunk) -> list[Value]:
    """Return the attributes of objects at the end of a way of names; the name that has the way if it is not known."""
    ways = evaluator.values(parts)
    found: list[Value] = [one for one in ways if isinstance(one, Hole)]
    if found:
        return found[:1]
    for way in ways:
        ends = list(first)
        for row in tables.of_value(way, parts):
            names = [text for one in evaluator.values(row) if (text := text_of(one))]
            ends = [end for one in ends for name in names for end in evaluator.attribute(one, name)]
        found += ends
    return found
