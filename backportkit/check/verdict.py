"""Judge a scope: try every rule on every patch."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from backportkit.check import (
    added,
    aliased,
    conflicts,
    discovered,
    hidden,
    lacking,
    life,
    lookalikes,
    metadata,
    named,
    targets,
    unknown,
)
from backportkit.declaration import eligibility

if TYPE_CHECKING:
    from backportkit.check.findings import Finding
    from backportkit.check.scope import Scope
    from backportkit.declaration.edits import Edit
    from backportkit.declaration.record import Requirements
    from backportkit.declaration.registry import Declared


class Verdict(NamedTuple):
    """The result of a check.

    Attributes:
        findings: The findings of the reading, then of each patch, then between patches.
        patches: The number of patches that were judged.
        dormant: The number of those that are not meant for this environment. Their targets were not looked at.
    """

    findings: tuple[Finding, ...]
    patches: int
    dormant: int


def judge(scope: Scope) -> Verdict:
    """Judge the patches of a scope. A removable patch gets no other finding: it need not be mended any more."""
    findings = list(scope.findings)
    kept: list[Declared] = []
    for subject in scope.subjects:
        removable = life.removable(subject)
        if removable is not None:
            findings.append(removable)
            continue
        kept.append(subject.declared)
        for rule in (discovered.judge, life.judge):
            findings += rule(subject)
        findings += metadata.judge(subject.declared)
        findings += named.judge(subject.declared)
        findings += hidden.judge(subject.declared)
        findings += lookalikes.judge(subject.declared)
    meant = [declared for declared in kept if _is_meant(declared.patch.requires, declared.patch.modules[0])]
    findings += targets.judge(site for declared in meant for site in targets.sites(declared))
    findings += [finding for rule in (added.judge, aliased.judge) for declared in meant for finding in rule(declared)]
    findings += [finding for declared in kept for finding in unknown.judge(declared, _judged(declared, meant))]
    findings += [finding for declared in meant for finding in lacking.judge(declared, declared.patch.edits)]
    findings += conflicts.judge(kept, scope.others, scope.settings)
    patches = [subject.declared.patch for subject in scope.subjects]
    dormant = [patch for patch in patches if not _is_meant(patch.requires, patch.modules[0])]
    return Verdict(tuple(findings), len(patches), len(dormant))


def _judged(declared: Declared, meant: list[Declared]) -> list[Edit]:
    """Return the edits whose globals are known. The module of a patch that is not meant may be of another release."""
    return [edit for edit in declared.patch.edits if edit.namespace == "own" or declared in meant]


@cache
def _is_meant(requires: Requirements, module: str) -> bool:
    return eligibility.judge(requires, module).eligible
