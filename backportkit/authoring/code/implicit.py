"""Tell which special methods of its instance a method uses without naming them: `x in self` is `__contains__`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# https://docs.python.org/3/reference/datamodel.html#special-method-names
_BY_CALL = {
    **{name: f"__{name}__" for name in ("abs", "bool", "bytes", "complex", "dir", "float", "format", "hash", "int")},
    **{name: f"__{name}__" for name in ("iter", "len", "next", "repr", "reversed", "round", "str")},
    **dict.fromkeys(("all", "any", "enumerate", "frozenset", "list", "max", "min"), "__iter__"),
    **dict.fromkeys(("set", "sorted", "sum", "tuple", "dict", "filter", "map", "zip"), "__iter__"),
}
_OF_ITEMS: dict[type[ast.expr_context], str] = {
    ast.Load: "__getitem__",
    ast.Store: "__setitem__",
    ast.Del: "__delitem__",
}
_COMPARED: dict[type[ast.cmpop], str] = {
    ast.Eq: "__eq__",
    ast.NotEq: "__ne__",
    ast.Lt: "__lt__",
    ast.LtE: "__le__",
    ast.Gt: "__gt__",
    ast.GtE: "__ge__",
}
_OPERATED: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.BitOr: "or",
    ast.BitAnd: "and",
    ast.BitXor: "xor",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
}
_TESTED = ast.If | ast.IfExp | ast.While | ast.Assert


def is_special(name: str) -> bool:
    """Tell whether a name is that of a special method, which no method sets: a class or one of its bases has it."""
    return name.startswith("__") and name.endswith("__")


def of(node: ast.AST, own: str) -> set[str]:
    """Return the special methods that the code of a function uses of what it calls `own`."""
    return {name for one in ast.walk(node) for name, of_what in _uses(one) if _is_named(of_what, own)} if own else set()


def _is_named(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _uses(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    """Yield the special methods that a part of code uses, each with the expression that it is used of."""
    if isinstance(node, ast.Call):
        yield "__call__", node.func
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        yield from ((_BY_CALL[name], one) for one in node.args if name in _BY_CALL)
    elif isinstance(node, ast.Subscript):
        yield _OF_ITEMS[type(node.ctx)], node.value
    elif isinstance(node, ast.Compare):
        yield from _of_comparison(node)
    elif isinstance(node, ast.BinOp):
        yield f"__{_OPERATED[type(node.op)]}__", node.left
        yield f"__r{_OPERATED[type(node.op)]}__", node.right
    elif isinstance(node, ast.AugAssign):
        yield from ((f"__{kind}{_OPERATED[type(node.op)]}__", node.target) for kind in ("i", ""))
    else:
        yield from _of_statement(node)


def _of_comparison(node: ast.Compare) -> Iterator[tuple[str, ast.AST]]:
    for left, sign, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
        if isinstance(sign, ast.In | ast.NotIn):
            yield "__contains__", right
        elif type(sign) in _COMPARED:
            yield from ((_COMPARED[type(sign)], one) for one in (left, right))


def _of_statement(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    if isinstance(node, ast.AsyncFor) or (isinstance(node, ast.comprehension) and node.is_async):
        yield "__aiter__", node.iter
    elif isinstance(node, ast.For | ast.comprehension):
        yield "__iter__", node.iter
    elif isinstance(node, ast.Starred | ast.YieldFrom):
        yield "__iter__", node.value
    elif isinstance(node, ast.Await):
        yield "__await__", node.value
    elif isinstance(node, ast.With | ast.AsyncWith):
        letter = "a" if isinstance(node, ast.AsyncWith) else ""
        yield from ((f"__{letter}{end}__", one.context_expr) for one in node.items for end in ("enter", "exit"))
    elif isinstance(node, _TESTED):
        yield from (("__bool__", node.test), ("__len__", node.test))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from (("__bool__", node.operand), ("__len__", node.operand))
    elif isinstance(node, ast.FormattedValue):
        yield from (("__format__", node.value), ("__str__", node.value))
