"""BK218 for code that is changed in place: find refusals that source tells for certain."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.check import replacements, values
from backportkit.engine import edits, swaps
from backportkit.layers import code_place
from backportkit.source.found import Kind

if TYPE_CHECKING:
    from backportkit.check.targets import Site
    from backportkit.declaration.edits import Edit

    Refusal = tuple[str, str]

MEND = "mend the replacement"
_SUPER = frozenset({"super", "__class__"})
_DATA = (ast.Constant, ast.Dict, ast.List, ast.Set, ast.Tuple)


def reason(site: Site) -> Refusal | None:
    """Return why run time is bound to refuse an edit, and the next step; None if source does not tell that it is."""
    edit, found = site.edit, site.found
    name = edit.target.attribute
    if found.others or edit.target.item is not None:
        return None
    if found.kind is Kind.CLASS:
        return edits.whole_class(name)
    if found.kind is Kind.NATIVE or (found.kind is Kind.VALUE and isinstance(values.of(found, name), _DATA)):
        return swaps.no_function(name)
    if found.kind is not Kind.FUNCTION:
        return None
    if found.inherited is not None:
        return swaps.inherited(name, found.inherited)
    is_of_others = found.is_of_another(edit.target.module)
    return swaps.of_others(name, str(found.copied)) if is_of_others else _other_variables(site)


def _other_variables(site: Site) -> Refusal | None:
    """Return a refusal if the code of a replacement has other free variables than the target."""
    edit = site.edit
    has = _variables(site.found.functions[0], in_class=edit.target.class_ is not None)
    try:
        needs = _needed(edit)
    except TypeError as error:  # the replacement has no code
        return str(error), MEND
    return None if needs is None or needs == has else swaps.other_variables(edit, has, needs)


def _needed(edit: Edit) -> tuple[str, ...] | None:
    """Return the free variables of a replacement; None if nobody knows. Raises TypeError if it has no code."""
    assert edit.replacement is not None
    if edit.replacement.held is not None:
        return code_place.body_of(edit.replacement.held, edit.target.attribute).code.co_freevars
    node = replacements.node_of(edit)
    return None if node is None else _variables(node, in_class="." in edit.replacement.partition(":")[2])


def _variables(function: ast.AST, *, in_class: bool) -> tuple[str, ...]:
    """Return the free variables of a function that is in no other function: at most the class that it is in."""
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return ("__class__",) if in_class and names & _SUPER else ()
