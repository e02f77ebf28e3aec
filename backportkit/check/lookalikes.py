"""BK110: find names in the source of a patch that look like other names, since letters of two alphabets look alike.

Source: https://www.unicode.org/reports/tr39/, of whose letters these are those that look most alike.
"""

from __future__ import annotations

import io
import tokenize
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit.check import hidden
from backportkit.check.findings import Finding, about
from backportkit.source import location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.registry import Declared

# Cyrillic, Greek and Armenian ones, each beside the Latin one. Letters that formulas have, such as \u03c1, are no part.
_OTHERS = (
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u0501\u051b\u051d"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0405\u0406\u0408"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u0585"
)
_LATIN = "aeopcyxsijhdqwABEKMHOPCTYXSIJABEZHIKMNOPTYXoo"
_LIKE = str.maketrans(_OTHERS, _LATIN)


def judge(declared: Declared) -> Iterator[Finding]:
    """Yield a finding for each file with such names that declares the patch or has code that it brings along."""
    for path in hidden.files(declared):
        found = _in_file(path)
        if found:
            number, name = found[0]
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            written = name.encode("unicode_escape").decode()
            message = f"{location.relative(path)}:{number} has '{written}'{more}, which looks like {_latin(name)}"
            yield about(declared, "BK110", message, "write it in letters of ASCII, or by a name that looks like none")


@cache
def _in_file(path: str) -> list[tuple[int, str]]:
    try:
        return list(_in_source(Path(path).read_bytes()))
    except (OSError, SyntaxError, ValueError, tokenize.TokenError):  # no source of Python, or it is gone
        return []


def _in_source(content: bytes) -> Iterator[tuple[int, str]]:
    for token in () if content.isascii() else tokenize.tokenize(io.BytesIO(content).readline):
        if token.type == tokenize.NAME and not token.string.isascii() and _latin(token.string).isascii():
            yield token.start[0], token.string


def _latin(name: str) -> str:
    """Return a name as a reader sees it. Python reads letters of other shapes, such as bold ones, as the plain ones."""
    return unicodedata.normalize("NFKC", name).translate(_LIKE)
