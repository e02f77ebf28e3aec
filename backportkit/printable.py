"""Show invisible characters, so that a text of any origin hides nothing from its reader."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Letters and marks without a shape, which neither `str.isprintable` nor the category of a character tells from others:
# fillers, and the selectors of variants, except the one that makes an emoji of a symbol.
_SHAPELESS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0e\uffa0\U000e0100-\U000e01ef]")
_LAYOUT = frozenset("\t\n")
_LAYOUT_OF_SOURCE = frozenset("\t\n\f")
# Words and emoji contain joiners; a soft hyphen is seen where it is needed.
_SPELLING = frozenset("\u00ad\u200c\u200d")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    """Return a text in which control characters, marks of direction and other invisible characters are escaped.

    Ends of lines and tabs stay.
    """
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(map(_shown, text))


def line(text: str) -> str:
    """Return a text as `printable` does, on one line."""
    return printable(text).replace("\n", "\\n")


def hidden(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line, from 1, and the escape of each character of a source file that a reader does not see.

    A carriage return alone is one of them: it ends a line for Python, and a terminal writes over what stands there.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if text.isascii() and text.translate(dict.fromkeys(map(ord, _LAYOUT_OF_SOURCE))).isprintable():
        return
    for number, written in enumerate(text.split("\n"), 1):
        yield from ((number, _escape(one)) for one in written if _is_hidden(one))


def _shown(one: str) -> str:
    return one if one in _LAYOUT or (one.isprintable() and not _SHAPELESS.match(one)) else _escape(one)


def _is_hidden(one: str) -> bool:
    if one in _LAYOUT_OF_SOURCE or one in _SPELLING:
        return False
    return unicodedata.category(one) in _UNSEEN or _SHAPELESS.match(one) is not None


def _escape(one: str) -> str:
    return one.encode("unicode_escape").decode("ascii")
