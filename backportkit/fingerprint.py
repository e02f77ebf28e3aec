"""Fingerprint a Python function by its syntax tree: `ast1:` and the first 12 hex digits of a SHA-256.

The value is the same on every supported Python. Name, signature, decorators and body count; comments, layout,
positions and docstrings do not. `ast.dump`, `ast.unparse`, token streams and bytecode all differ between Pythons.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import linecache
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FunctionType

_SCHEME = "ast1"
_DIGITS = 12
# Fields that hold no meaning of their own or that not every supported Python has.
_IGNORED = frozenset({"ctx", "kind", "type_comment"})
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def of_function(function: FunctionType) -> str | None:
    """The fingerprint of a function as its source file has it, or None if the source cannot be found.

    Only the lines of the function itself are parsed, so that a large module costs no more than a small one.
    """
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    block = inspect.getblock(lines[code.co_firstlineno - 1 :]) if lines else []
    try:
        tree = ast.parse(textwrap.dedent("".join(block)))
    except SyntaxError:  # a lambda amid an expression, or a file that changed after it was imported
        return None
    node = tree.body[0] if tree.body else None
    return of_node(node) if isinstance(node, _DEFINITIONS) and node.name == code.co_name else None


def of_source(source: str, path: Sequence[str]) -> str | None:
    """The fingerprint of the function or class that `path` (Class, ..., name) leads to in a module's source.

    Of several definitions of one name, as under `if` and `else`, the last one counts. None if there is none.
    """
    body: list[ast.stmt] = ast.parse(source).body
    node: Any = None
    for name in path:
        found = [entry for entry in _definitions(body) if entry.name == name]
        if not found:
            return None
        node = found[-1]
        body = node.body
    return of_node(node)


def of_node(node: ast.AST) -> str:
    """The fingerprint of a syntax tree."""
    digest = hashlib.sha256(_normalise(node).encode()).hexdigest()
    return f"{_SCHEME}:{digest[:_DIGITS]}"


def _definitions(body: Sequence[ast.stmt]) -> Iterator[Any]:
    """The definitions of a body, also those under `if`, `try` and `with`, but not those inside another definition."""
    for statement in body:
        if isinstance(statement, _DEFINITIONS):
            yield statement
            continue
        for field in ("body", "orelse", "handlers", "finalbody"):
            yield from _definitions(getattr(statement, field, []))


def _normalise(value: Any) -> str:
    if isinstance(value, ast.AST):
        return _normalise_node(value)
    if isinstance(value, list):
        return "[" + " ".join(map(_normalise, value)) + "]"
    return ascii(value)  # repr() depends on the Unicode tables of the Python


def _normalise_node(node: ast.AST) -> str:
    fields = {name: value for name, value in ast.iter_fields(node) if name not in _IGNORED}
    if isinstance(node, _DEFINITIONS) and ast.get_docstring(node, clean=False) is not None:
        fields["body"] = node.body[1:]
    if isinstance(node, ast.JoinedStr):
        fields["values"] = list(_merge_constants(node.values))
    inner = "".join(
        f" {name}={_normalise(value)}" for name, value in fields.items() if value is not None and value != []
    )
    return f"({type(node).__name__}{inner})"


def _merge_constants(values: Sequence[Any]) -> Iterator[ast.expr]:
    """The parts of an f-string with adjacent texts as one and without empty ones (PEP 701 changed both in 3.12)."""
    text = ""
    for value in values:
        if isinstance(value, ast.Constant):
            text += str(value.value)
            continue
        if text:
            yield ast.Constant(text)
        text = ""
        yield value
    if text:
        yield ast.Constant(text)
