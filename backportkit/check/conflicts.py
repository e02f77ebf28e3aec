"""BK210: find patches that claim the same target in overlapping ranges, and circles of `supersedes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from backportkit.check import ranges, rivals
from backportkit.check.findings import Finding, about
from backportkit.declaration.alternatives import branches
from backportkit.engine import precedence
from backportkit.engine.selection import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.check.rivals import Rivals
    from backportkit.declaration.alternatives import Branch
    from backportkit.declaration.record import Requirements
    from backportkit.declaration.registry import Declared


def judge(
    declared: Iterable[Declared], others: Iterable[Declared] = (), settings: Settings | None = None
) -> Iterator[Finding]:
    """Yield each conflict between two patches once, and each circle of `supersedes` once.

    `others` are installed patches that are compared with those judged, and are not judged themselves.
    """
    settings = settings or Settings()
    judged = {one.id: one for one in declared}
    present = {one.id: one for one in (*others, *judged.values()) if not one.opt_in or settings.ask_for(one.id)}
    for pair in rivals.among(present.values(), settings):  # the judged ones are last in `present`, so they are `second`
        if pair.second.id in judged and _meet(pair.first.patch.requires, pair.second.patch.requires):
            yield _conflict(pair)
    for circle in precedence.circles_of(_superseded(present, settings)):
        yield from [_circle(one, circle, present) for one in map(judged.get, circle) if one is not None][:1]


def _superseded(present: dict[str, Declared], settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the ids of a superseded patch and of the one that supersedes it, if one environment can have both."""
    claims = [(old, new) for new, one in present.items() for old in one.patch.supersedes]
    for old, new in [*claims, *settings.supersede.items()]:
        if old not in present or new not in present or settings.disables(old) or settings.disables(new):
            continue
        one, other = present[old], present[new]
        if precedence.supersedes(other, one, settings) and _meet(one.patch.requires, other.patch.requires):
            yield old, new


def _meet(one: Requirements, other: Requirements) -> bool:
    """Tell whether one environment can meet both requirements.

    Only markers that hold here and the ranges of common packages are compared.
    """
    return any(_meet_both(mine, theirs) for mine in branches(one) for theirs in branches(other))


def _meet_both(one: Branch, other: Branch) -> bool:
    mine, theirs = [_here(text) for text in one], [_here(text) for text in other]
    if None in mine or None in theirs:
        return False
    pairs = [(a, b) for a in mine for b in theirs if a and b and a.name == b.name]
    return all(ranges.overlap(a.specifier, b.specifier) for a, b in pairs)


def _here(text: str) -> Requirement | None:
    requirement = Requirement(text)
    return requirement if requirement.marker is None or requirement.marker.evaluate() else None


def _conflict(pair: Rivals) -> Finding:
    other, declared = pair.first, pair.second
    return about(
        declared,
        "BK210",
        f"'{other.id}' of {other.provider}, declared at {other.place}, {pair.deed} in the same range",
        f"drop one of the two, part their ranges, or {declared.how_to_supersede(other)}",
        pair.target,
    )


def _circle(declared: Declared, circle: list[str], present: dict[str, Declared]) -> Finding:
    others = ", ".join(str(present[one]) for one in circle if one != declared.id) or str(declared)
    return about(
        declared,
        "BK210",
        f"{precedence.circular(circle)}, so that none of them is applied: {others}",
        "take an id out of `supersedes`, or out of `supersede` of [tool.backportkit]",
        ", ".join(str(edit.target) for edit in declared.patch.edits),
    )
