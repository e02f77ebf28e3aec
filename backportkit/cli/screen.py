"""The terminal: whatever is printed by rich, all of it is seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from backportkit.cli.printing import room
from backportkit.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import ConsoleOptions, RenderableType
    from rich.segment import Segment

_INDENT = 2
_WORD = re.compile(r"\S+")


class Screen(Console):
    """A console that makes no emoji of a word between colons, and escapes what nobody sees in any text."""

    def __init__(self, *, width: int | None = None, stderr: bool = False) -> None:
        super().__init__(emoji=False, width=width, stderr=stderr)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of something; those that move the cursor are rich's own, and have no text of others."""
        for one in super().render(renderable, options):
            yield one if one.control else one._replace(text=printable(one.text))

    def tell(self, text: str | Text, column: int | None = None) -> None:
        """Print a text or markup. A terminal has its long lines broken between words, and goes on in a column then."""
        whole = Text.from_markup(text, emoji=False) if isinstance(text, str) else text
        self.print(folded(whole, room(self.file), column), soft_wrap=True)


def folded(text: Text, width: int, column: int | None = None) -> Text:
    """Return a text whose long lines are broken between words. No word is ever broken.

    What follows stands in a column, by default two to the right of where its line begins. A word that is too long for
    that stands two from the left, or at the very left.
    """
    return Text("\n").join(part for line in text.split(allow_blank=True) for part in _parts(line, width, column))


def cut(text: Text, width: int) -> Text:
    """Return the beginning of a text that is too long for a column: whole words, and an ellipsis."""
    if text.cell_len <= width:
        return text
    first = _divided(text, width - 2, 0)[0]
    return first + Text(" …") if first.cell_len <= width - 2 else Text("…")


def _parts(line: Text, width: int, column: int | None) -> Iterator[Text]:
    if line.cell_len <= width:
        yield line
        return
    indent = len(line.plain) - len(line.plain.lstrip()) + _INDENT if column is None else column
    first, *rest = _divided(line, width, indent)
    yield first
    for part in rest:
        yield Text(" " * _column(part.cell_len, width, indent)) + part


def _column(length: int, width: int, indent: int) -> int:
    """Return the column for what follows: the given one, or one at the left for a word that has no room there."""
    return next((one for one in (indent, _INDENT) if one + length <= width), 0)


def _divided(line: Text, width: int, indent: int) -> list[Text]:
    """Return parts of a line, each with as many whole words as there is room for, and one at the least."""
    parts = list(line.divide(_breaks(line.plain, width, indent)))
    for one in parts:
        one.rstrip()
    return parts


def _breaks(line: str, width: int, indent: int) -> list[int]:
    breaks: list[int] = []
    begin = 0
    for word in _WORD.finditer(line):
        left = width - indent * bool(breaks)
        if line[begin : word.start()].strip() and cell_len(line[begin : word.end()]) > left:
            begin = word.start()
            breaks.append(begin)
    return breaks
