"""Read JSON. A text that is nested too deeply or has a key twice is a ValueError, as a text that is no JSON."""

from __future__ import annotations

import json
import re
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeVar

    A = TypeVar("A")
    T = TypeVar("T")

_WHITESPACE = re.compile(r"[ \t\n\r]*")


def parse(text: str | bytes) -> Any:
    """The one value of a text. Raises ValueError if it is no JSON."""
    return _in_words(partial(json.loads, object_pairs_hook=_object), text)


def parse_all(text: str) -> Iterator[Any]:
    """Yield the values of a text, one after another. Raises ValueError for what is none."""
    read = json.JSONDecoder(object_pairs_hook=_object).raw_decode
    position = _after_whitespace(text, 0)
    while position < len(text):
        value, end = _in_words(partial(read, idx=position), text)
        yield value
        position = _after_whitespace(text, end)


def _after_whitespace(text: str, position: int) -> int:
    found = _WHITESPACE.match(text, position)
    return found.end() if found else position


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
