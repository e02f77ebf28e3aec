"""Read TOML on every supported Python."""

from __future__ import annotations

import sys
from importlib import import_module

from backportkit.errors import MissingExtraError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# tomllib came with 3.11; for 3.10 tomli, of the extra `toml`, is the same module.
_DEEPEST = 1000
PARSER = "tomllib" if sys.version_info >= (3, 11) else "tomli"


def parse(text: str) -> dict[str, Any]:
    """The content of a TOML document.

    Raises ValueError if it is none, and MissingExtraError, an ImportError, on Python 3.10 without tomli.
    """
    try:
        parser = import_module(PARSER)
    except ImportError as error:
        needed = f"on Python before 3.11, TOML needs {PARSER}"
        raise MissingExtraError.of("toml", needed=needed, instead="; or write JSON where that is accepted") from error
    if max(map(_depth_of_keys, text.splitlines()), default=0) > _DEEPEST:
        msg = f"a key has more than {_DEEPEST} parts"
        raise ValueError(msg)
    try:
        content: dict[str, Any] = parser.loads(text)
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None
    return content


def _depth_of_keys(line: str) -> int:
    """How many dots a key in a line has at most. The parser takes memory by their square: 40 GB for 100,000."""
    for separator in "=,[]{}#":
        line = line.replace(separator, "\n")
    return max((part.count(".") for part in line.split("\n")), default=0)
