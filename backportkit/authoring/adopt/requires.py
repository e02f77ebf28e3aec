"""Write the range of a guard as requirements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from backportkit.authoring.releases.ranges import short
from backportkit.check import supported
from backportkit.check.ranges import overlap
from backportkit.scan.owners import PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.specifiers import Specifier

    from backportkit.check.supported import Wanted

_BEGINNINGS = frozenset({">", ">="})
_PINS = frozenset({"==", "===", "~="})
_ENDS = frozenset({"<", "<="}) | _PINS


def of(owner: str, specifiers: Mapping[str, Sequence[SpecifierSet]]) -> list[str | list[str]]:
    """Return the requirements on the owner of a target and on what else the guard names; alternatives as a list.

    Python is left out where the guard names something else alone: a requirement without a range says nothing of it.
    """
    names = dict.fromkeys([*specifiers] if owner == PYTHON and specifiers else [owner, *specifiers])
    found = [[f"{name}{text(one)}" for one in specifiers.get(name, ())] or [name] for name in names]
    return [one[0] if len(one) == 1 else one for one in found]


def text(specifiers: SpecifierSet) -> str:
    """Return a range with its beginning first, and no longer than `new` writes one."""
    return ",".join(_shortened(one) for one in sorted(specifiers, key=lambda one: (one.operator in _ENDS, str(one))))


def _shortened(one: Specifier) -> str:
    """Return a bound. `<2.12.0.dev` means `<2.12`: PEP 440 leaves out the pre-releases of an excluded end, too."""
    if one.version.endswith(".*") or one.operator in {"==", "===", "~="}:
        return str(one)
    version = Version(one.version)
    if one.operator == "<" and version.dev == 0 and version.pre is None and version.post is None:
        return f"<{short(Version(version.base_version))}"
    return f"{one.operator}{short(version)}"


def of_those_having(guard: SpecifierSet, there: Sequence[Version], lacking: Sequence[Version]) -> str:
    """Return the part of a guard's range that has the releases `there`, without the others."""
    before, after = ([one for one in lacking if one < there[0]], [one for one in lacking if one > there[-1]])
    low = [f">={there[0]}"] if before else [str(one) for one in guard if one.operator in _BEGINNINGS]
    high = [f"<{after[0]}"] if after else [str(one) for one in guard if one.operator in _ENDS]
    between = [f"!={one}" for one in lacking if there[0] < one < there[-1]]
    others = [str(one) for one in guard if one.operator == "!="]
    return text(SpecifierSet(",".join([*low, *high, *between, *others])))


def has(ranges: Iterable[SpecifierSet], version: Version) -> bool:
    """Tell whether a version is in one of the ranges."""
    return any(one.contains(version, prereleases=True) for one in ranges)


def of_those_lacking(
    guards: Sequence[SpecifierSet], lacking: Sequence[Version], having: Sequence[Version]
) -> list[SpecifierSet]:
    """Return the parts of the ranges of guards that have the releases `lacking`, without those `having` a target."""
    found: list[SpecifierSet] = []
    for guard in guards:
        own, others = ([one for one in each if guard.contains(one, prereleases=True)] for each in (lacking, having))
        found += [SpecifierSet(of_those_having(guard, own, others))] if own else []
    return found


def from_the_floor(guards: Sequence[SpecifierSet], wanted: Sequence[Wanted]) -> list[SpecifierSet]:
    """Return the ranges of guards; one without a beginning gets that of what the project supports, if they overlap."""
    floor = supported.floor(wanted)
    return [one & floor if _lacks_beginning(one) and _overlaps(one, wanted) else one for one in guards]


def _lacks_beginning(guard: SpecifierSet) -> bool:
    return not any(one.operator in _BEGINNINGS or one.operator in _PINS for one in guard)


def _overlaps(guard: SpecifierSet, wanted: Sequence[Wanted]) -> bool:
    return any(overlap(guard, one.specifier) for one in wanted)


def is_open(specifiers: Mapping[str, Sequence[SpecifierSet]]) -> bool:
    """Tell whether a guard has no upper end, of any distribution."""
    return not any(all(map(_has_end, each)) for each in specifiers.values() if each)


def _has_end(specifiers: SpecifierSet) -> bool:
    return any(one.operator in _ENDS for one in specifiers)


def alternatives(requirements: Sequence[str | list[str]]) -> Iterator[list[str]]:
    """Yield the requirements that are alternatives, of which a patch takes one group."""
    return (one for one in requirements if isinstance(one, list))
