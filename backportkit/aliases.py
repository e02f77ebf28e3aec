"""Find the copies of an object that `from module import name` left in other modules, and rebind them in one sweep."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from typing import Any

    Change = tuple[Any, Any]


class Alias:
    """One name in one module that was bound to a replaced object."""

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    def __repr__(self) -> str:
        return f"{self.module}.{self.name}"


def rebind(changes: Iterable[Change], dictionaries: Iterable[tuple[str, dict[str, Any]]]) -> list[Alias]:
    """Bind every name that holds the first object of a change to the second; return what was rebound.

    One pass over the module dictionaries given (each with the module's name), by identity, whatever the number of
    changes; none at all if there is no change. Only callables and classes are followed: the identity of a constant says
    nothing about where it came from.
    """
    successors = {id(old): (old, new) for old, new in _unwrapped(changes) if callable(old) and old is not new}
    if not successors:
        return []
    rebound = []
    for module_name, attributes in dictionaries:
        for name, value in list(attributes.items()):
            if id(value) in successors:
                attributes[name] = successors[id(value)][1]
                rebound.append(Alias(module_name, name))
    return rebound


def _unwrapped(changes: Iterable[Change]) -> Iterator[Change]:
    """Each change, and for static methods the functions inside: what `f = Class.method` captured is the function."""
    for old, new in changes:
        yield old, new
        if isinstance(old, staticmethod) and isinstance(new, staticmethod):
            yield old.__func__, new.__func__


def loaded_modules(spared: Collection[str] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and the dictionary of each loaded module but the spared ones. Attributes are never asked for, so that
    no lazy import happens.
    """
    for name, module in list(sys.modules.items()):
        if module is None or name in spared:
            continue
        try:
            yield name, object.__getattribute__(module, "__dict__")
        except AttributeError:
            continue
