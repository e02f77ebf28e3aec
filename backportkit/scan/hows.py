"""Tell what a patch does: replace, wrap, add, delete, or put in and take out again."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from backportkit.scan import missing
from backportkit.scan.values import Instance, Own, Ref, Thunk
from backportkit.source.reader import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.scan.edits import Edit
    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.find import Found
    from backportkit.scan.values import Frame, Value

_MOST = 400
_KEEPING = ("__wrapped__", "__func__")  # attributes by which wrappers keep what they wrap
_FAILURES = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def restores(found: Found, evaluator: Evaluator) -> bool:
    """Tell whether an edit puts back what was there."""
    if found.edit.value is None or found.edit.how:
        return found.edit.how == "restore"
    values = evaluator.values(Thunk(found.edit.value, found.frame))
    originals = {found.place, *(found.place._replace(path=(*found.place.path, name)) for name in _KEEPING)}
    if originals.isdisjoint(values) or any(isinstance(one, Own) for one in values):
        return False
    return not _is_made_of(found, evaluator)


def _is_made_of(found: Found, evaluator: Evaluator) -> bool:
    """Tell whether a function of the project makes the new value of the original, as in `m.f = wrapped(m.f)`."""
    call = found.edit.value
    if not isinstance(call, ast.Call):
        return False
    callees = evaluator.values(Thunk(call.func, found.frame))
    given = [value for one in call.args for value in evaluator.values(Thunk(one, found.frame))]
    return found.place in given and any(isinstance(one, Own) for one in callees)


def binds_module(place: Ref, edit: Edit, values: Sequence[Value]) -> bool:
    """Tell whether a module of `sys.modules` becomes an attribute of its package, as an import has it."""
    of = edit.value.func if isinstance(edit.value, ast.Call) else edit.value
    is_from_modules = isinstance(of, ast.Attribute | ast.Subscript) and ast.unparse(of.value) == "sys.modules"
    return is_from_modules and all(isinstance(one, Ref) and one.dotted == place.dotted for one in values)


def replaces_module(values: Sequence[Value], edit: Edit, at: Frame) -> bool:
    """Tell whether `sys.modules[name] = value` replaces a module that may be there.

    A module that is executed anew, and one that takes the place of a missing package, replace none.
    """
    if edit.how == "delete" or any(_is_made_anew(one) for one in values):
        return False
    return not _is_for_missing(edit.statement, at)


def _is_made_anew(value: Value) -> bool:
    of = value.cls if isinstance(value, Instance) else None
    return isinstance(of, Ref) and of.dotted in {
        "importlib.util.module_from_spec",
        "imp.load_source",
        "types.ModuleType",
    }


def _is_for_missing(statement: ast.AST, at: Frame) -> bool:
    """Tell whether a statement runs only where an import has failed, or a module is not there."""
    for place in at.file.chain(statement):
        if isinstance(place.node, ast.ExceptHandler):
            caught = ast.unparse(place.node.type) if place.node.type is not None else "Exception"
            if any(name in caught for name in _FAILURES):
                return True
        if (
            isinstance(place.node, ast.If)
            and place.block == "body"
            and "not in sys.modules" in ast.unparse(place.node.test)
        ):
            return True
    return False


def judged(found: Found, is_restored: bool, evaluator: Evaluator) -> Found:  # noqa: FBT001 -- what is known of it
    """Return a patch with what it does."""
    if found.how == "toggle" or (is_restored and found.how != "delete"):
        return found._replace(how="toggle")
    if found.how:
        return found
    if _wraps(found, evaluator):
        return found._replace(how="wrap")
    return found._replace(how="add" if _adds(found) else "replace")


def _adds(found: Found) -> bool:
    """Tell whether nothing of the name was there, as far as the guard or Python itself says."""
    if found.place.module == "builtins" and len(found.place.path) == 1 and not found.is_item:
        return not hasattr(builtins, found.place.path[0])
    name = (found.place.path or ("",))[-1]
    for place in found.frame.file.chain(found.edit.statement):
        if isinstance(place.node, FUNCTIONS):
            return False
        if isinstance(place.node, ast.If) and place.block in {"body", "orelse"}:
            if missing.says(place.node.test, name, holds=place.block == "body"):
                return True
        elif isinstance(place.node, ast.ExceptHandler) and place.node.type is not None:
            return missing.is_caught(found.frame.file.chain(place.node), place.node, name)
    return False


def _wraps(found: Found, evaluator: Evaluator) -> bool:
    """Tell whether the new value uses what was there."""
    if found.edit.value is None:
        return False
    thunk = Thunk(found.edit.value, found.frame)
    if isinstance(found.edit.statement, ast.AugAssign) or _reads(thunk.node, thunk.frame, found.place, evaluator):
        return True
    for value in evaluator.values(thunk):
        call = value.call if isinstance(value, Instance) else None
        if call is not None and _reads(call.node, call.frame, found.place, evaluator):
            return True
        own = value.cls if isinstance(value, Instance) else value
        if isinstance(own, Own) and isinstance(own.node, (*FUNCTIONS, ast.Lambda)):
            inner = own.frame._replace(scope=own.node, at=None)
            if _reads(own.node, inner, found.place, evaluator):
                return True
    return False


def _reads(node: ast.AST, frame: Frame, place: Ref, evaluator: Evaluator) -> bool:
    """Tell whether an expression or a function reads what a patch changes, or a name that keeps it."""
    for one, _ in zip(ast.walk(node), range(_MOST), strict=False):
        is_read = isinstance(one, ast.Name | ast.Attribute) and isinstance(one.ctx, ast.Load)
        if is_read and place in evaluator.values(Thunk(one, frame)):  # type: ignore[arg-type]
            return True
    return False
