"""Keep the comments and blank lines between statements as they should be, where some statements are gone.

A comment right above a statement goes with it. One with a blank line below is the heading of what follows, and stays
as long as something does. `# fmt: off` and `# fmt: on` stand wherever they are needed for what stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import libcst

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Lines: TypeAlias = Sequence[libcst.EmptyLine]

Statement: TypeAlias = libcst.SimpleStatementLine | libcst.BaseCompoundStatement
_FORMATTED = {"# fmt: off": False, "# fmt: on": True}


class Step(NamedTuple):
    """A statement, and what stays of it."""

    before: Statement
    after: Statement | None


def joined(steps: Iterable[Step], footer: Lines, header: Lines = ()) -> tuple[list[Statement], list[libcst.EmptyLine]]:
    """Return the statements that stay and the lines after them, with the comments and blank lines that belong there."""
    kept: list[Statement] = []
    heading: list[libcst.EmptyLine] = []
    blanks: int | None = None  # before the first of the statements that are gone here
    was = now = _state(header, True)  # whether code is formatted: as it was written, and as it is now
    for before, after in steps:
        lines = leading(before)
        was = _state(lines, was)
        if after is None:
            heading = _heading(lines) or heading
            blanks = _blanks(lines) if blanks is None else blanks
            continue
        lines = lines if _heading(lines) else _under(heading, lines)
        lines = _spaced(_toggled(lines, now, was), blanks or 0)
        kept.append(after.with_changes(leading_lines=lines))
        heading, blanks, now = [], None, was
    rest = _toggled(footer, now, _state(footer, was))
    return kept, rest[_blanks(rest) :] if blanks is not None else rest


def leading(statement: Statement) -> list[libcst.EmptyLine]:
    """Return the lines before a statement."""
    return [*statement.leading_lines]


def unspaced(statement: Statement) -> Statement:
    """Return a statement without blank lines before it."""
    lines = leading(statement)
    return statement.with_changes(leading_lines=lines[_blanks(lines) :])


def spaced(statement: Statement) -> Statement:
    """Return a statement with a blank line before it."""
    return statement.with_changes(leading_lines=_spaced(leading(statement), 1))


def _state(lines: Lines, before: bool) -> bool:  # noqa: FBT001 -- a state that is handed on
    for line in lines:
        before = _FORMATTED.get(_comment(line), before)
    return before


def _toggled(lines: Lines, now: bool, wanted: bool) -> list[libcst.EmptyLine]:  # noqa: FBT001 -- as above
    """Return lines with the switches that change something, the last of which leads to the wanted state."""
    kept = []
    for line in lines:
        state = _FORMATTED.get(_comment(line), now)
        if state != now or _comment(line) not in _FORMATTED:
            kept.append(line)
        now = state
    if now != wanted:
        switch = next(text for text, state in _FORMATTED.items() if state is wanted)
        kept.insert(_blanks(kept), libcst.EmptyLine(comment=libcst.Comment(switch)))
    return kept


def _heading(lines: Lines) -> list[libcst.EmptyLine]:
    """Return the lines up to the last blank one, if there is a comment among them."""
    last = max((at for at, one in enumerate(lines) if one.comment is None), default=-1)
    found = [*lines[: last + 1]]
    return found if any(_comment(one) and _comment(one) not in _FORMATTED for one in found) else []


def _under(heading: Lines, lines: Lines) -> list[libcst.EmptyLine]:
    """Return lines under a heading, with as many blank ones between as one of the two has."""
    after = _blanks([*reversed(heading)])
    return [*heading[: len(heading) - after], *_spaced(lines, after)]


def _spaced(lines: Lines, least: int) -> list[libcst.EmptyLine]:
    """Return lines that begin with at least so many blank ones."""
    return [*(libcst.EmptyLine(indent=False) for _ in range(least - _blanks(lines))), *lines]


def _blanks(lines: Lines) -> int:
    """Return the number of blank lines at the beginning."""
    return next((at for at, one in enumerate(lines) if one.comment is not None), len(lines))


def _comment(line: libcst.EmptyLine) -> str:
    return "" if line.comment is None else line.comment.value
