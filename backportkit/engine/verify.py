"""Judge whether a target still is what a patch was written against, by fingerprint and by signature."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit import states
from backportkit.layers.place import MISSING
from backportkit.layers.resolve import PROPERTY_PARTS
from backportkit.shown import shown
from backportkit.source import fingerprint, signature
from backportkit.source.functions import function_of, is_a

if TYPE_CHECKING:
    from types import FunctionType

    from backportkit.declaration.edits import Edit
    from backportkit.layers.fit import BindingSite
    from backportkit.source.lookup import Library


class Finding(NamedTuple):
    """The result of a comparison: APPLIED (go ahead), ABSORBED, DRIFTED, or FAILED where the body cannot be known.

    It has the fingerprints that are expected, and the one that was found or why there is none.
    """

    state: str
    expected: str
    found: str


_CLEAR = Finding(states.APPLIED, "", "")


def examine(edit: Edit, stored: Any) -> Finding:
    """Compare the stored object at a target with the fingerprints of the edit.

    An edit without fingerprints is not judged. "Already fixed" is an exact match only.
    """
    if not (edit.original or edit.fixed) or stored is MISSING:
        return _CLEAR
    return compare(edit, _read(stored, edit.target.attribute))


def stranger(edit: Edit, stored: Any) -> FunctionType | None:
    """Return the function at a target if it was defined elsewhere: somebody may have put it there before us."""
    found = function_of(_part_of(stored, edit.target.attribute))
    if found is None or edit.target.items:
        return None
    function: FunctionType = inspect.unwrap(found)
    path = edit.target.path[:-1] if edit.target.attribute in PROPERTY_PARTS else edit.target.path
    is_own = function.__module__ == edit.target.module and function.__qualname__ == ".".join(path)
    return None if is_own else function


def examine_source(edit: Edit, library: Library | None = None) -> Finding:
    """Compare the source on disk with the fingerprints of the edit, before its module is imported.

    WAITING where several definitions are there with different results, and only the import tells which one counts.
    """
    if not (edit.original or edit.fixed):
        return _CLEAR
    readings = fingerprint.all_installed(edit.target.module, edit.target.path, library)
    findings = [compare(edit, reading) for reading in readings]
    state = findings[0].state if len({finding.state for finding in findings}) == 1 else states.WAITING
    return Finding(state, findings[0].expected, " or ".join(finding.found for finding in findings if finding.found))


def compare(edit: Edit, found: fingerprint.Reading) -> Finding:
    """Judge a fingerprint, or the lack of one, by those of the edit."""
    expected = " or ".join(edit.original)
    if found.value is None:
        return Finding(states.FAILED, expected, found.reason) if edit.original else _CLEAR
    if found.value in edit.fixed:
        return Finding(states.ABSORBED, expected, f"{found.value}, which is upstream's fix")
    if found.value in edit.original or not edit.original:
        return _CLEAR
    return Finding(states.DRIFTED, expected, found.value)


def misfit(edit: Edit, stored: Any, made: Any, site: BindingSite) -> str | None:
    """Say why a call that the stored object takes would go wrong with the one made to replace it; None if none would.

    An object that does not say how it is called is not judged.
    """
    if edit.signature == "change" or stored is MISSING:
        return None
    part, in_class = site.part, site.owner is not None
    old, new = (signature.of_stored(one, part, in_class=in_class) for one in (stored, made))
    if old is None or new is None:
        return None
    if signature.is_computed(stored) != signature.is_computed(made):
        return "it is read like a value and must stay so" if signature.is_computed(stored) else "it is called, not read"
    reason = signature.misfit(old, new)
    inner = None if reason is None else signature.of_wrapped(stored, part, in_class=in_class)
    # A wrapper (*args, **kwargs) usually takes what it wraps takes, and so may the replacement.
    return reason if inner is None else signature.misfit(inner, new)


def _read(stored: Any, attribute: str) -> fingerprint.Reading:
    function = function_of(_part_of(stored, attribute))
    if function is None:
        return fingerprint.Reading(None, f"{shown(stored)} is not written in Python")
    function = inspect.unwrap(function)
    value = fingerprint.of_function(function)
    return fingerprint.Reading(value, "" if value else fingerprint.why_none(function))


def _part_of(stored: Any, attribute: str) -> Any:
    """Return the function of a property that a target such as `Class.name.fset` names; else the object itself."""
    return getattr(stored, attribute) if attribute in PROPERTY_PARTS and is_a(stored, property) else stored
