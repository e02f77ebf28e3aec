"""Show invisible characters, so that a text of any origin hides nothing from its reader."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Letters, marks and symbols without a shape, which neither `str.isprintable` nor the category of a character tells from
# others: fillers, blanks, and the selectors of variants.
_SHAPELESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)
# The one selector that is seen: it makes an emoji of a symbol, or of a digit on a keycap.
_EMOJI, _KEYCAP = "\ufe0f", "\u20e3"
_SYMBOLS = frozenset({"So", "Sm", "Po", "Pd"})
# Lines that a log of GitHub Actions obeys, from whatever program: `::name ...::` at the start of a line, and the older
# `##[name]` anywhere in it, as Azure Pipelines' `##vso[name]`, see
# https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs. A table may break a line at any word.
_NAMES = r"(?:[a-z]+(?:-[a-z]+)+|debug|echo|endgroup|error|group|notice|warning)"
_OBEYED = re.compile(rf"(?<!\S)::(?={_NAMES}(?: |::))|##(?=\w*\[)", re.IGNORECASE)
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
    return "".join(_shown(text, at) for at in range(len(text)))


def seen(text: str) -> str:
    """Return a text as `printable` does; what a log would take for a command of its own is escaped, too."""
    return _OBEYED.sub(lambda found: f"{found[0][0]}\\x{ord(found[0][1]):x}", printable(text))


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
        yield from ((number, _escape(one)) for at, one in enumerate(written) if _is_hidden(written, at))


def _shown(text: str, at: int) -> str:
    one = text[at]
    return one if one in _LAYOUT or (one.isprintable() and not _is_shapeless(text, at)) else _escape(one)


def _is_hidden(text: str, at: int) -> bool:
    one = text[at]
    if one in _LAYOUT_OF_SOURCE or one in _SPELLING:
        return False
    return unicodedata.category(one) in _UNSEEN or _is_shapeless(text, at)


def _is_shapeless(text: str, at: int) -> bool:
    return _SHAPELESS.match(text[at]) is not None and not _is_of_emoji(text, at)


def _is_of_emoji(text: str, at: int) -> bool:
    """Tell whether a character is the selector that makes an emoji of the one before it."""
    before = text[at - 1 : at]
    if text[at] != _EMOJI or not before or _SHAPELESS.match(before):
        return False
    return text[at + 1 : at + 2] == _KEYCAP or (not before.isascii() and unicodedata.category(before) in _SYMBOLS)


def _escape(one: str) -> str:
    return one.encode("unicode_escape").decode("ascii")
