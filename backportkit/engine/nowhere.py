"""Say that a module which a patch waits for is not there."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from backportkit import alike
from backportkit.hook.watch import attributes_of
from backportkit.source import specs

if TYPE_CHECKING:
    from collections.abc import Sequence


def words_for(name: str) -> str:
    """Return the end of a reason: no finder has the module. Empty if one may have it. Imports nothing."""
    package, _, last = name.rpartition(".")
    folders: Sequence[str] = attributes_of(sys.modules.get(package)).get("__path__") or ()
    try:
        found = specs.find(name) or (PathFinder.find_spec(name, folders) if folders else None)
        is_looked_for = found is None and (folders or not package)
        names = [one.name for one in iter_modules(folders or None)] if is_looked_for else []
    except Exception:  # noqa: BLE001 -- what a finder or an object in place of a path raises
        return ""
    close = alike.there_is(last, names)
    way = "correct the target, or narrow `requires` to the releases that have it"
    return "" if found is not None else f", and no finder has such a module so far{close}: {way}"
