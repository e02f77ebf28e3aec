"""Tell whether a condition says that something of a name is missing, so that a patch adds it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from backportkit.scan.values import Ref, Thunk, text_of
from backportkit.source.reader import absolute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.scan.conditions import Caught
    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.file import File
    from backportkit.scan.reaching import Above
    from backportkit.scan.values import Frame

_LISTING = frozenset({"dir", "vars"})
_WITH_DEFAULT = 3  # the arguments of getattr


class Look(NamedTuple):
    """A test that looks whether something has a name.

    Attributes:
        of: The object.
        name: The name.
        has_it: True if the object has it where the test holds; else it lacks it then.
        is_by_value: True if the test is about the value, so that one that is false counts as missing.
    """

    of: ast.expr
    name: ast.expr
    has_it: bool
    is_by_value: bool = False


def says(test: ast.expr, name: str, *, holds: bool) -> bool:
    """Tell whether a test that holds, or does not, says that an object has no attribute of a name."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return says(test.operand, name, holds=not holds)
    if isinstance(test, ast.BoolOp):
        is_sure = isinstance(test.op, ast.And) == holds  # all parts hold, or none does
        return is_sure and any(says(one, name, holds=holds) for one in test.values)
    found = look(test)
    return found is not None and found.has_it != holds and getattr(found.name, "value", None) == name


def look(test: ast.expr) -> Look | None:
    """Return what a test looks for: by `hasattr`, `getattr`, `callable` of that, or `in`; None if it does not."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _compared(test.left, test.ops[0], test.comparators[0])
    if not isinstance(test, ast.Call) or not test.args:
        return None
    callee = getattr(test.func, "id", "")
    if callee in {"callable", "bool"}:
        return look(test.args[0])
    if callee == "hasattr" and len(test.args) > 1:
        return Look(test.args[0], test.args[1], True)
    return _got(test)


def _compared(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Look | None:
    """Return what `getattr(x, "name", None) is None` and `"name" not in vars(x)` look for."""
    if isinstance(operator, ast.In | ast.NotIn):
        of = _listed(right)
        return None if of is None else Look(of, left, isinstance(operator, ast.In))
    found = _got(left)
    is_compared = isinstance(right, ast.Constant) and right.value is None
    if found is None or not is_compared or not isinstance(operator, ast.Is | ast.Eq | ast.IsNot | ast.NotEq):
        return None
    return found._replace(has_it=isinstance(operator, ast.IsNot | ast.NotEq))


def _got(node: ast.expr) -> Look | None:
    """Return what `getattr(x, "name", None)` looks for."""
    is_get = (
        isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr" and len(node.args) == _WITH_DEFAULT
    )
    if not is_get or getattr(node.args[2], "value", True):  # type: ignore[attr-defined]
        return None
    return Look(node.args[0], node.args[1], True, is_by_value=True)  # type: ignore[attr-defined]


def _listed(node: ast.expr) -> ast.expr | None:
    """Return the object whose names `dir(x)`, `vars(x)` or `x.__dict__` lists."""
    if isinstance(node, ast.Attribute):
        return node.value if node.attr == "__dict__" else None
    is_listing = isinstance(node, ast.Call) and getattr(node.func, "id", "") in _LISTING
    return node.args[0] if is_listing and node.args else None  # type: ignore[attr-defined]


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


# --- what is looked for ---


def places(found: Look, frame: Frame, evaluator: Evaluator) -> list[Ref] | None:
    """Return what a test looks for; None if some of it is not known, or is the project's."""
    names = [text_of(one) for one in evaluator.values(Thunk(found.name, frame))]
    bases = evaluator.values(Thunk(found.of, frame))
    refs = [one for one in bases if isinstance(one, Ref)]
    if len(refs) < len(bases) or None in names:
        return None
    return [one._replace(path=(*one.path, name)) for one in refs for name in names if name]


def tried(caught: Caught, evaluator: Evaluator) -> list[Ref] | None:
    """Return what was imported or read in a `try`; None if anything else may have raised what is handled."""
    found: list[Ref] = []
    for statement in caught.tried:
        one = _tried(statement, caught, evaluator)
        if one is None and caught.is_raised:
            return None
        found += one or []
    return found


def _tried(statement: ast.stmt, caught: Caught, evaluator: Evaluator) -> list[Ref] | None:
    """Return what a statement imports or reads, as far as what is handled may come of it; None if it does more."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return _imported(statement, caught.frame.file, evaluator) if caught.types != "AttributeError" else []
    if any(isinstance(one, ast.Call | ast.stmt | ast.Subscript) for one in _inner(statement)):
        return None
    if "AttributeError" not in caught.types:
        return []
    at = caught.frame._replace(at=statement)
    read = [one for one in ast.walk(statement) if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Load)]
    values = [value for one in read for value in evaluator.values(Thunk(one, at))]
    return [one for one in values if isinstance(one, Ref)]


def _inner(statement: ast.stmt) -> Iterator[ast.AST]:
    return (one for one in ast.walk(statement) if one is not statement)


def _imported(statement: ast.Import | ast.ImportFrom, file: File, evaluator: Evaluator) -> list[Ref] | None:
    if isinstance(statement, ast.Import):
        found = [Ref(one.name) for one in statement.names]
    else:
        module = absolute(file.package, statement)
        found = [Ref(module, () if one.name == "*" else (one.name,)) for one in statement.names]
    return None if any(evaluator.project.is_own(one.module) for one in found) else found
