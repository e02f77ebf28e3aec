"""Tell what stands in a module for an import that Python puts off (PEP 810, since 3.15), and put off none of ours."""

from __future__ import annotations

import _frozen_importlib as _bootstrap
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_modes: list[str] = []  # what Python was told, and what each found that came while others were within


def imported(name: str) -> Any:
    """Import a module and return it, as importlib does, which costs a start more than all of ours that use it.

    `__import__` would not do: where another thread's attempt failed meanwhile, it raises nothing.
    """
    return _bootstrap._gcd_import(name)  # type: ignore[attr-defined] # noqa: SLF001 -- what import_module calls


def is_put_off(value: Any) -> bool:
    """Tell whether a value stands for an import that is made when its name is read."""
    kind = type(value)
    return kind.__name__ == "lazy_import" and kind.__module__ == "builtins"


def make(attributes: dict[str, Any]) -> None:
    """Make the imports of a module at once that were put off, as all are under `python -X lazy_imports=all`.

    For whatever runs while an import asks its finders: to read a name there would be to import within that import.
    """
    for name, value in list(attributes.items()):
        if is_put_off(value):
            attributes[name] = value.resolve()


class OnlyOnRequest:
    """For the length of a `with` block, put off only imports that say so themselves, whatever Python was told.

    A module that declares patches may import others for nothing but their declarations, which nobody would ever read.
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
