"""Print the help of the program, and of its commands."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

_COLOURED = ("GITHUB_ACTIONS", "FORCE_COLOR", "PY_COLORS")  # typer has colours with these even without a terminal
_OPTION = r"(?<!\S)--[\w-]+"


def show(usage: str, about: str, panels: Mapping[str, Mapping[str, str]]) -> None:
    """Print the usage, the purpose of the program or the command, and panels of names, each name with its text."""
    console = Console(force_terminal=True if any(map(os.getenv, _COLOURED)) else None)
    line = Text(usage, "bold")
    line.highlight_words(["Usage:"], "yellow")
    console.print(Padding(line, 1))
    console.print(Padding(about, (0, 1, 1, 1)), highlight=False)
    for title, texts in panels.items():
        console.print(Panel(_table(texts), border_style="dim", title=title, title_align="left"))


def _table(texts: Mapping[str, str]) -> Table:
    table = Table(box=None, show_header=False, expand=True, pad_edge=False)
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(ratio=1)
    for name, text in texts.items():
        words = Text(" ".join(text.split()))
        words.highlight_regex(_OPTION, "bold cyan")
        table.add_row(Text(name), words)
    return table
