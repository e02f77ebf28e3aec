"""Tell what has been made of the members of a class when its module has run: of fields, and of slots."""

from __future__ import annotations

import ast

from backportkit.authoring import attributes
from backportkit.source.definitions import decorator_names
from backportkit.upstream.body import names

_OF_FIELDS = frozenset({"dataclass", "define", "frozen", "mutable", "attrs"})


def why_too_late(old: ast.stmt, new: ast.stmt, node: ast.stmt) -> str | None:
    """Say why a member cannot be put into a class as it was before the fix, once that is made; None if it can be."""
    if isinstance(node, ast.AnnAssign) and isinstance(old, ast.ClassDef) and decorator_names(old) & _OF_FIELDS:
        return f"it is a field of {old.name}, whose constructor is made of its fields as the module runs"
    known = _slots(old)
    lacking = sorted(attributes.stored(node) & (_slots(new) - known)) if known else []
    return f"it sets {', '.join(lacking)}, for which the class has no slot before the fix" if lacking else None


def _slots(owner: ast.AST) -> set[str]:
    """Return the slots of a class, as far as they are written down."""
    stated = [one for one in getattr(owner, "body", ()) if "__slots__" in names(one)]
    constants = (one for each in stated for one in ast.walk(each) if isinstance(one, ast.Constant))
    return {one.value for one in constants if isinstance(one.value, str)}
