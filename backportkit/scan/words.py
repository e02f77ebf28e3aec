"""Find a name in a text: a plain search is several times as fast as one for the bounds of words, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def offsets(text: str, name: str) -> Iterator[int]:
    """Yield where a name stands in a text as a word of its own."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if not (_is_of_word(text[at - 1 : at]) or _is_of_word(text[end : end + 1])):
            yield at
        at = text.find(name, end)


def _is_of_word(letter: str) -> bool:
    return letter.isidentifier() or letter.isdigit()
