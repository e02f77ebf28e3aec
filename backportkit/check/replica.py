"""Build a small module from what source says for certain, so that run time's rules can be tried on it."""

from __future__ import annotations

import ast
import collections
import functools
from types import ModuleType
from typing import TYPE_CHECKING, Any

from backportkit.check import lineage, values
from backportkit.check.reading import find
from backportkit.layers.place import bases, found_in
from backportkit.source import definitions, modules
from backportkit.source.found import Found, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.check.lineage import Ancestor
    from backportkit.declaration.edits import Edit

NOTHING = object()
# Decorators of functions, and the types of what they make.
_MAKERS: dict[str, Any] = {
    "staticmethod": staticmethod,
    "classmethod": classmethod,
    "property": property,
    "cached_property": functools.cached_property,
}
_CONTAINERS: dict[type, type] = {ast.List: list, ast.Tuple: tuple, ast.Set: set}
_SAME = frozenset({"abstractmethod", "final", "override", "overload", "no_type_check"})
# Decorators that give the class back, or one of the same name.
_OF_CLASSES = frozenset({"dataclass", "deprecated", "final", "runtime_checkable", "total_ordering", "unique", "verify"})
_OF_CLASSES_OF_ATTRS = frozenset({"attrs", "attributes", "define", "frozen", "mutable", "s"})


class Untold(Exception):  # noqa: N818 -- no error: a question that source leaves open
    """Source alone does not tell the value at a target, or on the way to it."""


class Opaque:
    """A value of which nothing is known."""


def function(*_: object, **__: object) -> None:
    """Take the place of any function."""


def of(edit: Edit) -> ModuleType:
    """Return a module with the values that lead to the target of an edit. Raises Untold."""
    made = ModuleType(edit.target.module)
    vars(made).clear()  # nobody knows the values of the attributes that every module has
    made.__name__ = edit.target.module
    stored = _standing(edit, 1)
    if stored is not NOTHING:
        vars(made)[edit.target.path[0]] = stored
    return made


def _standing(edit: Edit, depth: int) -> Any:
    """Return the value at the first `depth` names of a target, with what the other names lead to; NOTHING if there is
    none.
    """
    path, rest = edit.target.path[:depth], edit.target.path[depth:]
    found = find(edit.target.module, path)
    if found.kind is Kind.MISSING:
        return NOTHING
    beyond = (*rest, *edit.target.items)
    if found.others and (beyond or found.kind is not Kind.CLASS):
        return _unknown(beyond)
    if found.kind is Kind.CLASS:
        return _class(edit, depth, found)
    if found.kind is Kind.FUNCTION:
        return _of_function(found, rest)
    if found.kind is Kind.VALUE:
        return _of_value(edit, depth, found)
    return _native(found, path, rest) if found.kind is Kind.NATIVE else _unknown(beyond)


def _native(found: Found, path: Sequence[str], rest: Sequence[str]) -> Any:
    """Return the value in a C module of the interpreter, if this process has loaded the module."""
    native = None if found.source is None or found.inherited is not None else modules.loaded_native(found.source.module)
    name = path[-1] if found.copied is None else found.copied.partition(":")[2]
    return _unknown(rest) if len(path) > 1 else getattr(native, name, None) or _unknown(rest)


def _unknown(rest: Sequence[object]) -> Opaque:
    if rest:
        raise Untold
    return Opaque()


def _of_function(found: Found, rest: Sequence[str]) -> Any:
    kinds = definitions.decorator_names(found.functions[0]) - _SAME
    if not kinds:
        return function
    maker = _MAKERS.get(next(iter(kinds))) if len(kinds) == 1 else None
    if kinds & {"getter", "setter", "deleter"}:
        maker = property
    return _unknown(rest) if maker is None else maker(function)


def _of_value(edit: Edit, depth: int, found: Found) -> Any:
    name, rest = edit.target.path[depth - 1], edit.target.path[depth:]
    node = found.nodes[0] if found.nodes else None
    if isinstance(node, ast.Import | ast.ImportFrom):
        return ModuleType(found.copied.replace(":", ".") if found.copied else name)
    value = values.of(found, name)
    if isinstance(value, ast.Constant):
        return _unknown(rest) if value.value is None else value.value
    if isinstance(value, ast.Lambda):
        return function
    if rest or not edit.target.items:
        return _unknown(rest)
    return _container(value, edit.target.items)


