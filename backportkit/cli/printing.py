"""Print what others wrote so that all of it is seen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer
from rich import markup
from rich.text import Text

from backportkit.printable import line, printable

if TYPE_CHECKING:
    from pydantic import BaseModel


def escape(text: str) -> str:
    """A text for a table or for `Console.print`, where square brackets mean styles."""
    return markup.escape(printable(text))


def lined(text: str, style: str = "") -> Text:
    """A text on one line."""
    return Text(line(text), style)


def say(text: str, *, err: bool = False) -> None:
    """Print a text that stands by itself."""
    typer.echo(printable(text), err=err)


def as_json(document: BaseModel) -> str:
    """A document as JSON, in ASCII."""
    return json.dumps(document.model_dump(mode="json"), indent=2)
