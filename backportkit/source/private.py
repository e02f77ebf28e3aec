"""Tell the names that are private to a class, as they are written and as they are when the module runs.

https://docs.python.org/3/reference/expressions.html#private-name-mangling
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_private(name: str) -> bool:
    """Tell whether a name in the body of a class is private to it."""
    return name.startswith("__") and not name.endswith("__")


def stored(owner: str, name: str) -> str:
    """Return the name that the dictionary of a class has for one in its body."""
    prefix = owner.lstrip("_")
    return f"_{prefix}{name}" if prefix and is_private(name) else name


def written(owner: str, name: str) -> str:
    """Return the name in the body of a class for one that its dictionary has."""
    own = name.removeprefix(f"_{owner.lstrip('_')}")
    return own if own != name and is_private(own) else name


def stored_path(path: Sequence[str]) -> tuple[str, ...]:
    """Return the names that lead from a module to a member of a class, as they are when the module runs."""
    return (*path[:1], *(stored(owner, name) for owner, name in pairwise(path)))
