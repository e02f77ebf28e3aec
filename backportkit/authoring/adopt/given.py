"""Find the definition or the expression that a patch by hand puts in the place of its target."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from backportkit.authoring.adopt.needs import part
from backportkit.authoring.asked import by_hand
from backportkit.authoring.releases.spans import NothingToWriteError
from backportkit.scan.evaluate import Bound
from backportkit.scan.values import UNKNOWN, Own, Several, Thunk
from backportkit.source.reader import DEFINITIONS

if TYPE_CHECKING:
    from backportkit.scan.binders import Binder
    from backportkit.scan.locate import Located
    from backportkit.scan.values import Frame

Definition: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef"
RUN_TIME = "its value is made as the program runs"
_MOST = 20  # names that lead to each other
# By form or manner: the reason why nothing can be taken over, and what to do.
_WITHOUT_BODY = {
    "import-hook": ("an import hook is how other patches are made", "adopt those, at the lines that make them"),
    "source-rewrite": (
        "it rewrites source, of which no function is left to take",
        "`backportkit new` writes the functions that upstream has changed",
    ),
    "sys.modules": ("it puts a whole module into sys.modules", "write an edit for each name in it: docs/edits.md"),
    "delete": ("it deletes, and no edit of a declared patch does that", "put something else there, such as None"),
}
_UNFIT = frozenset({"__bases__", "__class__", "__defaults__", "__kwdefaults__", "__dict__"})


class Given(NamedTuple):
    """A definition or an expression, and the place that it is read at."""

    node: Definition | ast.expr
    frame: Frame


def of(located: Located) -> Given:
    """Return what a patch puts there. Raises NothingToWriteError if that has no body."""
    _check(located)
    decorated = _decorated(located)
    if decorated is not None:
        return decorated
    value = _value(located)
    if value is None:
        raise refused(located, "no value is given that would be put there")
    return _led(located, Thunk(value, located.found.frame))


def refused(located: Located, why: str, way: str = by_hand.WAY) -> NothingToWriteError:
    """Return the error that a patch cannot be taken over."""
    file, line = located.found.file, located.found.line
    return NothingToWriteError(
        f"the patch at {file.text.path}:{line} cannot be taken over: {why}",
        target=located.facts.target,
        found=file.source.split("\n")[line - 1].strip(),
        next_step=way,
    )


def _check(located: Located) -> None:
    found, path = located.found, located.facts.path
    kinds = (found.form, found.edit.form, found.how, *(() if path else ("sys.modules",)))
    known = next((_WITHOUT_BODY[kind] for kind in kinds if kind in _WITHOUT_BODY), None)
    if known is not None:
        raise refused(located, *known)
    names = [*located.facts.module.split("."), *(path[:-1] if found.is_item else path)]
    if path[-1] != "*" and (UNKNOWN in names or names[0].startswith("__")):
        raise refused(located, "its target is known as the program runs", "name the class or module that has it")
    if path[-1] in _UNFIT:
        raise refused(located, f"nothing but {path[-1]} is set")
    if path[-1] == "*":
        raise refused(located, "it sets keys that are known as the program runs")


def _decorated(located: Located) -> Given | None:
    """Return the definition that is decorated with the patch; None if it is made otherwise."""
    found, edit = located.found, located.found.edit
    if isinstance(edit.node, DEFINITIONS):
        return Given(edit.node, found.frame._replace(scope=found.frame.file.scope(edit.node)))
    site = next((one for one in found.sites if one.kind == "decorator"), None)
    if site is not None and isinstance(site.statement, DEFINITIONS):
        scope = site.file.scope(site.statement)
        return Given(site.statement, found.frame._replace(file=site.file, scope=scope, at=site.statement))
    if edit.value is None and isinstance(edit.statement, DEFINITIONS):
        return Given(edit.statement, found.frame)
    return None


def _value(located: Located) -> ast.expr | None:
    """Return the expression of the value, as it is written at the edit."""
    edit = located.found.edit
    if edit.form == "code-swap":
        if isinstance(edit.value, ast.Attribute) and edit.value.attr == "__code__":
            return edit.value.value
        raise refused(located, "only the code of a function that is written down can be swapped")
    if isinstance(edit.statement, ast.AugAssign):
        target = ast.parse(ast.unparse(edit.statement.target), mode="eval").body
        return ast.BinOp(target, edit.statement.op, edit.statement.value)
    if edit.value is None and isinstance(edit.node, ast.Call):
        return next((one.value for one in edit.node.keywords if one.arg == "new"), None)
    return edit.value


# --- names ---


def _led(located: Located, thunk: Thunk) -> Given:
    """Follow names to the definition or the expression that they stand for."""
    for _ in range(_MOST):
        thunk = _part(located, thunk)
        node, frame = thunk.node, thunk.frame
        if not isinstance(node, ast.Name):
            break
        bound = located.evaluator.bound(node.id, frame)
        binder = only(bound)
        if isinstance(bound, Thunk):
            thunk = bound
        elif bound is None or binder is None or not isinstance(binder.value, ast.Name | ast.Constant):
            return _only_definition(located, node, frame)
        else:
            at = frame._replace(scope=bound.scope, at=binder.statement)
            thunk = Thunk(binder.value, at, binder.position)
    return Given(thunk.node, thunk.frame)


def only(bound: Thunk | Bound | None) -> Binder | None:
    """Return the one statement that binds a name; None if there are several, or none."""
    binders = bound.binders if isinstance(bound, Bound) else ()
    return binders[0] if len(binders) == 1 else None


def _only_definition(located: Located, node: ast.Name, frame: Frame) -> Given:
    """Return the one definition that a name stands for, such as one that is imported; else the name."""
    values = located.evaluator.values(Thunk(node, frame))
    own = [one for one in values if isinstance(one, Own) and isinstance(one.node, DEFINITIONS)]
    if len(own) > 1:
        lines = " and ".join(map(str, sorted(getattr(one.node, "lineno", 0) for one in own)))
        raise refused(located, f"it is one of {len(own)} definitions, in lines {lines}, as the program decides")
    if len(values) == len(own) == 1 and not isinstance(own[0].frame.file.scope(own[0].node), ast.ClassDef):
        return Given(own[0].node, own[0].frame)  # type: ignore[arg-type]
    return Given(node, frame)


def _part(located: Located, thunk: Thunk) -> Thunk:
    """Return the expression of a part of what is written out, such as a row of a table."""
    thunk = part(thunk)
    if not thunk.position:
        return thunk
    values = located.evaluator.values(thunk._replace(position=()))
    parts = [one for one in values if isinstance(one, Several)]
    if len(parts) != 1:
        raise refused(located, RUN_TIME)
    first, *others = thunk.position
    inner = parts[0].parts[first]
    return _part(located, inner._replace(position=(*inner.position, *others)))
