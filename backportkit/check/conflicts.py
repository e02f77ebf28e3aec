"""BK210: two patches that put something at one target, in ranges that overlap."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement

from backportkit import binding
from backportkit.check import ranges
from backportkit.check.findings import Finding, about

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from backportkit.model import Edit
    from backportkit.registry import Declared


class _Claim(NamedTuple):
    declared: Declared
    edit: Edit


def judge(declared: Iterable[Declared]) -> Iterator[Finding]:
    """The patches that stand in each other's way, each pair once."""
    claims: dict[str, list[_Claim]] = {}
    for one in declared:
        for edit in one.patch.edits:
            if edit.how != "wrap":
                claims.setdefault(str(edit.target), []).append(_Claim(one, edit))
    for rivals in claims.values():
        for first, second in combinations(rivals, 2):
            if _collide(first, second):
                yield _conflict(first, second)


def _collide(first: _Claim, second: _Claim) -> bool:
    one, other = first.declared.patch, second.declared.patch
    if one.id in other.supersedes or other.id in one.supersedes:
        return False
    return _meet(one.requires, other.requires) and not _same(first, second)


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


def _same(first: _Claim, second: _Claim) -> bool:
    """Whether both carry one upstream fix with the same body: then it is applied once."""
    fixes = first.declared.patch.fixes
    return fixes is not None and fixes == second.declared.patch.fixes and _content(first) == _content(second)


def _content(claim: _Claim) -> Hashable:
    edit = claim.edit
    if edit.replacement is None:
        return repr(edit.value)
    if edit.replacement.held is None:
        return str(edit.replacement)
    return edit.namespace, binding.essence(edit.replacement.held, share_globals=edit.namespace == "target")


def _conflict(first: _Claim, second: _Claim) -> Finding:
    other = first.declared
    return about(
        second.declared,
        "BK210",
        f"'{other.patch.id}' of {other.provider}, declared at {other.place}, claims the same target in the same range",
        f"drop one of the two, part their ranges, or declare supersedes=['{other.patch.id}']",
        second.edit.target,
    )
