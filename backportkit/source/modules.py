"""Read the modules of an installation, each once. Nothing is imported, not even the packages above it."""

from __future__ import annotations

import ast
import os
import sys
import warnings
from typing import TYPE_CHECKING, NamedTuple

from backportkit.source import reader, specs

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from pathlib import Path
    from types import ModuleType


# A module of Python that its package puts into sys.modules. It has a file of its own before 3.13 only, which imports
# all names of this one: https://github.com/python/cpython/blob/3.13/Lib/collections/__init__.py
_RENAMED = {"collections.abc": "_collections_abc"}


class Source(NamedTuple):
    """A module that was found.

    Attributes:
        module: Its name.
        path: Its file, or a word such as `built-in`; empty if a finder or loader has failed.
        text: Its source; empty if there is none.
        tree: Its syntax tree, or None: `reason` says why.
        is_package: True for a package.
        folders: The folders of its submodules.
        reason: The reason for having no syntax tree, in words.
    """

    module: str
    path: str
    text: str
    tree: ast.Module | None
    is_package: bool
    folders: tuple[str, ...]
    reason: str = ""

    @property
    def package(self) -> str:
        """The package that relative imports in it start from."""
        return self.module if self.is_package else self.module.rpartition(".")[0]


class Modules:
    """The modules as they are installed here."""

    def __init__(self) -> None:
        self._read: dict[str, Source | None] = {}

    def read(self, module: str) -> Source | None:
        """Return the module; None if there is none."""
        if module not in self._read:
            self._read[module] = self._look_for(_RENAMED.get(module, module))
        return self._read[module]

    def _look_for(self, module: str) -> Source | None:
        try:
            spec = _installed(module)
            return None if spec is None else _read(module, spec)
        except Exception as error:  # noqa: BLE001 -- a foreign finder or loader may raise anything
            return Source(module, "", "", None, False, (), str(error))


def _installed(module: str) -> ModuleSpec | None:
    if module == "__main__":
        return _program()
    if module == "os.path":  # `os` puts posixpath or ntpath into sys.modules under this name
        module = os.path.__name__
    return specs.find(module)


def _program() -> ModuleSpec | None:
    """Return the spec of the file that this process runs as its program; None if it runs none."""
    file = getattr(sys.modules["__main__"], "__file__", None)
    if file is None:
        return None
    from importlib.util import spec_from_file_location  # few programs declare patches themselves

    return spec_from_file_location("__main__", file)


def _read(module: str, spec: ModuleSpec) -> Source:
    folders = tuple(spec.submodule_search_locations or ())
    is_package = spec.submodule_search_locations is not None
    path = spec.origin or "a namespace package"
    try:
        text = reader.text_of(spec)
        tree = None if text is None else parse(text)
    except (ImportError, OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Source(module, path, "", None, is_package, folders, f"the source of {module} cannot be read: {error}")
    reason = "" if tree is not None else reader.why_none(module, spec)
    return Source(module, path, text or "", tree, is_package, folders, reason)


def parse(text: str) -> ast.Module:
    """Parse foreign source without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings about foreign source help nobody here
        return ast.parse(text)


def files(source: Source) -> list[Path]:
    """Return the Python files of a module, or of a package and of all below it."""
    from pathlib import Path  # costs half a start

    if not source.is_package:
        return [Path(source.path)] if source.tree is not None else []
    return sorted(path for folder in source.folders for path in Path(folder).rglob("*.py"))


def loaded_native(name: str) -> ModuleType | None:
    """Return a module of the interpreter that is written in C, if this process has loaded it: every process can have
    it.
    """
    module = sys.modules.get(name)
    if module is None or name.partition(".")[0] not in sys.stdlib_module_names:
        return None
    origin = getattr(module.__spec__, "origin", None) or ""
    return None if origin.endswith((".py", ".pyc")) or origin == "frozen" else module
