"""Tell whether a condition says that something of a name is missing, so that a patch adds it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.scan.reaching import Above

_LISTING = frozenset({"dir", "vars"})
_WITH_DEFAULT = 3  # the arguments of getattr


def says(test: ast.expr, name: str, *, holds: bool) -> bool:
    """Tell whether a test that holds, or does not, says that an object has no attribute of a name."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return says(test.operand, name, holds=not holds)
    if isinstance(test, ast.BoolOp):
        is_sure = isinstance(test.op, ast.And) == holds  # all parts hold, or none does
        return is_sure and any(says(one, name, holds=holds) for one in test.values)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _compared(test, name, holds=holds)
    return not holds and _looks_for(test, name)


def _compared(test: ast.Compare, name: str, *, holds: bool) -> bool:
    """Tell it of `getattr(x, "name", None) is None` and `"name" not in vars(x)`."""
    operator, right = test.ops[0], test.comparators[0]
    if isinstance(operator, ast.Is | ast.Eq if holds else ast.IsNot | ast.NotEq):
        return _gets(test.left, name) and isinstance(right, ast.Constant) and right.value is None
    if isinstance(operator, ast.NotIn if holds else ast.In):
        return _is(test.left, name) and _lists(right)
    return False


def _looks_for(test: ast.expr, name: str) -> bool:
    """Tell whether a test looks whether an attribute is there: by `hasattr`, `getattr`, or `callable` of that."""
    if not isinstance(test, ast.Call):
        return False
    callee = getattr(test.func, "id", "")
    if callee in {"callable", "bool"} and test.args:
        return _looks_for(test.args[0], name)
    return _gets(test, name) or (callee == "hasattr" and len(test.args) > 1 and _is(test.args[1], name))


def _gets(node: ast.expr, name: str) -> bool:
    is_get = (
        isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr" and len(node.args) == _WITH_DEFAULT
    )
    return is_get and _is(node.args[1], name) and not getattr(node.args[2], "value", True)  # type: ignore[attr-defined]


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == name


def _lists(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "__dict__"
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in _LISTING


def is_caught(around: Iterable[Above], handler: ast.ExceptHandler, name: str) -> bool:
    """Tell whether a handler runs where an attribute is missing, or an import of that name fails."""
    caught = "" if handler.type is None else ast.unparse(handler.type)
    if "AttributeError" in caught:
        return True
    tried = next((one.node for one in around if isinstance(one.node, ast.Try) and handler in one.node.handlers), None)
    if tried is None or not ("ImportError" in caught or "ModuleNotFoundError" in caught):
        return False
    imports = [one for statement in tried.body for one in ast.walk(statement) if isinstance(one, ast.ImportFrom)]
    return any(alias.name == name for one in imports for alias in one.names)
