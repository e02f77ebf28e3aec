"""Compare a patch's range with the releases that have the bug.

An end of the range is known if two neighbouring releases were tried and the results differ.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.version import Version

from backportkit.proof.record import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from packaging.specifiers import Specifier

    from backportkit.proof.record import Cell

_LOWER, _UPPER = frozenset({">", ">="}), frozenset({"<", "<="})
_EXACT = frozenset({"==", "==="})


class Gap(NamedTuple):
    """The releases between two that were tried. None means that nothing beyond was tried."""

    low: Version | None
    high: Version | None

    @property
    def specifier(self) -> str:
        """The gap as a version specifier."""
        bounds = (">", self.low), ("<", self.high)
        return ",".join(f"{sign}{version.public}" for sign, version in bounds if version is not None)


class End(NamedTuple):
    """One end of the range that the cells speak for.

    Attributes:
        gap: The releases between the last that the patch was seen to mend and the next that it is not for.
        unjudged: The cells in the gap that say nothing.
        is_contradicted: True if the cells say that the end is not where it is declared.
        is_border: True if the two releases are neighbours, so that the end is known.
    """

    gap: Gap
    unjudged: tuple[Cell, ...]
    is_contradicted: bool
    is_border: bool


class Ends(NamedTuple):
    """Both ends of the range that the cells speak for."""

    lower: End
    upper: End


def version_of(cell: Cell) -> Version:
    """Return the version of a cell, to compare it with others."""
    return Version(cell.version)


def contradictions(cells: Sequence[Cell]) -> list[Cell]:
    """Return the cells that contradict the declared range.

    A release in range that has the fix already contradicts it only beyond the releases that have the bug. Between them
    it is a maintenance release of an older line.
    """
    ill = [version_of(cell) for cell in cells if cell.outcome.is_for_patch]
    return [cell for cell in cells if cell.outcome.contradicts or (ill and _absorbed_beyond(cell, ill))]


def ends(cells: Sequence[Cell], is_empty: Callable[[Gap], bool]) -> Ends | None:
    """Return both ends of the range that the cells speak for; None if the patch was seen to mend no release.

    `is_empty` tells whether there is no release in a gap.
    """
    ill = [cell for cell in cells if cell.outcome.is_for_patch]
    if not ill:
        return None
    first, last = min(ill, key=version_of), max(ill, key=version_of)
    below = [cell for cell in cells if version_of(cell) < version_of(first)]
    above = [cell for cell in cells if version_of(cell) > version_of(last)]
    low = Gap(max(_well(below), default=None), version_of(first))
    high = Gap(version_of(last), min(_well(above), default=None))
    return Ends(_end(first, below, low, is_empty), _end(last, above, high, is_empty))


def right_range(requires: str, found: Ends) -> str | None:
    """Return the range that the cells speak for. The declared ends stay where nothing contradicts them.

    Returns None if a contradicted end is not known.
    """
    if any(end.is_contradicted and not end.is_border for end in found):
        return None
    wanted = Requirement(requires)
    lower, upper, rest = _sides(wanted.specifier)
    if found.lower.is_contradicted:
        lower = [f">={found.lower.gap.high}"]
    if found.upper.is_contradicted:
        upper = [f"<{found.upper.gap.high}"] if found.upper.gap.high else []
    return _written(wanted, [*lower, *upper, *rest])


def holes(cells: Sequence[Cell], is_empty: Callable[[Gap], bool]) -> list[Gap] | None:
    """Return the parts of a range without the bug: from the first release without it to the next one that has it.

    Returns None if an end of one of them is not known.
    """
    ill = sorted(version_of(cell) for cell in cells if cell.outcome.is_for_patch)
    green = {version_of(cell) for cell in cells if cell.outcome is Outcome.GREEN}
    found: list[Gap] = []
    for low, high in pairwise(ill):
        within = sorted(version_of(cell) for cell in cells if low < version_of(cell) < high)
        if green.isdisjoint(within):
            continue
        if not green.issuperset(within) or not (is_empty(Gap(low, within[0])) and is_empty(Gap(within[-1], high))):
            return None
        found.append(Gap(within[0], high))
    return found


def without(requires: str, left_out: Sequence[Gap]) -> list[str]:
    """Return the parts of a range that holes leave."""
    wanted = Requirement(requires)
    lower, upper, rest = _sides(wanted.specifier)
    starts = [lower, *([f">={one.high}"] for one in left_out)]
    ends = [*([f"<{one.low}"] for one in left_out), upper]
    return [_written(wanted, [*start, *end, *rest]) for start, end in zip(starts, ends, strict=True)]


def _written(wanted: Requirement, bounds: Sequence[str]) -> str:
    extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
    marker = f"; {wanted.marker}" if wanted.marker else ""
    return f"{wanted.name}{extras}{','.join(bounds)}{marker}"


def notes(cells: Sequence[Cell], found: Ends | None) -> Iterator[str]:
    """Yield remarks about the range: ends that are not known, and releases in it that are exceptions."""
    if found is not None and not found.lower.is_border:
        yield f"where it begins is not known: {_untried(found.lower, found.lower.gap.low, 'older')}"
    if found is not None and not found.upper.is_border:
        yield f"where it ends is not known: {_untried(found.upper, found.upper.gap.high, 'newer')}"
    if misfits := [cell.version for cell in cells if cell.is_misfit]:
        have = f"{', '.join(misfits)} {'have' if misfits[1:] else 'has'}"
        yield f"{have} the bug, and the patch does not mend it there: leave that part to a patch of its own"
    yield from _unfit([cell for cell in cells if cell.outcome is Outcome.UNFIT])
    if found is not None and (well := [cell.version for cell in _well_within(cells, found)]):
        yield f"{', '.join(well)}, in between, {'do' if well[1:] else 'does'} not have the bug"


def _unfit(cells: Iterable[Cell]) -> Iterator[str]:
    """Yield remarks about releases out of range that have the bug, and where the patch was not seen to mend it."""
    every = list(cells)
    if tried := [cell.version for cell in every if not cell.is_unknown]:
        have = f"{', '.join(tried)} {'have' if tried[1:] else 'has'}"
        yield f"{have} the bug, out of range, and the patch does not mend it there: that part needs a patch of its own"
    if unknown := [cell.version for cell in every if cell.is_unknown]:
        have = f"{', '.join(unknown)} {'have' if unknown[1:] else 'has'}"
        way = "if it does, name the bodies there in `original`, and widen `requires` (`backportkit new --since`)"
        yield f"{have} the bug, out of range; whether the patch mends it there is not known: {way}"


def _end(outermost: Cell, beyond: Sequence[Cell], gap: Gap, is_empty: Callable[[Gap], bool]) -> End:
    unjudged = tuple(cell for cell in beyond if _is_between(version_of(cell), gap))
    is_contradicted = not outermost.declared or any(_is_wrongly_declared(cell) for cell in beyond)
    return End(gap, unjudged, is_contradicted, is_border=not unjudged and is_empty(gap))


def _well(cells: Iterable[Cell]) -> list[Version]:
    return [version_of(cell) for cell in cells if cell.outcome.is_not_for_patch]


def _is_between(version: Version, gap: Gap) -> bool:
    return (gap.low is None or gap.low < version) and (gap.high is None or version < gap.high)


def _is_wrongly_declared(cell: Cell) -> bool:
    return cell.declared and cell.outcome in {Outcome.GREEN, Outcome.ABSORBED}


def _absorbed_beyond(cell: Cell, ill: Sequence[Version]) -> bool:
    return cell.outcome is Outcome.ABSORBED and not min(ill) < version_of(cell) < max(ill)


def _well_within(cells: Iterable[Cell], found: Ends) -> list[Cell]:
    within = Gap(found.lower.gap.high, found.upper.gap.low)
    return [cell for cell in cells if cell.outcome is Outcome.GREEN and _is_between(version_of(cell), within)]


def _untried(end: End, other: Version | None, which: str) -> str:
    """Say why an end is not known."""
    if end.unjudged:
        return ", ".join(f"{cell.version} is {cell.outcome}" for cell in end.unjudged)
    if other is None:
        return f"nothing {which} than {end.gap.high or end.gap.low} was tried"
    return f"nothing between {end.gap.low} and {end.gap.high} was tried"


def _sides(specifiers: Iterable[Specifier]) -> tuple[list[str], list[str], list[str]]:
    """Return specifiers in three lists: lower bounds, upper bounds, and the rest."""
    lower: list[str] = []
    upper: list[str] = []
    rest: list[str] = []
    for one in sorted(specifiers, key=str):
        if one.operator in _EXACT and not one.version.endswith(".*"):
            lower.append(f">={one.version}")
            upper.append(f"<={one.version}")
        elif one.operator in _EXACT or one.operator == "~=":
            low, high = _of_series(one)
            lower.append(f">={low}")
            upper.append(f"<{high}")
        else:
            (lower if one.operator in _LOWER else upper if one.operator in _UPPER else rest).append(str(one))
    return lower, upper, rest


def _of_series(one: Specifier) -> tuple[str, str]:
    """Return the first release that `==1.2.*` or `~=1.2.3` allows, and the first that is too new."""
    text = one.version.removesuffix(".*")
    release = Version(text).release
    series = release if one.version.endswith(".*") else release[:-1]
    return text, ".".join(map(str, (*series[:-1], series[-1] + 1)))
