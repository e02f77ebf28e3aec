"""Read JSON. A text that is nested too deeply or has a key twice is a ValueError, as a text that is no JSON."""

from __future__ import annotations

import json
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    A = TypeVar("A")
    T = TypeVar("T")


def parse(text: str | bytes) -> Any:
    """The one value of a text. Raises ValueError if it is no JSON."""
    return _in_words(partial(json.loads, object_pairs_hook=_object), text)


def parse_first(text: str) -> tuple[Any, int]:
    """The first value of a text, and where it ends. Raises ValueError if there is none."""
    return _in_words(json.JSONDecoder(object_pairs_hook=_object).raw_decode, text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object, and refuse a key that stands in it twice: the json module would silently keep the last only."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            msg = f"the key {key!r} stands twice in one object"
            raise ValueError(msg)
        found[key] = value
    return found


def _in_words(read: Callable[[A], T], text: A) -> T:
    try:
        return read(text)
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None
