"""Fingerprint a Python function by its syntax tree: `ast1:` and the first 12 hex digits of a SHA-256.

The value is the same on every supported Python. Name, signature, decorators and body count; comments, layout,
positions and docstrings do not. `ast.dump`, `ast.unparse`, token streams and bytecode all differ between Pythons.
"""

from __future__ import annotations

import ast
import hashlib
import linecache
import tokenize
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit.source import compiled
from backportkit.source.reader import DEFINITIONS, FUNCTIONS, statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FunctionType

    from backportkit.source.found import Found
    from backportkit.source.lookup import Library

_SCHEME = "ast1"
_DIGITS = 12
# Fields that have no meaning of their own, or that some supported Python lacks.
_IGNORED = frozenset({"ctx", "kind", "type_comment"})
# Fields that only newer Pythons have, and that are left out if they are false: lazy imports came with 3.15 (PEP 810).
_NEWER = frozenset({"is_lazy"})
_ROLES = {"fget": None, "fset": "setter", "fdel": "deleter"}
_SPECIAL = frozenset({*DEFINITIONS, ast.JoinedStr})


class Reading(NamedTuple):
    """A fingerprint, or None and the reason why there is none."""

    value: str | None
    reason: str


def of_installed(module: str, path: Sequence[str], library: Library | None = None) -> Reading:
    """Return the fingerprint of the definition that `path` (Class, ..., name) leads to in a module. Nothing is
    imported.

    If only running the module tells which of several definitions counts, the last one with a fingerprint does.
    """
    found = all_installed(module, path, library)
    return next((reading for reading in reversed(found) if reading.value), found[-1])


def all_installed(module: str, path: Sequence[str], library: Library | None = None) -> list[Reading]:
    """Return a reading for each of the definitions that may count, in the order of the text."""
    from backportkit.source.lookup import Library  # examining loaded modules does not need it

    readings = map(_of_found, (library or Library()).find(module, path).candidates)
    nothing = Reading(None, f"the source of {module} has no definition of {'.'.join(path)}")
    return list(dict.fromkeys(reading if any(reading) else nothing for reading in readings))


def _of_found(found: Found) -> Reading:
    nodes = [node for node in found.nodes if isinstance(node, DEFINITIONS)]
    return Reading(of_node(nodes[-1]), "") if nodes else Reading(None, found.reason)


def why_none(function: FunctionType) -> str:
    """Say why `of_function` has returned None."""
    code = function.__code__
    if not linecache.getlines(code.co_filename, function.__globals__):
        return f"there is no source of {function.__qualname__}() in {code.co_filename}"
    return f"{code.co_filename} has other lines than {function.__qualname__}() was made from"


def of_function(function: FunctionType) -> str | None:
    """Return the fingerprint of a function in its source file; None if its source cannot be found.

    Only the lines of the function itself are parsed, so that a large module costs no more than a small one. The
    definition there is compiled and compared with the function in memory. So a file that was changed after its import
    gives None, unless the change leaves the code of the function as it was.
    """
    node = _written(function, compiled.is_source_of)
    if node is None:
        linecache.checkcache(function.__code__.co_filename)  # the module may have been reloaded since its file was read
        node = _written(function, compiled.is_source_now)
    return None if node is None else of_node(node)


def _written(function: FunctionType, is_its_source: Callable[[Any, FunctionType], bool]) -> Any:
    """Return the definition at the lines that the code of a function names; None if it is another function's."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)[code.co_firstlineno - 1 :]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the import of the module has given the warnings already
            node = _first_statement(_parse(lines))
            found = isinstance(node, FUNCTIONS) and node.name == code.co_name and is_its_source(node, function)
    except (SyntaxError, tokenize.TokenError):  # the lines have a lambda in an expression, or the file has changed
        return None
    return node if found else None


def _parse(lines: list[str]) -> ast.Module:
    """Parse the first block of the lines.

    Indented lines are put under an `if`: dedenting them would change strings that span several lines.
    """
    from inspect import getblock  # costs two starts

    block = "".join(getblock(lines)) if lines else ""
    return ast.parse(f"if True:\n{block}" if block[:1].isspace() else block)


def _first_statement(tree: ast.Module) -> Any:
    body: list[ast.stmt] = tree.body
    if body and isinstance(body[0], ast.If):
        body = body[0].body
    return body[0] if body else None


def of_source(source: str, path: Sequence[str]) -> str | None:
    """Return the fingerprint of the function or class that `path` (Class, ..., name) leads to in a module's source.

    A property means its getter; `fget`, `fset` or `fdel` after its name means one of its functions. Of several
    definitions of one name, as under `if` and `else`, the last one counts. None means that there is none. Raises
    SyntaxError if the source is not Python.
    """
    return of_tree(ast.parse(source), path)


def of_tree(tree: ast.Module, path: Sequence[str]) -> str | None:
    """Return the same as `of_source`, for a source that has been parsed already."""
    node = find(tree, path)
    return None if node is None else of_node(node)


def find(tree: ast.Module, path: Sequence[str]) -> Any:
    """Return the definition that `of_source` means; None if there is none."""
    body: list[ast.stmt] = tree.body
    *outer, name, part = path if path[-1] in _ROLES else (*path, "fget")
    for name_of_class in outer:
        node = _last(entry for entry in _definitions(body) if entry.name == name_of_class)
        if node is None:
            return None
        body = node.body
    return _last(entry for entry in _definitions(body) if entry.name == name and _role(entry) == _ROLES[part])


def _last(entries: Iterator[Any]) -> Any:
    return next(reversed(list(entries)), None)


def _role(definition: Any) -> str | None:
    """Return `setter` or `deleter` for these functions of a property, by their decorators; else None."""
    names = (getattr(decorator, "attr", None) for decorator in definition.decorator_list)
    return next((name for name in names if name in {"setter", "deleter"}), None)


def of_node(node: ast.AST) -> str:
    """Return the fingerprint of a syntax tree."""
    digest = hashlib.sha256(_normalise(node).encode()).hexdigest()
    return f"{_SCHEME}:{digest[:_DIGITS]}"


def _definitions(body: Sequence[ast.stmt]) -> Iterator[Any]:
    """Yield the definitions of a body, also those under `if`, `try` and the like, but none inside a definition."""
    return (statement for statement in statements(body) if isinstance(statement, DEFINITIONS))


def _normalise(value: Any) -> str:
    if isinstance(value, list):
        return f"[{' '.join([_normalise(one) for one in value])}]"
    if not isinstance(value, ast.AST):
        return ascii(value)  # repr() depends on the Unicode tables of the Python
    kind = type(value)
    texts = [f"({kind.__name__}"]
    for name in kind._fields:
        said = _said(value, name) if kind in _SPECIAL else getattr(value, name, None)
        if said is not None and said != [] and name not in _IGNORED and (said or name not in _NEWER):
            texts.append(f"{name}={_normalise(said)}")
    return f"{' '.join(texts)})"


def _said(node: ast.AST, name: str) -> Any:
    """Return the meaning of a field: a body without its docstring, an f-string as older Pythons parse it."""
    if isinstance(node, ast.JoinedStr):
        return list(_merge_constants(node.values))
    if name == "body" and ast.get_docstring(node, clean=False) is not None:  # type: ignore[arg-type]
        return node.body[1:]  # type: ignore[attr-defined]
    return getattr(node, name, None)


def _merge_constants(values: Sequence[Any]) -> Iterator[ast.expr]:
    """Yield the pieces of an f-string, adjacent texts as one, and no empty ones (PEP 701 changed both in 3.12)."""
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
