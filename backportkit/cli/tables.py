"""Print tables that break no word: a text without room in its column is cut, or is printed below its row."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from backportkit.cli.printing import console, room
from backportkit.cli.screen import cut as cut_off
from backportkit.cli.screen import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
_GAP = 2
_LEAST = 20  # characters of a text that is cut
_NARROW = 40  # characters of a line that is broken between words


def show(columns: Sequence[str], rows: Iterable[Sequence[str]], *, wide: str) -> None:
    """Print rows of markup as a table. The texts of the column `wide` are broken between words.

    If that column has no room for its longest word, each row is a line, with its text of that column below.
    """
    cells, at = _texts(rows), columns.index(wide)
    widths = _widths(columns, cells)
    left = room(sys.stdout) - sum(widths) + widths[at] - _GAP * (len(columns) - 1)
    longest = max((len(word) for row in cells for word in row[at].plain.split()), default=0)
    if left < max(longest, min(_NARROW, widths[at])):
        _show_below(cells, at)
        return
    widths[at] = min(widths[at], left)
    _show_table(columns, cells, widths, wide)


def show_lines(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, cut: Sequence[str], least: int = _LEAST
) -> bool:
    """Print rows of markup, each on one line; tell whether a text was cut.

    Only texts in the columns `cut` are cut, and end in an ellipsis. A file or a pipe has room for all texts. Where a
    terminal has no room for even the beginning of the only such text, its `least` characters, it stands below its row.
    """
    cells = _texts(rows)
    widths = _widths(columns, cells)
    flexible = [columns.index(name) for name in cut]
    left = (
        room(sys.stdout)
        - sum(width for at, width in enumerate(widths) if at not in flexible)
        - _GAP * (len(columns) - 1)
    )
    is_cut = sum(widths[at] for at in flexible) > left and bool(flexible)
    if is_cut and left < least and not flexible[1:]:
        heads = [Text(name, style="bold") for name in columns]
        _show_below([heads, *cells], flexible[0], widths)
        return False
    if is_cut:
        for at in flexible:
            widths[at] = min(widths[at], max(_LEAST, left // len(flexible)))
            for row in cells:
                row[at] = cut_off(row[at], widths[at])
    _show_table(columns, cells, widths)
    return is_cut


def _texts(rows: Iterable[Sequence[str]]) -> list[list[Text]]:
    return [[Text.from_markup(cell, emoji=False) for cell in row] for row in rows]


def _widths(columns: Sequence[str], cells: list[list[Text]]) -> list[int]:
    headed = [[Text(name), *(row[at] for row in cells)] for at, name in enumerate(columns)]
    return [max(line.cell_len for cell in column for line in cell.split()) for column in headed]


def _show_table(columns: Sequence[str], cells: list[list[Text]], widths: Sequence[int], wide: str = "") -> None:
    table = Table(box=None, pad_edge=False)
    for name, width in zip(columns, widths, strict=True):
        table.add_column(name, width=width, no_wrap=name != wide, overflow="ellipsis")
        if name == "time":
            table.columns[-1].justify = "right"
    for row in cells:
        table.add_row(*row)
    console(sum(widths) + _GAP * len(columns)).print(table)


def _show_below(cells: list[list[Text]], at: int, widths: Sequence[int] = ()) -> None:
    """Print each row as a line, with its text of a column below; in columns, if their widths are given and fit."""
    out, width = console(), room(sys.stdout)
    others = [*widths[:at], *widths[at + 1 :]]
    if sum(others) + _GAP * (len(others) - 1) > width:
        others = []
    for row in cells:
        texts = [*row[:at], *row[at + 1 :]]
        for text, width_of in zip(texts, others[:-1], strict=False):
            text.align("left", width_of)
        out.tell(Text(" " * _GAP).join(texts), 2 * _GAP)
        for line in folded(row[at], width - _GAP).split() if row[at] else ():
            out.print(Text(" " * _GAP) + line, soft_wrap=True)
