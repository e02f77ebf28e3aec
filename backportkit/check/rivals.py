"""Find patches that claim one target, by the rule that an import uses: the later one is a conflict."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING, NamedTuple

from backportkit.check import bodies
from backportkit.declaration import apart
from backportkit.engine import precedence
from backportkit.source import callables

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.registry import Declared
    from backportkit.engine.selection import Settings

    Claims = dict[str, list[tuple[Declared, Edit]]]


class Rivals(NamedTuple):
    """Two patches that claim one target, neither of which gives way.

    `target` is the second one's. `deed` is what the first one does, in words.
    """

    first: Declared
    second: Declared
    target: str
    deed: str = "claims the same target"


def among(declared: Iterable[Declared], settings: Settings) -> Iterator[Rivals]:
    """Yield each pair of patches that are in each other's way, once for each target."""
    claims: Claims = {}
    for one in (one for one in declared if not settings.disables(one.id)):
        for edit in one.patch.edits:
            claims.setdefault(str(edit.target), []).append((one, edit))
    for target, claimed in claims.items():
        for (first, mine), (second, theirs) in combinations(filter(_takes_the_place, claimed), 2):
            if not _gives_way(first, second, settings) and not _same(first, mine, second, theirs):
                yield Rivals(first, second, target)
    yield from [pair for pair in _nested(claims) if not _gives_way(pair.first, pair.second, settings)]


def _takes_the_place(claim: tuple[Declared, Edit]) -> bool:
    return claim[1].how != "wrap"


def _nested(claims: Claims) -> Iterator[Rivals]:
    """Yield each pair of which one changes something in what the other one replaces."""
    for target, claimed in claims.items():
        for around in apart.around(target):
            outer = [one for one, edit in claims.get(around, ()) if edit.how == "replace"]
            for one, (other, _) in product(outer, claimed):
                if one.position < other.position:
                    yield Rivals(one, other, target, f"replaces {around}, which it is in,")
                else:  # no edit of a patch is within what another one of it replaces
                    yield Rivals(other, one, around, f"changes {target}, which is in it,")


def _gives_way(first: Declared, second: Declared, settings: Settings) -> bool:
    pairs = [(first, second), (second, first)]
    return any(_yields(one, other, settings) or precedence.supersedes(other, one, settings) for one, other in pairs)


def _yields(one: Declared, other: Declared, settings: Settings) -> bool:
    return one.yields_to(other) and not settings.ask_for(one.id)


def _same(first: Declared, mine: Edit, second: Declared, theirs: Edit) -> bool:
    """Tell whether both carry the same upstream fix with the same body. Such a fix is applied once."""
    fixes = first.patch.fixes
    return fixes is not None and fixes == second.patch.fixes and _alike(mine, theirs)


def _alike(mine: Edit, theirs: Edit) -> bool:
    one, other = mine.replacement, theirs.replacement
    if one is None or other is None:
        return one is other and mine.alias_of == theirs.alias_of and repr(mine.value) == repr(theirs.value)
    if one.held is None or other.held is None:  # a replacement that is only named is not imported
        return mine.namespace == theirs.namespace and (
            str(one) == str(other) or _print(mine) == _print(theirs) is not None
        )
    return _content(mine, one.held) == _content(theirs, other.held)


def _content(edit: Edit, held: object) -> Hashable:
    return edit.namespace, callables.essence(held, share_globals=edit.namespace == "target")


def _print(edit: Edit) -> str | None:
    """Return the fingerprint of a replacement in its source, without the decorator that declares it."""
    try:
        return bodies.of_replacement(edit).fingerprint
    except bodies.NoBodyError:
        return None
