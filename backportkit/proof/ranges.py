"""Compare a patch's branches with the releases that were tried: each branch has two ends of its own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement

from backportkit.proof import borders, choose
from backportkit.proof.record import Outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from backportkit.declaration.record import Patch
    from backportkit.proof.borders import Ends, Gap
    from backportkit.proof.choose import Release, Releases
    from backportkit.proof.interpreters import Interpreter
    from backportkit.proof.record import Cell


class Judged(NamedTuple):
    """One branch, and what was found out about its range.

    Attributes:
        branch: The patch for the requirements of the branch.
        cells: The cells that speak for it.
        wrong: Those that contradict it.
        ends: The ends that they speak for.
        holes: The parts of the range without the bug; None if they are not known.
    """

    branch: Patch
    cells: tuple[Cell, ...]
    wrong: tuple[Cell, ...]
    ends: Ends | None
    holes: list[Gap] | None

    @property
    def requires(self) -> str:
        """The range that the branch declares."""
        return choose.first_of(self.branch)

    @property
    def was_tried(self) -> bool:
        """True if a release in the branch's range was tried."""
        return any(one.declared and one.outcome is not Outcome.UNINSTALLABLE for one in self.cells)


def judged(patch: Patch, cells: Mapping[Release, Cell], releases: Releases) -> list[Judged]:
    """Judge each branch of a patch by the cells that speak for it."""
    every = choose.branches(patch, releases.python)
    told = [_speaking_for(branch, cells) if every[1:] else _sorted(cells.values()) for branch in every]
    return [_judged(branch, each, releases) for branch, each in zip(every, told, strict=True)]


def _judged(branch: Patch, cells: Sequence[Cell], releases: Releases) -> Judged:
    is_empty = partial(releases.is_empty, branch)
    wrong = tuple(borders.contradictions(cells))
    return Judged(branch, tuple(cells), wrong, borders.ends(cells, is_empty), borders.holes(cells, is_empty))


def _speaking_for(branch: Patch, cells: Mapping[Release, Cell]) -> list[Cell]:
    """Return the cells in the range of a branch, and those beside it.

    The latter end, on each side, with the next cell that has no bug or is in another branch.
    """
    package = choose.subject(branch).name
    found = _sorted(cell for release, cell in cells.items() if release.package == package)
    inside = [number for number, cell in enumerate(found) if choose.in_range(branch, borders.version_of(cell))]
    if not inside:
        return []
    first, last = inside[0], inside[-1]
    below, above = list(_beside(reversed(found[:first]))), list(_beside(found[last + 1 :]))
    return [*reversed(below), *found[first : last + 1], *above]


def _beside(cells: Iterable[Cell]) -> Iterator[Cell]:
    for cell in cells:
        if cell.declared:  # another branch begins here, so this one ends
            yield cell.model_copy(update={"declared": False, "outcome": Outcome.DORMANT})
            return
        yield cell
        if cell.outcome.is_not_for_patch:
            return


def hold(judged: Sequence[Judged], cells: Iterable[Cell]) -> bool:
    """Tell whether each branch that was tried was proved, and nothing contradicts any."""
    tried = [one for one in judged if one.was_tried]
    proved = [one for one in tried if any(cell.outcome is Outcome.PROVED for cell in one.cells)]
    return bool(tried) and proved == tried and not any(one.wrong for one in judged) and not _stray(judged, cells)


def right(judged: Sequence[Judged], cells: Iterable[Cell]) -> str | None:
    """Return the range that the cells speak for, where they contradict the declared one; None if it is not known."""
    if not any(one.wrong for one in judged) or _stray(judged, cells):
        return None
    found = [texts for one in judged if (texts := _right(one)) is not None]
    is_known = len(found) == len(judged)
    is_same = is_known and all(
        [*map(Requirement, texts)] == [Requirement(one.requires)] for texts, one in zip(found, judged, strict=True)
    )
    return " or ".join(text for texts in found for text in texts) if is_known and not is_same else None


def _right(judged: Judged) -> list[str] | None:
    if not judged.wrong:
        return [judged.requires]
    if judged.ends is None or judged.holes is None:
        return None
    text = borders.right_range(judged.requires, judged.ends)
    return None if text is None else borders.without(text, judged.holes)


def _stray(judged: Sequence[Judged], cells: Iterable[Cell]) -> list[Cell]:
    """Return the cells that contradict the declaration and lie beside no branch."""
    near = [cell for one in judged for cell in one.cells]
    return [cell for cell in cells if cell.outcome.contradicts and cell not in near]


def notes(judged: Sequence[Judged], cells: Iterable[Cell], releases: Releases) -> Iterator[str]:
    """Yield remarks about the ranges. If there are several branches, each remark names its branch."""
    for one in judged:
        about = f"{one.requires}: " if judged[1:] else ""
        if judged[1:] and not one.was_tried:
            yield f"{about}no release in it was tried"
        for note in (*borders.notes(one.cells, one.ends), *_yanked(one, releases)):
            yield f"{about}{note}"
    for cell in (one for one in _stray(judged, cells) if one.outcome is Outcome.RED):
        yield f"{cell.version} has the bug, and lies beside no branch: it needs an alternative of its own"


def elsewhere(patch: Patch, python: Interpreter) -> Iterator[str]:
    """Name the branches of a patch that are for other platforms or interpreters."""
    here = set(map(choose.first_of, choose.branches(patch, python)))
    for text in map(choose.first_of, choose.all_branches(patch)):
        if text not in here:
            yield f"{text}: not tried, since it is for another platform or interpreter"


def _yanked(judged: Judged, releases: Releases) -> Iterator[str]:
    """Yield remarks about yanked releases at the ends of the range: they were not tried."""
    tried = {one.version for one in judged.cells}
    for end in judged.ends or ():
        names = ", ".join(one for one in releases.passed_over(judged.branch, end.gap) if one not in tried)
        were, them = ("was", "it") if len(names.split()) == 1 else ("were", "them")
        if names:
            yield f"{names} {were} yanked and not tried: name {them} by --versions"


def ordered(cells: Mapping[Release, Cell], packages: Collection[str]) -> Iterator[Cell]:
    """Yield all cells, the oldest first.

    Of several packages, one comes after the other, and each cell has its package.
    """
    for package in packages:
        for cell in _sorted(cell for release, cell in cells.items() if release.package == package):
            yield cell.model_copy(update={"package": package}) if len(packages) > 1 else cell


def _sorted(cells: Iterable[Cell]) -> list[Cell]:
    return sorted(cells, key=borders.version_of)