def _container(value: ast.expr | None, items: Sequence[Any]) -> Any:
    """Return a container with as many items as were written; the keys lead through it as through the original.

    A value that is no container is returned as it is: run time refuses it.
    """
    if isinstance(value, ast.Constant) and value.value is not None:
        return value.value
    kind, held = _CONTAINERS.get(type(value)), values.keys(value)
    if kind is None and held is None:
        raise Untold
    made: dict[Any, Any] = {key: Opaque() for _, key in held or ()}
    inner = values.item_of(value, items[0])
    if inner is not None and items[1:]:
        made[items[0]] = _container(inner, items[1:])
    return made if kind is None else kind(made.values()) if isinstance(value, ast.List) else kind()


# --- classes ---


def _class(edit: Edit, depth: int, found: Found) -> Any:
    node, source = found.nodes[0], found.source
    path, rest = edit.target.path[:depth], edit.target.path[depth:]
    if not isinstance(node, ast.ClassDef) or source is None or not all(map(_is_given_back, found.nodes)):
        return _unknown(rest)
    ancestors = lineage.of(source, node)
    inner = _found_in(edit, path, rest, ancestors)
    made = _made(node.name, ancestors, rest[0] if rest else "", inner)
    made.__module__ = source.module
    made.__qualname__ = _qualname(found, path)
    for mark, held in lineage.marks(ancestors).items():
        type.__setattr__(made, mark, held)
    if rest and not _is_slot(inner, rest[0]) and not _is_there(made, rest[0]):
        _put(edit, depth + 1, made, inner)
    return made


def _qualname(found: Found, path: Sequence[str]) -> str:
    """Return the qualified name that a class has in its own module."""
    name = path[-1] if found.copied is None else found.copied.rpartition(":")[2]
    outer = path[:-1] if found.inherited is None else [found.inherited.partition(":")[2]]
    return ".".join([*outer, name])


def _found_in(edit: Edit, path: Sequence[str], rest: Sequence[str], ancestors: list[Ancestor]) -> Found:
    """Return the attribute of a class.

    An inherited one is unknown if something may complete the class: the class may have one of its own then.
    """
    if not rest:
        return Found(Kind.MISSING)
    found = find(edit.target.module, [*path, rest[0]])
    return Found(Kind.UNKNOWN) if found.inherited is not None and lineage.may_be_completed(ancestors) else found


def _is_given_back(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and definitions.decorator_names(node) <= _OF_CLASSES | _OF_CLASSES_OF_ATTRS


def _is_there(made: type, name: str) -> bool:
    """Tell whether the class has the attribute already, or does not let it be set."""
    return name in vars(made) or hasattr(found_in(bases(type(made)), name), "__set__")


def _put(edit: Edit, depth: int, made: type, found: Found) -> None:
    """Set the attribute to the value that source tells.

    If the value is unknown and the edit adds, the place stays empty: the edit is refused in either case.
    """
    owner = made if found.inherited is None else bases(made)[1]
    stored = _standing(edit, depth) if found.kind is not Kind.UNKNOWN else _unknown(edit.target.path[depth:])
    if edit.how == "add" and found.kind is Kind.UNKNOWN:
        return
    if stored is not NOTHING and owner is not object:
        type.__setattr__(owner, edit.target.path[depth - 1], stored)


def _made(name: str, ancestors: list[Ancestor], attribute: str, found: Found) -> type:
    """Return an empty class with the bases and the metaclass that matter for the attribute."""
    if any(base.name == "typing:NamedTuple" for base in ancestors[1:2]):
        return collections.namedtuple(name, [field for field, *_ in ancestors[0].fields], rename=True)  # noqa: PYI024
    body = {"__slots__": (attribute,)} if _is_slot(found, attribute) else {}
    is_inherited = found.inherited is not None and found.inherited != "builtins:object"
    above = (type(str(found.inherited).rpartition(":")[2], (), body),) if is_inherited else ()
    made: type = _metaclass(ancestors, attribute)(name, above, {} if is_inherited else body)
    return made


def _is_slot(found: Found, attribute: str) -> bool:
    node = found.nodes[0] if found.kind is Kind.VALUE and found.nodes else None
    return attribute != "__slots__" and isinstance(node, ast.Assign) and values.of(found, "__slots__") is not None


def _metaclass(ancestors: list[Ancestor], attribute: str) -> type:
    """Return a metaclass that has the property of the attribute's name, if the original metaclass has one."""
    for one in ancestors:
        for keyword in one.node.keywords if one.node is not None else ():
            names = definitions.dotted(keyword.value) if keyword.arg == "metaclass" else []
            if names and one.source is not None:
                return _with_property(one.source.module, names, attribute)
    return type


def _with_property(module: str, names: list[str], attribute: str) -> type:
    found = find(module, [*names, attribute])
    is_property = found.kind is Kind.FUNCTION and isinstance(_of_function(found, ()), property)
    return type(names[-1], (type,), {attribute: property(function)} if is_property else {})
