"""Read TOML on every supported Python."""

from __future__ import annotations

import sys
from importlib import import_module

from backportkit.errors import MissingExtraError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# tomllib came with 3.11; for 3.10 tomli, of the extra `toml`, is the same module.
PARSER = "tomllib" if sys.version_info >= (3, 11) else "tomli"


def parse(text: str) -> dict[str, Any]:
    """The content of a TOML document.

    Raises ValueError if it is none, and MissingExtraError, an ImportError, on Python 3.10 without tomli.
    """
    try:
        parser = import_module(PARSER)
    except ImportError as error:
        raise MissingExtraError(
            f"TOML cannot be read without {PARSER}",
            expected=f"the module {PARSER}, which comes with Python from 3.11 on as tomllib",
            next_step="install 'backportkit[toml]', or write JSON where that is accepted",
        ) from error
    content: dict[str, Any] = parser.loads(text)
    return content
