"""Ranges of versions of which one holds, each of one or several distributions."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from backportkit.scan import comparisons

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    # The ranges that hold together, each of a distribution; and the alternatives.
    Together: TypeAlias = frozenset[tuple[str, str]]
    Alternatives: TypeAlias = list[Together]

ANYTHING: Alternatives = [frozenset()]
_MOST = 24


def together(parts: Sequence[Alternatives]) -> Alternatives:
    """Return the alternatives where one of each part holds; fewer ranges than that where they are too many."""
    parts = [one for one in parts if one != ANYTHING]
    size = 1
    for one in parts:
        size *= len(one)
    if size > _MOST:
        return [frozenset().union(*(one[0] for one in parts if len(one) == 1))]
    return list(dict.fromkeys(frozenset().union(*one) for one in product(*parts)))


def either(parts: Sequence[Alternatives]) -> Alternatives:
    """Return the alternatives where one of any part holds."""
    every = list(dict.fromkeys(one for part in parts for one in part))
    return ANYTHING if frozenset() in every or len(every) > _MOST else every


def specifier(texts: Sequence[str]) -> SpecifierSet | None:
    """Return the range that texts state together; None if one of them is none."""
    try:
        return SpecifierSet(",".join(comparisons.merged(iter(texts))))
    except InvalidSpecifier:
        return None


def joined(sets: list[SpecifierSet]) -> list[SpecifierSet] | None:
    """Return alternatives without those that another one has within it. Neighbours such as 2.9.0 and 2.9.1 are one."""
    if not sets:
        return None
    exact = sorted(str(one) for one in sets)
    if len(sets) > 1 and all(one.startswith("==") and "," not in one and "*" not in one for one in exact):
        first, last = exact[0][2:], exact[-1][2:]
        if first.rpartition(".")[0] == last.rpartition(".")[0]:
            return [SpecifierSet(f">={first},<={last}")]
    return sets
