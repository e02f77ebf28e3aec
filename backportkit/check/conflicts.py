"""BK210: two patches that put something at one target, in ranges that overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from backportkit.check import ranges, rivals
from backportkit.check.findings import Finding, about
from backportkit.selection import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.check.rivals import Rivals
    from backportkit.registry import Declared


def judge(
    declared: Iterable[Declared], others: Iterable[Declared] = (), settings: Settings | None = None
) -> Iterator[Finding]:
    """The patches that stand in the way of each other, or of others that are installed; each pair once."""
    judged = {one.id: one for one in declared}
    present = {one.id: one for one in others} | judged
    for pair in rivals.among(present.values(), settings or Settings()):  # those that are judged come last
        if pair.second.id in judged and _meet(pair.first.record.requires, pair.second.record.requires):
            yield _conflict(pair)


def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether an environment can meet both, as far as markers that hold here and ranges of common packages tell."""
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
        f"'{other.id}' of {other.provider}, declared at {other.place}, claims the same target in the same range",
        f"drop one of the two, part their ranges, or {declared.how_to_supersede(other)}",
        pair.target,
    )
