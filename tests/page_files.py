"""The examples of a page: files of a project, commands, and cells of a notebook with what they show."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"

_BLOCK = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$\n*", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"# (?P<path>[\w./]+\.\w+)\n")


def files_of(page: str) -> dict[str, str]:
    """Return the text of each example whose first line is a comment with the name of a file, by that name."""
    named = ((_NAME.match(text), text) for kind, text in _blocks(page) if kind == "python")
    return {name["path"]: text for name, text in named if name}


def cells_of(page: str) -> list[tuple[str, str]]:
    """Return the Python examples with the text that the page shows right below each; empty where it shows none."""
    found: list[tuple[str, str]] = []
    end = -1
    text = (DOCS / page).read_text("utf-8")
    for block in _BLOCK.finditer(text):
        if block["kind"] == "python":
            found.append((block["text"], ""))
        elif block["kind"] == "text" and block.start() == end:
            found[-1] = found[-1][0], block["text"]
        end = block.end()
    return found


def commands_of(page: str) -> list[str]:
    """Return the commands of a shell that a page shows, one a line."""
    return [line for kind, text in _blocks(page) if kind == "bash" for line in text.splitlines()]


def _blocks(page: str) -> list[tuple[str, str]]:
    return [(one["kind"], one["text"]) for one in _BLOCK.finditer((DOCS / page).read_text("utf-8"))]
