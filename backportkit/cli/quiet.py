"""Print only what has failed, where the user asks for that by --quiet. What is for machines stays as it is."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    T = TypeVar("T")

_asked = False


def ask(wish: bool) -> None:  # noqa: FBT001 -- the value of the option
    """Take note of what the user asks for. It holds for the whole process, which runs one command."""
    global _asked  # noqa: PLW0603 -- as the level of a log
    _asked = wish


def is_asked() -> bool:
    """Tell whether only what has failed is to be printed."""
    return _asked


def shown(items: Iterable[T], has_failed: Callable[[T], object]) -> list[T]:
    """Return the items that are to be printed: all, or those alone that have failed."""
    return [one for one in items if not _asked or has_failed(one)]
