"""Compare a patch's range with the releases that have the bug."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.version import Version

from backportkit.proof.record import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.proof.record import Cell


class Gap(NamedTuple):
    """The releases between two that were tried, of which one has the bug; None where nothing was tried beyond."""

    low: Version | None
    high: Version | None


def version_of(cell: Cell) -> Version:
    """The version of a cell, for comparing."""
    return Version(cell.version)


def contradictions(cells: Sequence[Cell]) -> list[Cell]:
    """The cells that say otherwise than the declared range.

    A release in range that has the fix already contradicts it only beyond the releases that have the bug: between them
    it is a maintenance release of an older line.
    """
    ill = [version_of(cell) for cell in cells if cell.outcome.has_bug]
    return [cell for cell in cells if cell.outcome.contradicts or (ill and _absorbed_beyond(cell, ill))]


def right_range(package: str, cells: Sequence[Cell]) -> str | None:
    """The range that the cells speak for; None if none of them has the bug."""
    ill = [version_of(cell) for cell in cells if cell.outcome.has_bug]
    if not ill:
        return None
    past = [version_of(cell) for cell in cells if cell.outcome.lacks_bug and version_of(cell) > max(ill)]
    return f"{package}>={min(ill)}" + (f",<{min(past)}" if past else "")


def open_below(cells: Sequence[Cell]) -> Gap | None:
    """Where the lower border is to be sought; None if no cell says that it is not where it is declared."""
    ill = [version_of(cell) for cell in cells if cell.outcome.has_bug]
    if not any(_is_in_the_way(cell) and version_of(cell) <= min(ill) for cell in cells if ill):
        return None
    well = [version_of(cell) for cell in cells if cell.outcome.lacks_bug and version_of(cell) < min(ill)]
    return Gap(max(well, default=None), min(ill))


def open_above(cells: Sequence[Cell]) -> Gap | None:
    """Where the upper border is to be sought; None if no cell says that it is not where it is declared."""
    ill = [version_of(cell) for cell in cells if cell.outcome.has_bug]
    if not any(_is_in_the_way(cell) and version_of(cell) >= max(ill) for cell in cells if ill):
        return None
    well = [version_of(cell) for cell in cells if cell.outcome.lacks_bug and version_of(cell) > max(ill)]
    return Gap(max(ill), min(well, default=None))


def _absorbed_beyond(cell: Cell, ill: Sequence[Version]) -> bool:
    return cell.outcome is Outcome.ABSORBED and not min(ill) < version_of(cell) < max(ill)


def _is_in_the_way(cell: Cell) -> bool:
    return cell.outcome is Outcome.RED or (cell.declared and cell.outcome in {Outcome.GREEN, Outcome.ABSORBED})
