"""Tell what stands in a module for an import that Python puts off (PEP 810, since 3.15), and put off none of ours."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def is_put_off(value: Any) -> bool:
    """Whether a value stands for an import that is made when its name is read."""
    kind = type(value)
    return kind.__name__ == "lazy_import" and kind.__module__ == "builtins"


def make(attributes: dict[str, Any]) -> None:
    """Make the imports of a module at once that were put off, as all are under `python -X lazy_imports=all`.

    For whatever runs while an import asks its finders: to read a name there would be to import within that import.
    """
    for name, value in list(attributes.items()):
        if is_put_off(value):
            attributes[name] = value.resolve()
