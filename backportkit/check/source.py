"""Find and read the source of an installed module. Nothing is imported, not even the packages above it."""

from __future__ import annotations

import ast
import importlib.util
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec


class Source(NamedTuple):
    """A module that was found.

    Attributes:
        module: Its name.
        path: Its file, or what stands for one, such as `built-in`.
        text: Its source; empty if there is none.
        tree: Its syntax tree, or None: `reason` says why.
        is_package: Whether it is one.
        folders: Where its submodules are looked for.
        reason: Why there is no syntax tree, in words.
    """

    module: str
    path: str
    text: str
    tree: ast.Module | None
    is_package: bool
    folders: tuple[str, ...]
    reason: str = ""


@cache
def read(module: str, folder: str | None = None) -> Source | None:
    """The module as it is installed here, or in a folder given; None if there is none."""
    top, *rest = module.split(".")
    spec = _find_top(top) if folder is None else PathFinder.find_spec(top, [folder])
    for name in rest:
        if spec is None:
            break
        # By its last name alone: for a whole one of a namespace package the import system asks the imported parent.
        spec = PathFinder.find_spec(name, _folders(spec))
    return None if spec is None else _read(module, spec)


def package_of(source: Source) -> str:
    """The package that relative imports in a module start from."""
    return source.module if source.is_package else source.module.rpartition(".")[0]


def _find_top(name: str) -> ModuleSpec | None:
    """A top-level module: on the path, where even the frozen ones of the standard library have their source, or else
    wherever an editable install or the interpreter has it.
    """
    try:
        return PathFinder.find_spec(name) or importlib.util.find_spec(name)
    except (ValueError, ImportError):  # a module without a spec, such as __main__; another's finder
        return None


def _folders(spec: ModuleSpec) -> list[str]:
    return list(spec.submodule_search_locations or ())


def _read(module: str, spec: ModuleSpec) -> Source:
    folders = tuple(_folders(spec))
    path = _place(spec)
    is_package = spec.submodule_search_locations is not None
    try:
        text = _text(spec)
        tree = None if text is None else ast.parse(text)
    except (ImportError, OSError, SyntaxError, ValueError, RecursionError) as error:
        return Source(module, path, "", None, is_package, folders, f"its source cannot be read: {error}")
    reason = "" if tree is not None else f"it is no Python source, but {path}"
    return Source(module, path, text or "", tree, is_package, folders, reason)


def _place(spec: ModuleSpec) -> str:
    return spec.origin or "a namespace package"


def _text(spec: ModuleSpec) -> str | None:
    get_source = getattr(spec.loader, "get_source", None)
    text: str | None = get_source(spec.name) if get_source is not None else None
    return text


def files(source: Source) -> list[Path]:
    """The Python files of a package or module and of all below it."""
    if not source.is_package:
        return [Path(source.path)] if source.tree is not None else []
    return sorted(path for folder in source.folders for path in Path(folder).rglob("*.py"))
