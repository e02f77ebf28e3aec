"""BK4xx, as far as it needs nothing installed: whether what the project supports still meets a patch's range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from backportkit.check import ranges
from backportkit.check.findings import Finding, about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.check.scope import Subject
    from backportkit.check.supported import Wanted


def removable(subject: Subject) -> Finding | None:
    """A finding if all that the project supports lies past one of the patch's ranges."""
    for requirement, wanted in _met_by_project(subject):
        if all(ranges.is_past(one.specifier, requirement.specifier) for one in wanted):
            return about(
                subject.declared,
                "BK402",
                f"the project supports {_in_words(wanted)} only, past the patch's {requirement.specifier}",
                "delete the declaration; keep its reproducer as a test",
            )
    return None


def judge(subject: Subject) -> Iterator[Finding]:
    """The ranges of a patch that nothing the project supports can meet."""
    for requirement, wanted in _met_by_project(subject):
        if not any(ranges.overlap(one.specifier, requirement.specifier) for one in wanted):
            yield about(
                subject.declared,
                "BK401",
                f"the project supports {_in_words(wanted)}, none of which is in the patch's {requirement.specifier}",
                "correct `requires`, or delete the declaration",
            )


def _met_by_project(subject: Subject) -> Iterator[tuple[Requirement, list[Wanted]]]:
    for requirement in map(Requirement, subject.declared.patch.requires):
        wanted = [one for one in subject.support.of(requirement.name) if not ranges.is_empty(one.specifier)]
        if wanted and not ranges.is_empty(requirement.specifier):
            yield requirement, wanted


def _in_words(wanted: list[Wanted]) -> str:
    return " or ".join(dict.fromkeys(f"{one.text} ({one.place})" for one in wanted))
