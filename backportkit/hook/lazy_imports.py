"""Recognise a value that stands for a deferred import (PEP 810, since 3.15), and defer no import of backportkit's."""

from __future__ import annotations

import _frozen_importlib as _bootstrap
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_modes: list[str] = []  # the modes that the open blocks have found: the first is the one that Python was told


def imported(name: str) -> Any:
    """Import a module and return it, as `importlib.import_module` does.

    importlib costs a start more than all code of ours that would use it. `__import__` would not do: where another
    thread's attempt failed meanwhile, it raises nothing.
    """
    return _bootstrap._gcd_import(name)  # type: ignore[attr-defined] # noqa: SLF001 -- what import_module calls


def is_deferred(value: Any) -> bool:
    """Tell whether a value stands for an import that is made when its name is read."""
    kind = type(value)
    return kind.__name__ == "lazy_import" and kind.__module__ == "builtins"


def make(attributes: dict[str, Any]) -> None:
    """Make the deferred imports of a module now; under `python -X lazy_imports=all`, all its imports are deferred.

    Modules whose code runs while an import asks its finders need that: to read a deferred name there would be to import
    within that import.
    """
    for name, value in list(attributes.items()):
        if is_deferred(value):
            attributes[name] = value.resolve()


class OnlyOnRequest:
    """For the length of a `with` block, defer only imports that say so themselves, whatever Python was told.

    A module may import others only for the declarations in them, and never read the names: those imports must be made.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        if hasattr(sys, "get_lazy_imports"):
            _modes.append(sys.get_lazy_imports())  # pyright: ignore[reportAttributeAccessIssue] -- known since 3.15
            sys.set_lazy_imports("normal")  # type: ignore[attr-defined]

    def __exit__(self, *_: object) -> None:
        mode = _modes.pop() if _modes else ""
        if mode and not _modes:
            sys.set_lazy_imports(mode)  # type: ignore[attr-defined]
