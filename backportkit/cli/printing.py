"""Print what others wrote so that all of it is seen."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from backportkit.printable import line, printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from rich.console import Console
    from rich.text import Text


def console() -> Console:
    """The console of stdout. What others wrote between colons is no emoji."""
    from rich.console import Console

    return Console(emoji=False)


def escape(text: str) -> str:
    """A text for a table or for `Console.print`, where square brackets mean styles."""
    from rich import markup

    return markup.escape(printable(text))


def lined(text: str, style: str = "") -> Text:
    """A text on one line."""
    from rich.text import Text

    return Text(line(text), style)


def say(text: str, *, err: bool = False) -> None:
    """Print a text that stands by itself."""
    stream = sys.stderr if err else sys.stdout
    if stream is not None:  # there is none under pythonw
        stream.write(f"{printable(text)}\n")
        stream.flush()


def as_json(fields: Mapping[str, Any]) -> str:
    """The fields of a document as JSON, in ASCII."""
    import json

    return json.dumps(fields, indent=2, default=_written)


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
