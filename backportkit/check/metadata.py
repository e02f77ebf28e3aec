"""BK101 to BK106: find what is missing in the metadata of a declaration."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from backportkit.check import ranges, reading
from backportkit.check.findings import Finding, about
from backportkit.declaration.alternatives import branches
from backportkit.names import normalised
from backportkit.source.definitions import stub
from backportkit.source.found import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.registry import Declared

_WITHOUT = frozenset({Kind.VALUE, Kind.NATIVE, Kind.UNKNOWN})


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
    reproducer, then = declared.patch.reproducer, f"then: backportkit prove {declared.patch.id}"
    if reproducer is None:
        yield about(declared, "BK102", "nothing shows that it fixes anything", f"add reproducer=..., {then}")
    elif unwritten := stub(reading.named(reproducer.run)):
        message = f"the reproducer {reproducer.run} is not written yet: {unwritten.place} raises NotImplementedError"
        yield about(declared, "BK102", message, f"write a function that raises where the bug is, {then}")


def _upper_bound(declared: Declared) -> Iterator[Finding]:
    if declared.patch.unbounded_because:
        message = f"it never ends, because: {declared.patch.unbounded_because}"
        next_step = "once a release has the fix, give `requires` '<' that release instead of unbounded_because"
        yield about(declared, "BK103", message, next_step)


def _fingerprints(declared: Declared) -> Iterator[Finding]:
    for edit in declared.patch.edits:
        if not (edit.original or edit.how == "add" or _has_none(edit)):
            message = "without original=... nobody notices when upstream changes the body"
            next_step = f"add the fingerprint that this shows: backportkit explain {declared.patch.id}"
            yield about(declared, "BK104", message, next_step, edit.target)


def _has_none(edit: Edit) -> bool:
    """Tell whether there is no fingerprint at a target: a value has none, nor has what is not written in Python."""
    found = reading.find(edit.target.module, edit.target.path)
    return edit.has_value or (found.kind in _WITHOUT and not found.functions)


def _empty_range(declared: Declared) -> Iterator[Finding]:
    ways = branches(declared.patch.requires)
    wanted = [Requirement(text) for text in dict.fromkeys(text for way in ways for text in way)]
    empty = [one for one in wanted if ranges.is_empty(one.specifier)]
    for one in empty:
        yield about(declared, "BK105", f"no version of {one.name} can be in {one.specifier}", "correct `requires`")
    for mine, theirs in {} if empty else dict.fromkeys(pair for way in ways for pair in _contradictions(way)):
        are_entries = {mine, theirs} <= {*declared.patch.requires}
        question = f"; did you mean any_of({mine!r}, {theirs!r})?" if are_entries else ""
        message = f"no version can meet both {mine} and {theirs}"
        yield about(declared, "BK105", message, f"correct `requires`{question}")


def _contradictions(way: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of requirements that no version meets together, of those that count on the same platforms."""
    for one, other in combinations(dict.fromkeys(way), 2):
        mine, theirs = Requirement(one), Requirement(other)
        is_same = normalised(mine.name) == normalised(theirs.name) and str(mine.marker) == str(theirs.marker)
        if is_same and ranges.is_empty(mine.specifier & theirs.specifier):
            yield one, other


def _unfixed(declared: Declared) -> Iterator[Finding]:
    is_open = declared.patch.upstream_status == "open" and (declared.patch.fixes or declared.patch.references)
    if is_open and any(edit.fixed for edit in declared.patch.edits):
        message = "upstream has a fix, whose body `fixed` names, and `fixes` does not say which change it is"
        yield about(declared, "BK106", message, "give fixes='https://...' with upstream's change")
    elif is_open:
        next_step = "once upstream has a fix: give fixes=..., upstream_status='fixed' and the bound of `requires`"
        yield about(declared, "BK106", "upstream has no fix yet", next_step)
    if declared.patch.upstream_status == "workaround":
        next_step = "look whether upstream has mended it in its own way: then `requires` can end there"
        yield about(declared, "BK106", "it is a workaround and no change of upstream's", next_step)
