"""Tell what declared patches, such as the shipped ones, say of a target: since which release upstream has the fix."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from backportkit.check import ranges
from backportkit.declaration.alternatives import branches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.specifiers import SpecifierSet

    from backportkit.check.supported import Wanted
    from backportkit.declaration.registry import Declared


_WORD = re.compile(r"\w{8,}")  # shorter names are words of prose, or are had by many


class Known(NamedTuple):
    """A declared patch of the same target, and the ranges in which it is needed."""

    patch: str
    specifiers: tuple[SpecifierSet, ...]

    @property
    def since(self) -> str:
        """The first version past the ranges, in words; empty if one of them has no end."""
        ends = [[one.version for one in part if one.operator in {"<", "<="}][:1] for part in self.specifiers]
        return max((end for (end,) in ends), key=Version) if all(ends) else ""

    def is_past(self, wanted: Sequence[Wanted]) -> bool:
        """Tell whether all that a project supports lies past the ranges."""
        every = [ranges.is_past(one.specifier, part) for one in wanted for part in self.specifiers]
        return bool(every) and all(every)


class Fixes:
    """The declared patches by their targets."""

    def __init__(self, declared: Iterable[Declared]) -> None:
        self._by_target: dict[tuple[str, str], list[Known]] = {}
        for one in declared:
            for owner, specifiers in _ranges(one).items():
                known = Known(one.patch.id, specifiers)
                for edit in one.patch.edits:
                    name = edit.target.path[-1] if edit.target.path else edit.target.module
                    self._by_target.setdefault((owner, str(name)), []).append(known)
                    self._by_target.setdefault((owner, str(edit.target)), []).append(known)

    def of(self, owner: str, target: str) -> Known | None:
        """Return the declared patch of a target, or the only one of an attribute of that name."""
        exact = self._by_target.get((owner, target), [])
        if exact:
            return exact[0]
        name = target.rpartition(":")[2].rpartition(".")[2]
        named = list(dict.fromkeys(self._by_target.get((owner, name), [])))
        return named[0] if len(named) == 1 else None

    def spoken_of(self, owner: str, comment: str) -> Known | None:
        """Return the only declared patch whose target a comment names: what is changed there is to spare that."""
        words = {word for word in _WORD.findall(comment) if "_" in word.strip("_")}
        named = dict.fromkeys(one for word in sorted(words) for one in self._by_target.get((owner, word), []))
        return next(iter(named)) if len(named) == 1 else None


def _ranges(declared: Declared) -> dict[str, tuple[SpecifierSet, ...]]:
    """Return the alternative ranges of a declared patch by their distributions."""
    found: dict[str, tuple[SpecifierSet, ...]] = {}
    for requirement in (Requirement(text) for branch in branches(declared.patch.requires) for text in list(branch)[:1]):
        name = canonicalize_name(requirement.name)
        found[name] = (*found.get(name, ()), requirement.specifier)
    return found
