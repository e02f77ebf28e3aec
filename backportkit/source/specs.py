"""Find a module without importing it or its parents."""

from __future__ import annotations

import sys
from _frozen_importlib_external import PathFinder  # importlib.machinery has it too, and costs a start more

from backportkit.hook import lazy_imports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from typing import Any


class FinderError(LookupError):
    """A finder has failed, so that nobody knows whether there is such a module."""


def find(name: str) -> ModuleSpec | None:
    """The spec of a module, None if there is none. Unlike importlib.util.find_spec this imports no parent.

    A package that changes its own `__path__` as it runs is taken as it is on disk. Raises FinderError if a finder
    fails, and no other one has the module.
    """
    parent, _, _ = name.rpartition(".")
    if not parent:
        return _ask_finders(name, None)
    found = find(parent)
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


lazy_imports.make(globals())
