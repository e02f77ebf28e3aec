"""Write text of others into a page in Markdown, so that it is text there and nothing else."""

from __future__ import annotations

import re
from urllib.parse import quote

from backportkit.printable import line

# What makes markup, HTML, links, references to characters or columns of a table within a line. An underscore within a
# word makes none: https://spec.commonmark.org/0.31.2/#emphasis-and-strong-emphasis
_MARKUP = re.compile(r"[\\`*\[\]<>|&~]|(?<!\w)_|_(?!\w)")


def text(said: str) -> str:
    """Return a text on one line, for anywhere in a line but its beginning."""
    return _MARKUP.sub(r"\\\g<0>", line(said.expandtabs()))


def code(said: str) -> str:
    """Return a text as code, on one line, for anywhere but in a table."""
    written = line(" ".join(said.split())).replace("`", "'")
    return f"`{written or '-'}`"


def link(said: str, file: str) -> str:
    """Return a link to a file beside the page."""
    return f"[{text(said)}]({quote(file, safe='')})"
