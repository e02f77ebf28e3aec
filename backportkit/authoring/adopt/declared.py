"""Compare a range with those of declared patches of the same target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from backportkit.authoring.releases import reach
from backportkit.declaration.alternatives import branches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packaging.version import Version

    from backportkit.declaration.record import Patch
    from backportkit.declaration.registry import Declared


def notes(
    targets: Iterable[str],
    package: str,
    wanted: Sequence[SpecifierSet],
    versions: Sequence[Version],
    declared: Iterable[Declared],
) -> Iterator[str]:
    """Say which declared patches have one of the targets, and in which releases this range is another one."""
    own = {str(one) for one in targets}
    for one in declared:
        theirs = _ranges(one.patch, package)
        if not one.internal and theirs and own & {str(edit.target) for edit in one.patch.edits}:
            said = _difference(_inside(wanted or [SpecifierSet()], versions), _inside(theirs, versions))
            of = " or ".join(f"{package}{each}" for each in theirs)
            name = one.patch.id
            yield f"{name} of {one.provider} patches it, too, for {of}: {said}; `backportkit explain {name}` shows it"


def _ranges(patch: Patch, package: str) -> list[SpecifierSet]:
    every = [Requirement(text) for branch in branches(patch.requires) for text in branch]
    return [one.specifier for one in every if canonicalize_name(one.name) == canonicalize_name(package)]


def _inside(wanted: Sequence[SpecifierSet], versions: Sequence[Version]) -> list[Version]:
    return [one for one in versions if any(each.contains(one, prereleases=True) for each in wanted)]


def _difference(own: Sequence[Version], theirs: Sequence[Version]) -> str:
    lacking = [one for one in theirs if one not in own]
    more = [one for one in own if one not in theirs]
    if not lacking and not more:
        return "this range has the same releases"
    parts = [f"lacks {_runs(lacking, theirs)}"] if lacking else []
    parts += [f"has {_runs(more, own)}, which that one has not"] if more else []
    return f"this range {' and '.join(parts)}"


def _runs(some: Sequence[Version], every: Sequence[Version]) -> str:
    """Return versions in words, those that follow each other as one span."""
    found: list[list[Version]] = []
    for at, one in enumerate(every):
        if one in some:
            if found and every[at - 1] == found[-1][-1]:
                found[-1].append(one)
            else:
                found.append([one])
    return ", ".join(map(reach.span_of, found))
