"""Find and walk the source of a module without importing it or its parents."""

from __future__ import annotations

import ast
import sys
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec

_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Source(NamedTuple):
    """The text of a module, or None and the reason for having none; and the file, if it is known."""

    text: str | None
    reason: str
    file: str | None


class FinderError(LookupError):
    """A finder has failed, so that nobody knows whether there is such a module."""


def of_module(name: str) -> Source:
    """The source of a module as an import in this process would find it now; nothing is imported.

    The finders of `sys.meta_path` are asked, those of editable installs among them.
    """
    try:
        spec = find_spec(name)
    except FinderError as error:
        return Source(None, str(error), None)
    if spec is None:
        return Source(None, f"there is no module {name} here", None)
    file = spec.origin if spec.has_location else None
    text = _text(spec)
    return Source(text, "" if text is not None else why_none(name, spec), file)


def find_spec(name: str) -> ModuleSpec | None:
    """The spec of a module, None if there is none. Unlike importlib.util.find_spec this imports no parent.

    A package that changes its own `__path__` as it runs is taken as it is on disk. Raises FinderError if a finder
    fails, and no other one has the module.
    """
    parent, _, _ = name.rpartition(".")
    if not parent:
        return _ask_finders(name, None)
    found = find_spec(parent)
    return None if found is None else _ask_finders(name, list(found.submodule_search_locations or ()))


def _ask_finders(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    failed: Exception | None = None
    for finder in sys.meta_path:
        try:
            spec = _ask(finder, name, path)
        except ImportError:  # it says that the module is not to be had
            return None
        except Exception as error:  # noqa: BLE001 -- one that asks PathFinder wants the parent to be imported: see `_ask`
            failed = failed or error
            continue
        if spec is not None:
            # The source of a frozen module is on the path, beside those that are not.
            return (_ask(PathFinder, name, path) or spec) if spec.origin == "frozen" else spec
    if failed is None:
        return None
    msg = f"{name} cannot be looked for, since a finder raised {type(failed).__name__}: {failed}"
    raise FinderError(msg) from failed


def _ask(finder: Any, name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    if not hasattr(finder, "find_spec"):  # the protocol before 3.4, gone in 3.12
        return None
    if finder is PathFinder:  # goes by the last part; a namespace package would ask for its parent by the whole name
        name = name.rpartition(".")[2]
    spec: ModuleSpec | None = finder.find_spec(name, path, None)
    return spec


def _text(spec: ModuleSpec) -> str | None:
    read = getattr(spec.loader, "get_source", None)
    try:
        return None if read is None else read(spec.name)
    except (ImportError, OSError, SyntaxError, UnicodeDecodeError):
        return None


def why_none(name: str, spec: ModuleSpec) -> str:
    """Say why a module has no source, in words."""
    if spec.origin is None:
        return f"{name} is a namespace package, which has no code"
    if not spec.has_location:
        return f"{name} is {spec.origin}, which has no source"
    return f"{name} has no source that can be read beside {spec.origin}"


def absolute(package: str, statement: ast.ImportFrom) -> str:
    """The module that `from ... import` in a module of a package means."""
    if not statement.level:
        return statement.module or ""
    parts = package.split(".")[: len(package.split(".")) - statement.level + 1]
    return ".".join([*parts, *filter(None, [statement.module])])


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body and of the blocks in it, but not those inside a definition."""
    left = list(reversed(body))
    while left:  # a chain of `elif` is as deep as it is long
        statement = left.pop()
        yield statement
        if not isinstance(statement, _DEFINITIONS):
            inner = [one for block in _BLOCKS for one in getattr(statement, block, [])]
            left += reversed(inner)
