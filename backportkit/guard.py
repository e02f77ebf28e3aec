"""Judge whether a target still is what a patch was written against, by fingerprint."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit import fingerprint
from backportkit.binding import function_of
from backportkit.state import State
from backportkit.target import MISSING

if TYPE_CHECKING:
    from backportkit.model import Edit


class Finding(NamedTuple):
    """What the guard found: APPLIED (go ahead), ABSORBED or DRIFTED, with the fingerprints expected and found."""

    state: State
    expected: str
    found: str


_PROPERTY_PARTS = frozenset({"fget", "fset", "fdel"})
_CLEAR = Finding(State.APPLIED, "", "")


def examine(edit: Edit, raw: Any) -> Finding:
    """Compare the raw object at a target with the fingerprints of the edit.

    An edit without fingerprints and a body without source are not judged. "Already fixed" is an exact match only.
    """
    if not (edit.original or edit.fixed) or raw is MISSING:
        return _CLEAR
    function = function_of(_part_of(raw, edit.target.attribute))
    found = fingerprint.of_function(inspect.unwrap(function)) if function is not None else None
    if found in edit.fixed:
        return Finding(State.ABSORBED, _any_of(edit.original), f"{found}, which is upstream's fix")
    if found is None or found in edit.original or not edit.original:
        return _CLEAR
    return Finding(State.DRIFTED, _any_of(edit.original), found)


def _part_of(raw: Any, attribute: str) -> Any:
    """The function of a property that a target such as `Class.name.fset` means; else the raw object itself."""
    return getattr(raw, attribute) if isinstance(raw, property) and attribute in _PROPERTY_PARTS else raw


def _any_of(fingerprints: tuple[str, ...]) -> str:
    return " or ".join(fingerprints)
