"""The terminal: whatever is printed by rich, all of it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from backportkit.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import ConsoleOptions, RenderableType
    from rich.segment import Segment


class Screen(Console):
    """A console that makes no emoji of a word between colons, and escapes what nobody sees in any text."""

    def __init__(self, *, width: int | None = None, stderr: bool = False) -> None:
        super().__init__(emoji=False, width=width, stderr=stderr)

    def on_broken_pipe(self) -> None:
        """Let the command end as it does wherever nobody reads what it prints; rich would end it by itself, with 1."""
        raise BrokenPipeError

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of something; those that move the cursor are rich's own, and have no text of others."""
        for one in super().render(renderable, options):
            yield one if one.control else one._replace(text=printable(one.text))
