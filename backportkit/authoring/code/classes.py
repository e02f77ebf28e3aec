"""Tell what has been made of the members of a class when its module has run: of fields, and of slots."""

from __future__ import annotations

import ast

from backportkit.authoring.code import attributes
from backportkit.source.definitions import decorators, dotted
from backportkit.upstream.body import names

# Decorators and bases that make a constructor of what is annotated in a class, or assigned by one of the calls:
# https://docs.python.org/3/library/dataclasses.html, https://www.attrs.org/en/stable/names.html
_DECORATORS = frozenset({"dataclass", "define", "frozen", "mutable", "attrs", "attributes", "attr.s"})
_BASES = frozenset({"NamedTuple", "BaseModel", "Struct"})
_CALLS = frozenset({"attrib", "attr", "field", "attr.ib"})


def why_too_late(old: ast.stmt, new: ast.stmt, node: ast.stmt) -> str | None:
    """Say why a member cannot be put into a class as it was before the fix, once that is made; None if it can be."""
    if isinstance(old, ast.ClassDef) and (_is_field(old, node) or _is_field(new, node)):
        return f"it is a field of {old.name}, whose constructor is made of its fields as the module runs"
    known = _slots(old)
    lacking = sorted(attributes.stored(node) & (_slots(new) - known)) if known else []
    return f"it sets {', '.join(lacking)}, for which the class has no slot before the fix" if lacking else None


def fields(owner: ast.AST) -> list[str]:
    """Return the fields of a class whose constructor is made of them, in order; none for any other class."""
    return [name for one in getattr(owner, "body", ()) if _is_field(owner, one) for name in names(one)]


def _is_field(owner: ast.AST, node: ast.stmt) -> bool:
    if not isinstance(owner, ast.ClassDef) or not _is_made_of_fields(owner):
        return False
    if isinstance(node, ast.AnnAssign):
        return "ClassVar" not in ast.unparse(node.annotation)
    value = node.value if isinstance(node, ast.Assign) else None
    return isinstance(value, ast.Call) and _is_one_of(".".join(dotted(value.func)), _CALLS)


def _is_made_of_fields(owner: ast.ClassDef) -> bool:
    bases = [".".join(dotted(one)) for one in owner.bases]
    is_decorated = any(_is_one_of(one, _DECORATORS) for one in decorators(owner))
    return is_decorated or any(_is_one_of(one, _BASES) for one in bases)


def _is_one_of(name: str, known: frozenset[str]) -> bool:
    """Tell whether a dotted name, or the last part of it, is one of these."""
    return name in known or name.rpartition(".")[2] in known


def _slots(owner: ast.AST) -> set[str]:
    """Return the slots of a class, as far as they are written down."""
    stated = [one for one in getattr(owner, "body", ()) if "__slots__" in names(one)]
    constants = (one for each in stated for one in ast.walk(each) if isinstance(one, ast.Constant))
    return {one.value for one in constants if isinstance(one.value, str)}
