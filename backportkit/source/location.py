"""Turn the place of a declaration into a file and a line."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from backportkit import regular_file

_IN_SOURCE = re.compile(r"(?P<path>.+):(?P<line>\d+)")
_IN_DATA = re.compile(r"(?P<path>.+), patch (?P<number>\d+)")
_TABLE = re.compile(r"^[ \t]*\[\[[ \t]*patch[ \t]*\]\]", re.MULTILINE)


def of(place: str) -> tuple[str, int | None]:
    """Return the file of a declaration, relative to the working directory if it is below it, and the line if it is
    known.
    """
    if match := _IN_DATA.fullmatch(place):
        return relative(match["path"]), _line_of_table(match["path"], int(match["number"]))
    if match := _IN_SOURCE.fullmatch(place):
        return relative(match["path"]), int(match["line"])
    return relative(place), None


def entry_of(place: str) -> tuple[Path, int] | None:
    """Return the file of patches that has a declaration, and its number there; None for one in source."""
    match = _IN_DATA.fullmatch(place)
    return None if match is None else (Path(match["path"]).absolute(), int(match["number"]))


def file_of(place: str) -> Path:
    """Return the absolute path of the file that a declaration is in."""
    return Path(of(place)[0]).absolute()


def relative(path: str | Path) -> str:
    """Return the path below the working directory, with slashes; a path elsewhere is returned as it is."""
    base = here()
    if base is None:
        return str(path)
    whole = Path(path).absolute()
    return whole.relative_to(base).as_posix() if whole.is_relative_to(base) else str(path)


def here() -> Path | None:
    """Return the working directory; None if somebody has deleted it."""
    try:
        return Path.cwd()
    except OSError:
        return None


def _line_of_table(path: str, number: int) -> int | None:
    """Return the line of a file's nth `[[patch]]`; None for JSON, which has no such tables."""
    starts = _starts(path)
    return starts[number - 1] if number <= len(starts) else None


@cache
def _starts(path: str) -> tuple[int, ...]:
    text = regular_file.read(path).decode("utf-8")
    return tuple(text.count("\n", 0, match.start()) + 1 for match in _TABLE.finditer(text))
