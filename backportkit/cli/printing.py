"""Print text of others so that all of it is seen."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from backportkit.cli import quiet
from backportkit.printable import line, printable, seen
from backportkit.redacted import redacted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import IO, Any, TextIO

    from rich.text import Text

    from backportkit.cli.screen import Screen

_USUAL = 80  # the width of a terminal that does not tell it
_COMMAND = re.compile(r"backportkit (?:diff|explain|prove|retire) (?!ID\b)[\w.-]+")


def console(width: int | None = None) -> Screen:
    """Return the console of stdout."""
    from backportkit.cli.screen import Screen  # needs rich

    return Screen(width=width)


def clean(text: str) -> str:
    """Return a text of others without secrets, and then with escapes: an escape in it would hide a secret."""
    return seen(redacted(text))


def escape(text: str) -> str:
    """Escape a text for a table or for `Console.print`, where square brackets mean styles."""
    from rich import markup

    return markup.escape(clean(text))


def lined(text: str, style: str = "") -> Text:
    """Return a text on one line."""
    from rich.text import Text

    return Text(line(clean(text)), style)


def versions(installed: Mapping[str, str]) -> str:
    """Return distributions with their versions on one line; nothing for none."""
    return ", ".join(f"{name} {version}" for name, version in installed.items())


def commands(text: str, module: str | None, folder: str = "") -> str:
    """Add to the commands in a text the module or file that declares their patch, and the folder to call them in."""
    before = f"cd {quoted(folder)} && " if folder else ""
    after = f" --import {quoted(module)}" if module is not None else ""
    return _COMMAND.sub(lambda found: f"{before}{found[0]}{after}", text)


def quoted(argument: str, system: str = os.name) -> str:
    """Return an argument as the shells of a system read it; cmd.exe knows no single quotes."""
    if system == "nt":
        from subprocess import list2cmdline

        return list2cmdline([argument])
    from shlex import quote  # needed only where a next step is printed

    return quote(argument)


def room(stream: TextIO | IO[str] | None) -> int:
    """Return the width of a terminal, or the one that `COLUMNS` states. A file or a pipe has room for all texts."""
    stated = os.environ.get("COLUMNS", "")
    if stated.isdecimal() and int(stated):
        return int(stated)
    if stream is None or not stream.isatty():
        return sys.maxsize
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    except (OSError, ValueError):  # it says that it is one, and has no file
        return _USUAL


def say(text: str, *, err: bool = False) -> None:
    """Print a text and the end of its line, unless only what has failed is asked for."""
    if not quiet.is_asked():
        complain(text, err=err)


def complain(text: str, *, err: bool = False) -> None:
    """Print what has failed, and the end of its line. A terminal has long lines broken between words."""
    stream, shown = sys.stderr if err else sys.stdout, clean(text)
    width = room(stream)
    if max(map(len, shown.splitlines()), default=0) > width:
        from rich.text import Text

        from backportkit.cli.screen import folded

        shown = folded(Text(shown), width).plain
    _write(stream, shown)


def emit(document: str) -> None:
    """Print a document for a machine, in which its writer has escaped what others wrote."""
    _write(sys.stdout, document)


def emit_json(document: str) -> None:
    """Print JSON in ASCII, with escapes for what ASCII hides, and for what a log would obey in a text."""
    emit(redacted(document).replace("\x7f", "\\u007f").replace("##", "#\\u0023"))


def _write(stream: TextIO | None, text: str) -> None:
    if stream is not None:  # there is none under pythonw
        stream.write(f"{printable(text).expandtabs()}\n")
        stream.flush()


def cost(requests: int, size: int) -> str:
    """Return what was read from an index, in words."""
    return f"{requests} request{'' if requests == 1 else 's'}, {size / 10**6:.1f} MB"


def as_json(fields: Mapping[str, Any]) -> str:
    """Return the fields of a document as JSON, in ASCII."""
    import json

    return json.dumps(fields, indent=2, default=_written)


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
