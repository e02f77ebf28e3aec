"""Tell which patches are taken out again, and which statements take them out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backportkit.source.reader import DEFINITIONS, FUNCTIONS

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Sequence

    from backportkit.scan.file import File
    from backportkit.scan.find import Found

_UNDOING = re.compile(
    r"^_*(?:un_?(?:wrap|patch|instrument|install|hook|do|apply|set)|restore|revert|deactivate|disable|teardown|stop)"
    r"|^__a?exit__$"
)


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
