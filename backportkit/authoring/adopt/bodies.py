"""The bodies that a target has in upstream's releases, as an adopted patch names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit.source.found import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.specifiers import SpecifierSet

    from backportkit.upstream.history import Read
    from backportkit.upstream.index import Release

_COMPARED = frozenset({Kind.FUNCTION.value, Kind.CLASS.value})


class Bodies(NamedTuple):
    """The bodies of a target.

    Attributes:
        ranges: The ranges of the declaration; none if the patch by hand has no range.
        original: The fingerprints in the range, the newest first.
        fixed: The fingerprints of upstream's fix.
        fixed_in: The release that has it, in words; empty if none is known.
        ends: The oldest and the newest release in the range, of which judges are asked.
        is_missing: Whether no release in the range has such a target.
        notes: What was found, a sentence each.
        open: What is left to a person, a sentence each.
        text: The code of the newest body in the range.
    """

    ranges: tuple[SpecifierSet, ...] = ()
    original: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    fixed_in: str = ""
    ends: tuple[Release, ...] = ()
    is_missing: bool = False
    notes: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    text: str = ""


def prints(told: Iterable[Read]) -> list[str]:
    """Return the fingerprints of functions and classes, each once."""
    bodies = [one.body for one in told if one.body is not None and one.body.kind in _COMPARED]
    return list(dict.fromkeys(one.fingerprint for one in bodies if one.fingerprint is not None))
