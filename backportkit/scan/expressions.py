"""Tell what each kind of expression may be, one function for each."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from backportkit.scan import calls, methods, tables, written
from backportkit.scan.binders import unpacked
from backportkit.scan.values import (
    Attribute,
    Bindings,
    Constant,
    Given,
    Hole,
    Instance,
    Own,
    Pairs,
    Part,
    Ref,
    Rows,
    Thunk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.values import Frame, Value

_Comprehension = ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp
MOST = 200  # values that are followed
_SIDES = 2
_COMPARING: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _name(evaluator: Evaluator, node: ast.Name, frame: Frame) -> Iterator[Value]:
    yield from evaluator.name(node.id, frame)


def _given(_: Evaluator, node: Given, __: Frame) -> Iterator[Value]:
    yield from node.values


def _attribute(evaluator: Evaluator, node: ast.Attribute, frame: Frame) -> Iterator[Value]:
    for value in evaluator.values(Thunk(node.value, frame)):
        yield from evaluator.attribute(value, node.attr)


def _constant(_: Evaluator, node: ast.Constant, __: Frame) -> Iterator[Value]:
    yield Constant(node.value)


def _rows(evaluator: Evaluator, node: ast.Tuple | ast.List | ast.Set, frame: Frame) -> Iterator[Value]:
    items: list[Thunk] = []
    for one in node.elts:
        if isinstance(one, ast.Starred):
            items += tables.rows(evaluator, Thunk(one.value, frame))
        else:
            items.append(Thunk(one, frame))
    yield Rows(tuple(items))


def _pairs(evaluator: Evaluator, node: ast.Dict, frame: Frame) -> Iterator[Value]:
    found: list[tuple[Thunk, Thunk]] = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            found.append((Thunk(key, frame), Thunk(value, frame)))
        else:
            inner = [one for one in evaluator.values(Thunk(value, frame)) if isinstance(one, Pairs)]
            found += [pair for one in inner for pair in zip(one.keys, one.values, strict=True)]
    yield Pairs(tuple(key for key, _ in found), tuple(value for _, value in found))


def _either(evaluator: Evaluator, node: ast.IfExp, frame: Frame) -> Iterator[Value]:
    yield from evaluator.values(Thunk(node.body, frame))
    yield from evaluator.values(Thunk(node.orelse, frame))


def _any(evaluator: Evaluator, node: ast.BoolOp, frame: Frame) -> Iterator[Value]:
    for one in node.values:
        yield from evaluator.values(Thunk(one, frame))


def _walrus(evaluator: Evaluator, node: ast.NamedExpr, frame: Frame) -> Iterator[Value]:
    yield from evaluator.values(Thunk(node.value, frame))


def _joined(evaluator: Evaluator, node: ast.JoinedStr, frame: Frame) -> Iterator[Value]:
    parts = [one.value if isinstance(one, ast.FormattedValue) else one for one in node.values]
    texts: list[str] = [""]
    for one in parts:
        values = evaluator.values(Thunk(one, frame))
        if holes := [value for value in values if isinstance(value, Hole)]:
            yield holes[0]
            return
        found = [str(value.value) for value in values if isinstance(value, Constant)]
        texts = [before + text for before in texts for text in found][:MOST]
    yield from (Constant(text) for text in texts)


def _sum(evaluator: Evaluator, node: ast.BinOp, frame: Frame) -> Iterator[Value]:
    left, right = (evaluator.values(Thunk(one, frame)) for one in (node.left, node.right))
    for one in left:
        for other in right:
            yield from written.combined(node.op, one, other)


def _negated(evaluator: Evaluator, node: ast.UnaryOp, frame: Frame) -> Iterator[Value]:
    """Yield a number below zero, as the indices of last items are."""
    for value in evaluator.values(Thunk(node.operand, frame)) if isinstance(node.op, ast.USub) else ():
        if isinstance(value, Constant) and isinstance(value.value, int | float):
            yield Constant(-value.value)


def _item(evaluator: Evaluator, node: ast.Subscript, frame: Frame) -> Iterator[Value]:
    if isinstance(node.slice, ast.Slice):
        yield from _slice(evaluator, node.value, node.slice, frame)
        return
    keys = evaluator.values(Thunk(node.slice, frame))
    for value in evaluator.values(Thunk(node.value, frame)):
        if isinstance(value, Hole):
            yield value
        for key in keys:
            yield from [key] if isinstance(key, Hole) else methods.item(evaluator, value, key)


def _slice(evaluator: Evaluator, of: ast.expr, part: ast.Slice, frame: Frame) -> Iterator[Value]:
    """Yield the items of a table or a text, or the first ones of something else."""
    lower, upper = (_number(evaluator, one, frame) for one in (part.lower, part.upper))
    is_known = (lower is None) == (part.lower is None) and (upper is None) == (part.upper is None) and part.step is None
    for value in evaluator.values(Thunk(of, frame)):
        if isinstance(value, Hole):
            yield value
        elif isinstance(value, Ref | Instance | Attribute | Part):
            yield Part(value, None, upper, lower)
        elif is_known and isinstance(value, Rows):
            yield Rows(value.items[lower:upper])
        elif is_known and isinstance(value, Constant) and isinstance(value.value, str | tuple):
            yield Constant(value.value[lower:upper])


def _number(evaluator: Evaluator, node: ast.expr | None, frame: Frame) -> int | None:
    found = [] if node is None else evaluator.values(Thunk(node, frame))
    return next((one.value for one in found if isinstance(one, Constant) and isinstance(one.value, int)), None)


def _comprehension(
    evaluator: Evaluator, node: ast.GeneratorExp | ast.ListComp | ast.SetComp, frame: Frame
) -> Iterator[Value]:
    """Yield what is known of the items where a comprehension makes others of them, as integers of a version."""
    found = evaluator.values(Thunk(node.generators[0].iter, frame))
    yield from (value for value in found if isinstance(value, Instance | Attribute | Part | Hole))
    frames = _of_rows(evaluator, node, frame)
    if frames:
        yield Rows(tuple(Thunk(node.elt, one) for one in frames))


def _of_rows(evaluator: Evaluator, node: _Comprehension, frame: Frame) -> list[Frame]:
    """Return the frame of each row that a comprehension of one loop makes an item of."""
    (first, *more) = node.generators
    rows = [] if more else tables.rows(evaluator, Thunk(first.iter, frame))
    names = [(name, at) for name, at, _ in unpacked(first.target, None, ())]
    found = []
    for row in rows[:MOST]:
        bound = Bindings(frame.bound)
        for name, at in names:
            bound[frame.scope, name] = bound[first, name] = row._replace(position=(*row.position, *at))
        found.append(frame._replace(bound=bound))
    return found


def _dict_comprehension(evaluator: Evaluator, node: ast.DictComp, frame: Frame) -> Iterator[Value]:
    frames = _of_rows(evaluator, node, frame)
    yield Pairs(tuple(Thunk(node.key, one) for one in frames), tuple(Thunk(node.value, one) for one in frames))


def _compare(evaluator: Evaluator, node: ast.Compare, frame: Frame) -> Iterator[Value]:
    """Yield whether a comparison of two known values holds."""
    sides = [evaluator.values(Thunk(one, frame)) for one in (node.left, *node.comparators)]
    known = [one[0].value for one in sides if len(one) == 1 and isinstance(one[0], Constant)]
    compare = _COMPARING.get(type(node.ops[0]))
    if len(known) == len(sides) == _SIDES and compare is not None:
        try:
            yield Constant(bool(compare(*known)))
        except TypeError:
            return


def _lambda(_: Evaluator, node: ast.Lambda, frame: Frame) -> Iterator[Value]:
    yield Own(node, frame)


def _call(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Iterator[Value]:
    yield from calls.returned(evaluator, node, frame)


HOW: dict[type[ast.AST], Callable[[Evaluator, Any, Frame], Iterator[Value]]] = {
    ast.Name: _name,
    Given: _given,
    ast.Attribute: _attribute,
    ast.Constant: _constant,
    ast.Tuple: _rows,
    ast.List: _rows,
    ast.Set: _rows,
    ast.Dict: _pairs,
    ast.IfExp: _either,
    ast.BoolOp: _any,
    ast.NamedExpr: _walrus,
    ast.JoinedStr: _joined,
    ast.BinOp: _sum,
    ast.Subscript: _item,
    ast.GeneratorExp: _comprehension,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _dict_comprehension,
    ast.Compare: _compare,
    ast.UnaryOp: _negated,
    ast.Lambda: _lambda,
    ast.Call: _call,
}
