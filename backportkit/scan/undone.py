"""Tell which patches are taken out again, and which statements take them out."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from backportkit.source.reader import DEFINITIONS, FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.scan.file import File
    from backportkit.scan.find import Found

_UNDOING = re.compile(
    r"^_*(?:un_?(?:wrap|patch|instrument|install|hook|do|apply|set)|restore|revert|deactivate|disable|teardown|stop)"
    r"|^__a?exit__$"
)
_ENTERING, _LEAVING = frozenset({"__enter__", "__aenter__"}), frozenset({"__exit__", "__aexit__"})
_OF_CONTEXTS = re.compile(r"(?:^|\.)(?:async)?contextmanager$|(?:^|\.)fixture\b")


def is_undoing(found: Found) -> bool:
    """Tell whether an edit stands in a function that undoes by its name, or is made by a call of one."""
    own = _functions(found.frame.file, found.edit.statement)
    called = [getattr(one.hole.scope, "name", "") for one in found.sites]
    around = [name for one in found.sites if one.statement is not None for name in _functions(one.file, one.statement)]
    return any(_UNDOING.match(name) for name in (*own, *called, *around))


def _functions(file: File, statement: ast.AST) -> Iterator[str]:
    return (place.node.name for place in file.chain(statement) if isinstance(place.node, FUNCTIONS))


def is_undone(found: Found, restoring: Sequence[Found]) -> bool:
    """Tell whether the function or class that puts a patch in takes it out, too.

    One that another function takes out, as `unpatch()` does, stays until somebody calls that. An import hook may be
    taken out by any function of the file.
    """
    outer = _outermost(found)
    same = [one for one in restoring if one.place == found.place]
    return any(found.form == "import-hook" or _outermost(one) is outer for one in same)


def _outermost(found: Found) -> ast.AST:
    """Return the function or class at the top of the file that an edit stands in; the module outside of these."""
    file = found.frame.file
    nodes = [place.node for place in file.chain(found.edit.statement) if isinstance(place.node, DEFINITIONS)]
    return nodes[-1] if nodes else file.tree


def is_never(found: Found) -> bool:
    """Tell whether a patch is put in for the length of a context, at whose end nothing takes it out.

    Ends that do anything are believed to: what a helper of theirs does is not followed.
    """
    if found.how == "toggle" or found.edit.how:
        return False
    file = found.frame.file
    function = file.function(found.edit.statement)
    if function is None:
        return False
    if function.name in _ENTERING:
        exits = [one for one in getattr(file.scope(function), "body", []) if getattr(one, "name", "") in _LEAVING]
        return len(exits) == 1 and all(_is_idle(one) for one in exits[0].body)
    return any(_is_of_contexts(one) for one in function.decorator_list) and _ends_with_yield(function.body)


def _is_of_contexts(decorator: ast.expr) -> bool:
    return _OF_CONTEXTS.search(ast.unparse(decorator).partition("(")[0]) is not None


def _ends_with_yield(body: Sequence[ast.stmt]) -> bool:
    return isinstance(body[-1], ast.Expr) and isinstance(body[-1].value, ast.Yield)


def _is_idle(statement: ast.stmt) -> bool:
    """Tell whether a statement does nothing: a docstring, `pass`, or the return of a constant."""
    value = getattr(statement, "value", None)
    return isinstance(statement, ast.Pass | ast.Expr | ast.Return) and (
        value is None or isinstance(value, ast.Constant)
    )
