"""Tell what a project supports instead of the releases that a patch is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from backportkit.authoring.retire.declaring import RetireError
from backportkit.check import life
from backportkit.declaration import eligibility
from backportkit.declaration.alternatives import branches
from backportkit.proof.dead import Past

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.check.life import Facing
    from backportkit.check.scope import Subject
    from backportkit.declaration.alternatives import Branch


def of(subject: Subject) -> list[Past]:
    """Return what the project has outgrown of a patch, each distribution once. Raises RetireError for nothing."""
    facing = life.outgrown(subject)
    every = branches(subject.declared.patch.requires)
    if not facing:
        raise RetireError(
            "is not removable: the project supports releases that it is for, or does not say what it supports",
            patch=subject.declared.id,
            expected=f"a project past {' or '.join(' and '.join(map(str, branch)) for branch in every)}",
            found=_supported(subject, every) or "no requirement on that",
            next_step="require releases that have the fix; `backportkit preview` tells what becomes of the patch then",
        )
    found = {one.requirement.name: _past(subject, one, branch) for one, branch in zip(facing, every, strict=True)}
    return [*found.values()]


def _supported(subject: Subject, every: Sequence[Branch]) -> str:
    names = dict.fromkeys(Requirement(text).name for branch in every for text in branch)
    return ", ".join(dict.fromkeys(f"{one.text} ({one.place})" for name in names for one in subject.support.of(name)))


def _past(subject: Subject, facing: Facing, branch: Branch) -> Past:
    """Return what is past of a branch. Beside it, an environment has what the project supports."""
    beside = (one for one in map(Requirement, branch) if one.name != facing.requirement.name)
    others = [_as_supported(subject, one) for one in beside if one.name.lower() != eligibility.PYTHON]
    return Past(facing.requirement, [one.specifier for one in facing.wanted], others)


def _as_supported(subject: Subject, requirement: Requirement) -> str:
    wanted = subject.support.of(requirement.name)
    if wanted:
        requirement.specifier = wanted[0].specifier
    return str(requirement)
