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
    """A finder has failed, so that nobody knows whether the module exists."""


def find(name: str) -> ModuleSpec | None:
    """Return the spec of a module; None if there is none. Unlike importlib.util.find_spec, this imports no parent.

    A package that changes its own `__path__` as it runs is taken as it is on disk. Raises FinderError if a finder fails
    and no other one has the module.
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
        except ImportError:  # the finder refuses the module
            return None
        except Exception as error:  # noqa: BLE001 -- one that calls PathFinder expects an imported parent: see `_ask`
            failed = failed or error
            continue
        if spec is not None:
            # The source of a frozen module is on the path, beside the modules that are not frozen.
            return (_ask(PathFinder, name, path) or spec) if spec.origin == "frozen" else spec
    if failed is None:
        return None
    msg = f"{name} cannot be looked for, since a finder raised {type(failed).__name__}: {failed}"
    raise FinderError(msg) from failed


def _ask(finder: Any, name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    if not hasattr(finder, "find_spec"):  # it follows the protocol before 3.4, which 3.12 has removed
        return None
    if finder is PathFinder:  # the last name is enough; with the whole name a namespace package needs its parent
        name = name.rpartition(".")[2]
    spec: ModuleSpec | None = finder.find_spec(name, path, None)
    return spec


lazy_imports.make(globals())
