"""Tell what declared patches, such as the shipped ones, say of a target: since which release upstream has the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from backportkit.check import ranges
from backportkit.declaration.alternatives import branches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.specifiers import SpecifierSet

    from backportkit.check.supported import Wanted
    from backportkit.declaration.registry import Declared


# What people change to spare what a shipped patch mends at another place, by the id of that patch:
# docs/migrating-from-env-override.md has the reasons.
_WORKAROUNDS = {("torch", "FALLBACK_ALLOW_LIST"): "vllm-42129"}


class Known(NamedTuple):
    """A declared patch of the same target, and the range in which it is needed."""

    patch: str
    specifier: SpecifierSet

    @property
    def since(self) -> str:
        """The first version past the range, in words; empty if the range has no end."""
        ends = [one.version for one in self.specifier if one.operator in {"<", "<="}]
        return ends[0] if ends else ""

    def is_past(self, wanted: Sequence[Wanted]) -> bool:
        """Tell whether all that a project supports lies past the range."""
        return bool(wanted) and all(ranges.is_past(one.specifier, self.specifier) for one in wanted)


class Fixes:
    """The declared patches by their targets."""

    def __init__(self, declared: Iterable[Declared]) -> None:
        self._by_target: dict[tuple[str, str], list[Known]] = {}
        self._by_id: dict[str, Known] = {}
        for one in declared:
            for requirement in _requirements(one):
                known = self._by_id[one.patch.id] = Known(one.patch.id, requirement.specifier)
                for edit in one.patch.edits:
                    name = edit.target.path[-1] if edit.target.path else edit.target.module
                    key = canonicalize_name(requirement.name), str(name)
                    self._by_target.setdefault(key, []).append(known)
                    self._by_target.setdefault((key[0], str(edit.target)), []).append(known)

    def of(self, owner: str, target: str) -> Known | None:
        """Return the declared patch of a target, or the only one of an attribute of that name."""
        exact = self._by_target.get((owner, target), [])
        if exact:
            return exact[0]
        name = target.rpartition(":")[2].rpartition(".")[2]
        if (workaround := _WORKAROUNDS.get((owner, name))) is not None:
            return self._by_id.get(workaround)
        named = list(dict.fromkeys(self._by_target.get((owner, name), [])))
        return named[0] if len(named) == 1 else None


def _requirements(declared: Declared) -> list[Requirement]:
    return [Requirement(text) for branch in branches(declared.patch.requires) for text in list(branch)[:1]]
