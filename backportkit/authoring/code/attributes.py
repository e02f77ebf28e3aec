"""Tell which attributes upstream's code takes, and who sets them."""

from __future__ import annotations

import ast
import re
from copy import copy
from types import FunctionType

from backportkit.authoring.code import implicit
from backportkit.source.definitions import decorator_names
from backportkit.source.reader import FUNCTIONS

# Values of these kinds come out of calls that name no class.
_USUAL = (str, bytes, bytearray, list, dict, set, tuple, int, OSError, re.Pattern, re.Match, FunctionType, type)
_OF_BUILTINS = frozenset(name for kind in _USUAL for name in dir(kind))


def bare(node: ast.stmt) -> ast.stmt:
    """Return a function of a property without the decorator that makes it one, the outermost."""
    found = copy(node)
    found.decorator_list = getattr(node, "decorator_list", [])[1:]  # type: ignore[attr-defined]
    return found


def first_parameter(node: ast.AST) -> str:
    """Return the first parameter of a function, by which a method knows its instance; empty for none."""
    if not isinstance(node, FUNCTIONS) or "staticmethod" in decorator_names(node):
        return ""
    parameters = [*node.args.posonlyargs, *node.args.args]
    return parameters[0].arg if parameters else ""


def of_instance(node: ast.AST) -> list[str]:
    """Return the attributes that a method takes of its first parameter, special methods among them."""
    own = first_parameter(node)
    return sorted({one.attr for one in _attributes(node, ast.Load) if _is_named(one, own)} | implicit.of(node, own))


def of_others(node: ast.AST, own: str) -> set[tuple[str, str]]:
    """Return the attributes that a function takes of anything but `own`, each after the name that it is of, if any.

    Those that values of Python's own usual kinds have are left out.
    """
    found = [one for one in _attributes(node, ast.Load) if not _is_named(one, own) and one.attr not in _OF_BUILTINS]
    return {(one.value.id if isinstance(one.value, ast.Name) else "", one.attr) for one in found}


def roots(node: ast.AST, name: str) -> set[str]:
    """Return the names that attributes of this name begin with, as `os` of `os.path.sep`; empty for what is no name."""
    return {_root(one.value) for one in _attributes(node, ast.Load) if one.attr == name}


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def stored(node: ast.AST) -> set[str]:
    """Return the attributes that a function sets, of whatever it is."""
    return {one.attr for one in _attributes(node, ast.Store)}


def set_by(node: ast.AST) -> set[str]:
    """Return the attributes that a method sets of its first parameter."""
    own = first_parameter(node)
    return {one.attr for one in _attributes(node, ast.Store) if _is_named(one, own)}


def setters(node: ast.AST, name: str) -> list[str]:
    """Return the methods of a class that set an attribute of their first parameter."""
    methods = [one for one in getattr(node, "body", ()) if isinstance(one, FUNCTIONS)]
    return [one.name for one in methods if name in stored(one)]


def is_mentioned(name: str, text: str) -> bool:
    """Tell whether a text has the name as a word."""
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def _attributes(node: ast.AST, context: type[ast.expr_context]) -> list[ast.Attribute]:
    found = (one for one in ast.walk(node) if isinstance(one, ast.Attribute))
    return [one for one in found if isinstance(one.ctx, context)]


def _is_named(attribute: ast.Attribute, name: str) -> bool:
    return isinstance(attribute.value, ast.Name) and attribute.value.id == name
