"""Print what others wrote so that all of it is seen."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from backportkit.printable import line, printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from rich.console import Console
    from rich.text import Text

_COMMAND = re.compile(r"backportkit (?:diff|explain|prove) (?!ID\b)[\w.-]+")


def console(width: int | None = None) -> Console:
    """The console of stdout. What others wrote between colons is no emoji."""
    from rich.console import Console

    return Console(emoji=False, width=width)


def escape(text: str) -> str:
    """A text for a table or for `Console.print`, where square brackets mean styles."""
    from rich import markup

    return markup.escape(printable(text))


def lined(text: str, style: str = "") -> Text:
    """A text on one line."""
    from rich.text import Text

    return Text(line(text), style)


def commands(text: str, module: str | None, folder: str = "") -> str:
    """A text in which commands are told which module or file declares their patch, and where to be called."""
    import shlex  # where a next step is printed

    before = f"cd {shlex.quote(folder)} && " if folder else ""
    after = f" --import {shlex.quote(module)}" if module is not None else ""
    return _COMMAND.sub(lambda found: f"{before}{found[0]}{after}", text)


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
