"""Specs of modules under another name: code that runs by that name, or the very module that has it."""

from __future__ import annotations

import _frozen_importlib as _bootstrap
import _frozen_importlib_external as _external
import os
import sys

from backportkit.bootstrap import as_importlib
from backportkit.hook import lazy_imports
from backportkit.hook.lazy_imports import imported
from backportkit.hook.watch import attributes_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any


def run_as(name: str, own: str, found: ModuleSpec | None) -> ModuleSpec:
    """Return a spec by which the code of the module `own` runs as `name`. `found` is its spec, None if it has none."""
    if found is None or not _is_file(found):
        return _spec(name, _Renamed(own, found), found)
    places = found.submodule_search_locations
    spec: ModuleSpec | None = _external.spec_from_file_location(
        name, found.origin, submodule_search_locations=None if places is None else list(places)
    )
    assert spec is not None  # of a file with that ending
    return spec


def _is_file(found: ModuleSpec) -> bool:
    """Tell whether there is a source file of its own, as there is none in an archive."""
    origin = str(found.origin)
    return found.has_location and origin.endswith(".py") and os.path.isfile(origin)  # noqa: PTH113


def alias(name: str, own: str, found: ModuleSpec | None) -> ModuleSpec:
    """Return a spec by which the module `own` itself is to be had as `name`."""
    return _spec(name, _Alias(own, found), found)


def alias_within(package: str, own_package: str, name: str) -> ModuleSpec | None:
    """Return the spec of a module of an alias, by which it is the one of the package that the alias is."""
    own = f"{own_package}{name[len(package) :]}"
    path = attributes_of(sys.modules.get(own.rpartition(".")[0])).get("__path__")
    found = _bootstrap._find_spec(own, path)  # type: ignore[attr-defined] # noqa: SLF001 -- asks all finders
    return None if found is None and own not in sys.modules else alias(name, own, found)


def _spec(name: str, loader: Any, found: ModuleSpec | None) -> ModuleSpec:
    spec = _bootstrap.ModuleSpec(name, loader)
    if found is not None:
        spec.origin = found.origin
        spec.has_location = found.has_location
        places = found.submodule_search_locations
        spec.submodule_search_locations = None if places is None else list(places)
    return spec


class _Renamed:
    """The loader of a module for who knows that by another name."""

    def __init__(self, own: str, found: ModuleSpec | None) -> None:
        self._own = own
        self._found = found

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # and is not there: of an object that is being copied
            raise AttributeError(name)
        return getattr(getattr(self._found, "loader", None), name)

    def create_module(self, _: ModuleSpec) -> None:
        return None

    @as_importlib
    def exec_module(self, module: ModuleType) -> None:  # pragma: no cover
        exec(self.get_code(), vars(module))  # noqa: S102 -- what a loader does

    def get_code(self, _: str = "") -> Any:
        code = self._ask("get_code")
        if code is None:
            msg = f"{self._own} has no code in Python, which alone can run by another name"
            raise ImportError(msg, name=self._own)
        return code

    def get_source(self, _: str = "") -> Any:
        return self._ask("get_source")

    def is_package(self, _: str = "") -> Any:
        return self._ask("is_package")

    def get_filename(self, _: str = "") -> Any:
        return self._ask("get_filename")

    def get_resource_reader(self, _: str = "") -> Any:
        return self._ask("get_resource_reader")

    def _ask(self, method: str) -> Any:
        """Ask the loader that was found, by the name that it knows; None where it has no such method."""
        if self._found is None:
            msg = f"No module named {self._own!r}"
            raise ModuleNotFoundError(msg, name=self._own)
        ask = getattr(self._found.loader, method, None)
        return None if ask is None else ask(self._found.name)


class _Alias(_Renamed):
    """Puts the very module into `sys.modules`: one that `create_module` returns would get this spec for its own."""

    @as_importlib
    def exec_module(self, module: ModuleType) -> None:  # pragma: no cover
        own, name = imported(self._own), str(module.__name__)
        if isinstance(getattr(getattr(own, "__spec__", None), "loader", None), _Alias):  # one that waits for this one
            msg = f"{self._own} leads back to {name}: they are aliases of each other"
            raise ImportError(msg, name=name)  # noqa: TRY004 -- an import that fails
        if sys.modules.get(name) is module:
            sys.modules[name] = own
        else:  # a private copy, which is in nobody's way
            vars(module).update((key, value) for key, value in vars(own).items() if not key.startswith("__"))


lazy_imports.make(globals())
