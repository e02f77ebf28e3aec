"""Take a module out of a process, with what is within it, and say who still has it."""

from __future__ import annotations

import sys
from types import FunctionType

from backportkit.hook import lazy_imports
from backportkit.hook.watch import attributes_of
from backportkit.layers import search
from backportkit.layers.place import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_SHOWN = 5


def take_out(name: str, module: Any, package: Callable[[], Any], had: Any) -> None:
    """Take a module and those within it out of `sys.modules`, and have its package have what it had by that name.

    That may have been imported anew since: then it had nothing.
    """
    for within in [one for one in list(sys.modules) if one.startswith(f"{name}.")]:
        sys.modules.pop(within, None)
    sys.modules.pop(name, None)
    outer, _, last = name.rpartition(".")
    for owner in (sys.modules.get(outer), package()):
        attributes = attributes_of(owner)
        if attributes.get(last) is not module:
            continue
        if had is MISSING or owner is not package():
            attributes.pop(last, None)
        else:
            attributes[last] = had


def holders(module: Any, name: str) -> list[str]:
    """The names in modules that lead to a module or to what it defines, as `module:name`; the first of them."""
    defined = [value for value in list(attributes_of(module).values()) if _is_defined_in(name, value)]
    ids = {id(value) for value in (module, *defined)}
    spaces: dict[int, tuple[str, dict[str, Any]]] = {}  # by identity: one module may be loaded under several names
    for where, attributes in search.loaded_modules():
        spaces.setdefault(id(attributes), (where, attributes))
    items = ((where, *item) for where, attributes in spaces.values() for item in list(attributes.items()))
    found = [f"{where}:{key}" for where, key, value in items if id(value) in ids]
    return found[:_SHOWN] + ([f"{len(found) - _SHOWN} more names"] if len(found) > _SHOWN else [])


def _is_defined_in(name: str, value: Any) -> bool:
    is_one = type(value) is FunctionType or issubclass(type(value), type)
    return is_one and search.text_of(value, "__module__") == name


lazy_imports.make(globals())
