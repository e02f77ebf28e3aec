"""Show progress: on a terminal in place, elsewhere with one line for each step."""

from __future__ import annotations

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


class _Display:
    """Show progress on stderr for the length of a `with` block."""

    def __init__(self, *columns: ProgressColumn) -> None:
        console = Screen(stderr=True)
        self._progress = Progress(
            *columns,
            console=console,
            transient=True,
            disable=quiet.is_asked() or not console.is_terminal,
            speed_estimate_period=_HOURS,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if not self._progress.disable:  # before rich 14.3, the end of nothing is an empty line
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
        self._say(f"{self._done}/{self._expected} {patch} on {cell.version}: {cell.outcome}{self._left()}")

    def _left(self) -> str:
        """Say how long the rest takes; empty if nothing is left, or too few are done, which had environments built."""
        seconds = (time.monotonic() - self._started) / self._done * (self._expected - self._done)
        return f", about {seconds:.0f} s left" if self._expected / 3 <= self._done < self._expected else ""


class Releases(_Display):
    """Show how many of the releases have been read."""

    def __init__(self) -> None:
        super().__init__(
            SpinnerColumn(), BarColumn(bar_width=20), MofNCompleteColumn(), TextColumn("{task.description}")
        )
        self._task = self._progress.add_task("", total=0)
        self._said = 0

    def expect(self, releases: int) -> None:
        """Say how many releases are going to be read. Each of several targets is read in the same ones."""
        self._progress.update(self._task, total=releases, completed=0)
        if releases > self._said:
            self._said = releases
            self._say(f"reading {releases} releases, unless they are in the cache")

    def done(self, release: str) -> None:
        """Count a release as read."""
        self._progress.update(self._task, advance=1, description=_described(release))
