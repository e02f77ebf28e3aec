"""Suggest a name in place of a mistyped one, as the error at run time does."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit import alike
from backportkit.check.reading import find, is_installed, library, read
from backportkit.source import modules_beside
from backportkit.source.found import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def to(module: str, path: Sequence[str]) -> str:
    """Return a suggestion for the first name of a path that is not there, to end a message with; may be empty."""
    if read(module) is None:
        return modules_beside.there_is(module) if is_installed() else ""
    missing = (depth for depth in range(len(path)) if find(module, path[: depth + 1]).kind is Kind.MISSING)
    return next((alike.there_is(path[depth], sorted(_names(module, path[:depth]))) for depth in missing), "")


def _names(module: str, path: Sequence[str]) -> set[str]:
    """Return the names in a module, or in the class that the path leads to."""
    if path:
        return {name for cls in _with_bases(module, path, set()) for name in library().names(cls)}
    source = read(module)
    return set() if source is None or source.tree is None else set(library().names(source.tree))


def _with_bases(module: str, path: Sequence[str], seen: set[ast.AST]) -> Iterator[ast.ClassDef]:
    """Yield the class that a path leads to, and its bases as far as source leads to them."""
    found = find(module, path)
    for node in found.nodes:
        if isinstance(node, ast.ClassDef) and node not in seen and found.source is not None:
            seen.add(node)
            yield node
            for base in node.bases:
                yield from _with_bases(found.source.module, ast.unparse(base).split("."), seen)
