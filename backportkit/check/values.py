"""Read the value that a statement assigns: a literal, a lambda, another name of a function, a dictionary."""

from __future__ import annotations

import ast
from functools import reduce
from typing import TYPE_CHECKING, Any

from backportkit.check.reading import find
from backportkit.source.found import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.declaration.edits import Edit, Target
    from backportkit.source.found import Found, Function

# Expressions that may make anything.
MAKING = (ast.Attribute, ast.BoolOp, ast.Call, ast.IfExp, ast.Name, ast.Subscript)
_ONLY_READING = frozenset({"copy", "get", "items", "keys", "values"})


def of(found: Found, name: str) -> ast.expr | None:
    """Return the only expression that a name is bound to where it was found; None if there is none, or several."""
    node = found.nodes[0] if found.kind is Kind.VALUE and len(found.nodes) == 1 else None
    if isinstance(node, ast.Assign):
        targets: list[ast.expr] = node.targets
    else:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else []
    named = any(isinstance(one, ast.Name) and one.id == name for one in targets)
    return node.value if named and isinstance(node, ast.Assign | ast.AnnAssign) else None


def at(target: Target, found: Found) -> ast.expr | None:
    """Return the expression for the value at a target; None unless it is written out."""
    return reduce(item_of, target.items, of(found, target.attribute))


def plain(edit: Edit, found: Found) -> str | None:
    """Return the text of the value at a target, if it is written out and certainly no function; else None."""
    value = at(edit.target, found)
    is_open = value is None or isinstance(value, MAKING) or functions(edit, found)
    return None if is_open or value is None else ast.unparse(value)


def lacking(target: Target, found: Found) -> int | None:
    """Return the number of the target's first key that is not there; None if all are, or if nothing is written out."""
    value = of(found, target.attribute)
    for number, item in enumerate(target.items):
        held = keys(value)
        value = None if not held else held.get((type(item), item))
        if held and value is None:
            return number
    return None


def functions(edit: Edit, found: Found) -> tuple[Function, ...]:
    """Return the functions at a target: definitions, a lambda, or those that another name or an item leads to."""
    if not edit.target.items and found.functions:
        return found.functions
    value = at(edit.target, found)
    return () if value is None or found.source is None else _function(edit, found.source.module, value)


def _function(edit: Edit, module: str, value: ast.expr) -> tuple[Function, ...]:
    if isinstance(value, ast.Lambda):
        body: list[ast.stmt] = [ast.Return(value.body)]
        return (ast.fix_missing_locations(ast.FunctionDef("lambda_", value.args, body, [], lineno=value.lineno)),)
    if not isinstance(value, ast.Name):
        return ()
    found = find(module, [*edit.target.path[:-1], value.id])
    if not found.candidates[0].nodes or found.inherited is not None:  # a class body sees its own names and globals only
        found = find(module, [value.id])
    return found.functions if found.kind is Kind.FUNCTION and not found.others else ()


def item_of(value: ast.expr | None, key: Any) -> ast.expr | None:
    """Return the value under a key of a dictionary or list that is written out; None if there is none."""
    held = keys(value)
    return None if held is None else held.get((type(key), key))


def keys(value: ast.expr | None) -> dict[tuple[type, Any], ast.expr] | None:
    """Return the values of a dictionary or list that is written out, each by its key and the key's type; else None."""
    if isinstance(value, ast.List) and not any(isinstance(one, ast.Starred) for one in value.elts):
        return {(int, index): one for index, one in enumerate(value.elts)}
    if not isinstance(value, ast.Dict) or not all(isinstance(key, ast.Constant) for key in value.keys):
        return None
    pairs = zip(value.keys, value.values, strict=True)
    return {(type(key.value), key.value): one for key, one in pairs if isinstance(key, ast.Constant)}


def may_change(found: Found, target: Target) -> bool:
    """Tell whether the module may change the dictionary or list at a target.

    Reading it is no change, unless what is read is a dictionary or list itself.
    """
    tree = None if found.source is None else found.source.tree
    return tree is None or _is_changed(found, target, tree)


def _is_changed(found: Found, target: Target, tree: ast.Module) -> bool:
    reads: set[ast.AST] = set()
    for node in ast.walk(tree) if len(target.items) == 1 else ():
        reads.update(_read_by(node))
    mentions = (node for node in ast.walk(tree) if _is_of(node, target.attribute))
    return any(node not in reads and not _is_bound_by(found.nodes, node) for node in mentions)


def _read_by(node: ast.AST) -> Sequence[ast.AST]:
    """Return the nodes that an expression only reads."""
    if isinstance(node, ast.Subscript):
        return [node.value] if isinstance(node.ctx, ast.Load) else []
    if isinstance(node, ast.Attribute):
        return [node.value] if node.attr in _ONLY_READING else []
    return node.comparators if isinstance(node, ast.Compare) else []


def _is_of(node: ast.AST, name: str) -> bool:
    return name in (getattr(node, "id", ""), getattr(node, "attr", ""))


def _is_bound_by(statements: Sequence[ast.AST], node: ast.AST) -> bool:
    return any(
        node is target for one in statements for target in (*getattr(one, "targets", ()), getattr(one, "target", None))
    )
