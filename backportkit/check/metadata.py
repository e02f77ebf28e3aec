"""BK101 to BK106: find what is missing in the metadata of a declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from backportkit.check import ranges
from backportkit.check.findings import Finding, about
from backportkit.declaration.alternatives import branches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.registry import Declared


def judge(declared: Declared) -> Iterator[Finding]:
    """Yield findings about the provenance, reproducer, bound, fingerprints, range and upstream status of a patch."""
    yield from _provenance(declared)
    yield from _reproducer(declared)
    yield from _upper_bound(declared)
    yield from _fingerprints(declared)
    yield from _empty_range(declared)
    yield from _unfixed(declared)


def _provenance(declared: Declared) -> Iterator[Finding]:
    if declared.patch.fixes is None and not declared.patch.references:
        next_step = "add fixes='https://...' with the upstream change, or references=[...] with the report"
        yield about(declared, "BK101", "it does not say where the fix comes from", next_step)


def _reproducer(declared: Declared) -> Iterator[Finding]:
    if declared.patch.reproducer is None:
        next_step = f"add reproducer=..., then: backportkit prove {declared.patch.id}"
        yield about(declared, "BK102", "nothing shows that it fixes anything", next_step)


def _upper_bound(declared: Declared) -> Iterator[Finding]:
    if declared.patch.unbounded_because:
        message = f"it never ends, because: {declared.patch.unbounded_because}"
        next_step = "once a release has the fix, give `requires` '<' that release instead of unbounded_because"
        yield about(declared, "BK103", message, next_step)


def _fingerprints(declared: Declared) -> Iterator[Finding]:
    for edit in declared.patch.edits:
        if not edit.original and edit.how != "add":
            message = "without original=... nobody notices when upstream changes the body"
            next_step = f"add the fingerprint that this shows: backportkit explain {declared.patch.id}"
            yield about(declared, "BK104", message, next_step, edit.target)


def _empty_range(declared: Declared) -> Iterator[Finding]:
    texts = (text for branch in branches(declared.patch.requires) for text in branch)
    for requirement in map(Requirement, dict.fromkeys(texts)):
        if ranges.is_empty(requirement.specifier):
            message = f"no version of {requirement.name} can be in {requirement.specifier}"
            yield about(declared, "BK105", message, "correct `requires`")


def _unfixed(declared: Declared) -> Iterator[Finding]:
    if declared.patch.upstream_status == "open" and (declared.patch.fixes or declared.patch.references):
        next_step = "once upstream has a fix: give fixes=..., upstream_status='fixed' and the bound of `requires`"
        yield about(declared, "BK106", "upstream has no fix yet", next_step)
    if declared.patch.upstream_status == "workaround":
        next_step = "look whether upstream has mended it in its own way: then `requires` can end there"
        yield about(declared, "BK106", "it is a workaround and no change of upstream's", next_step)
