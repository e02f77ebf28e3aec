"""Read JSON that others wrote: what is nested too deeply is a ValueError, as everything else that cannot be read is."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    A = TypeVar("A")
    T = TypeVar("T")


def parse(text: str | bytes) -> Any:
    """The one value of a text. Raises ValueError if it is no JSON."""
    return _in_words(json.loads, text)


def parse_first(text: str) -> tuple[Any, int]:
    """The first value of a text, and where it ends. Raises ValueError if there is none."""
    return _in_words(json.JSONDecoder().raw_decode, text)


def _in_words(read: Callable[[A], T], text: A) -> T:
    try:
        return read(text)
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None
