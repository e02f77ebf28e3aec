"""Show progress: on a terminal in place, elsewhere with a line for each step that takes long.

What does the work is given one of these as the observer that it asks for, and knows nothing of terminals.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from backportkit.cli import quiet
from backportkit.cli.printing import escape, say
from backportkit.cli.screen import Screen
from backportkit.printable import line

if TYPE_CHECKING:
    from rich.progress import ProgressColumn
    from typing_extensions import Self

    from backportkit.proof.record import Cell

_HOURS = 24 * 3600.0
_MOMENT = 1.0  # seconds


class _Display:
    """Show progress on a terminal that is stderr, for the length of a `with` block, if that takes more than a moment.

    Nothing is left of it at the end. Elsewhere, and before the moment is over, nothing is drawn.
    """

    def __init__(self, *columns: ProgressColumn) -> None:
        console = Screen(stderr=True)
        is_drawn = not quiet.is_asked() and console.is_interactive and sys.stderr.isatty()
        self._progress = Progress(
            *columns,
            console=console,
            transient=True,
            disable=not is_drawn,
            redirect_stdout=False,
            speed_estimate_period=_HOURS,
        )
        self._begin = threading.Timer(_MOMENT, self._progress.start)
        self._begin.daemon = True  # an interrupt waits for nothing

    def __enter__(self) -> Self:
        if not self._progress.disable:
            self._begin.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress.disable:
            return
        self._begin.cancel()
        self._begin.join()
        if self._progress.live.is_started:
            self._progress.stop()

    def _say(self, step: str) -> None:
        if self._progress.disable:
            say(step, err=True)


def _described(step: str) -> str:
    return line(escape(step))


class Steps(_Display):
    """Show one step after the other, each with the time that it has taken so far."""

    def __init__(self) -> None:
        super().__init__(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())

    def __call__(self, step: str) -> None:
        """Begin a step."""
        self._say(step)
        for task in self._progress.tasks:
            self._progress.update(task.id, visible=False)
        self._progress.add_task(_described(step), total=None)


class Cells(_Display):
    """Show how many cells of a matrix are done, of how many, and how long the rest will take at this pace."""

    def __init__(self) -> None:
        super().__init__(
            SpinnerColumn(),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.description}"),
        )
        self._task = self._progress.add_task("", total=0)
        self._started = time.monotonic()
        self._done = self._expected = 0

    def expect(self, cells: int) -> None:
        """Add a number of cells to those that are going to be proved."""
        self._expected += cells
        self._progress.update(self._task, total=self._expected)

    def begin(self, step: str) -> None:
        """Begin a step that takes a while."""
        self._say(step)
        self._progress.update(self._task, description=_described(step))

    def done(self, patch: str, cell: Cell) -> None:
        """Count a cell as done, whatever its outcome."""
        self._done += 1
        self._progress.update(self._task, completed=self._done)
        beside = f" with Python {cell.python}" if cell.python != cell.version else ""
        self._say(f"{self._done}/{self._expected} {patch} on {cell.version}{beside}: {cell.outcome}{self._left()}")

    def _left(self) -> str:
        """Say how long the rest takes; empty if nothing is left, or too few are done, which had environments built."""
        seconds = (time.monotonic() - self._started) / self._done * (self._expected - self._done)
        return f", about {seconds:.0f} s left" if self._expected / 3 <= self._done < self._expected else ""


class Items(_Display):
    """Show how many things are done, of how many, and how long the rest will take at this pace."""

    def __init__(self) -> None:
        super().__init__(
            SpinnerColumn(),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.description}"),
        )
        self._task = self._progress.add_task("", total=0)
        self._expected = 0

    def expect(self, number: int) -> None:
        """Add a number of things to those that are going to be done."""
        self._expected += number
        self._progress.update(self._task, total=self._expected)

    def done(self, item: str) -> None:
        """Count a thing as done."""
        self._progress.update(self._task, advance=1, description=_described(item))


class Releases(Items):
    """The same of releases that are read, of which the number is told elsewhere, too."""

    def __init__(self) -> None:
        super().__init__()
        self._said = 0

    def expect(self, number: int) -> None:
        """Add a number of releases to those that are going to be read. Of several targets, they are the same ones."""
        super().expect(number)
        if number > self._said:
            self._said = number
            self._say(f"reading {number} releases, from the cache where it has them")
