"""Read the comments beside a patch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.source.reader import first_line

if TYPE_CHECKING:
    from backportkit.scan.find import Found


def beside(found: Found) -> str:
    """Return the comments in the outermost definition that a patch stands in, and the last block of them above."""
    file, statement = found.frame.file, found.edit.statement
    top = [statement, *(place.node for place in file.chain(statement))][-2:][0]
    lines = file.source.split("\n")
    first, last = first_line(top), getattr(top, "end_lineno", None) or first_line(top)
    above = _last_block(lines[: first - 1])
    return "\n".join([*above, *(line.partition("#")[2] for line in lines[first - 1 : last] if "#" in line)])


def _last_block(lines: list[str]) -> list[str]:
    """Return the last lines in a row that are comments of their own, at the top of the file."""
    end = next((at for at in range(len(lines), 0, -1) if lines[at - 1].startswith("#")), 0)
    start = next((at for at in range(end, 0, -1) if not lines[at - 1].startswith("#")), 0)
    return lines[start:end]
