"""Find and walk the source of a module without importing it or its parents."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from backportkit.source import specs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec

_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)


class ModuleText(NamedTuple):
    """The text of a module, or None and the reason for having none; and the file, if it is known."""

    text: str | None
    reason: str
    file: str | None


def of_module(name: str) -> ModuleText:
    """Return the source of a module that an import in this process would find now. Nothing is imported.

    The finders in `sys.meta_path` are asked, those of editable installs among them.
    """
    try:
        spec = specs.find(name)
    except specs.FinderError as error:
        return ModuleText(None, str(error), None)
    if spec is None:
        return ModuleText(None, f"there is no module {name} here", None)
    file = spec.origin if spec.has_location else None
    text = _readable(spec)
    return ModuleText(text, "" if text is not None else why_none(name, spec), file)


def _readable(spec: ModuleSpec) -> str | None:
    try:
        return text_of(spec)
    except (ImportError, OSError, SyntaxError, UnicodeDecodeError):
        return None


def text_of(spec: ModuleSpec) -> str | None:
    """Return the text that a module's loader gives; None if it gives none. Raises what the loader raises.

    The loader of pytest, which rewrites asserts, is asked for none: the file has the text.
    """
    get_source: Callable[[str], str | None] | None = getattr(spec.loader, "get_source", None)
    if get_source is None and spec.has_location and (spec.origin or "").endswith(".py"):
        from importlib.machinery import SourceFileLoader  # which a start does not load

        get_source = SourceFileLoader(spec.name, str(spec.origin)).get_source
    return None if get_source is None else get_source(spec.name)


def why_none(name: str, spec: ModuleSpec) -> str:
    """Say why a module has no source, in words."""
    if spec.origin is None:
        return f"{name} is a namespace package, which has no code"
    if not spec.has_location:
        return f"{name} is {spec.origin}, which has no source"
    return f"{name} has no source that can be read beside {spec.origin}"


def absolute(package: str, statement: ast.ImportFrom) -> str:
    """Return the module that `from ... import` means in a module of the package."""
    if not statement.level:
        return statement.module or ""
    parts = package.split(".")[: len(package.split(".")) - statement.level + 1]
    return ".".join([*parts, *filter(None, [statement.module])])


def first_line(node: ast.AST) -> int:
    """Return the first line of a statement or of its decorators."""
    nodes: list[ast.AST] = [node, *getattr(node, "decorator_list", [])]
    return min(getattr(one, "lineno", 1) for one in nodes)


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a body and of its blocks, but none inside a definition."""
    left = list(reversed(body))
    while left:  # a chain of `elif` is as deep as it is long
        statement = left.pop()
        yield statement
        if not isinstance(statement, DEFINITIONS):
            inner = [one for block in _BLOCKS for one in getattr(statement, block, [])]
            left += reversed(inner)
