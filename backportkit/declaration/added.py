"""Make the edits that add what upstream's fix has added beside what it changes."""

from __future__ import annotations

from backportkit.declaration import rules
from backportkit.declaration.checked import Refusal, refuse, shown
from backportkit.declaration.reference import Reference, names_an_object
from backportkit.source.functions import function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    Fields = dict[str, Any]

_PLAIN = frozenset({bool, int, float, str, list, dict, type(None)})


def edit_of(target: Fields, value: Any, reference: Reference | None, edit: Fields, module: str) -> Fields:
    """The fields of an edit that adds a value: as plain data, or by a reference if it is anything else.

    A function of `module`, which declares, sees the globals that the other edits see, of which `edit` has the fields:
    in place, those of the target. A function that is imported there keeps its own.
    """
    if reference is None:
        return {"target": target, "how": "add", "value": value}
    namespace = "target" if edit.get("how") == "in_place" else edit.get("namespace")
    manner = {"namespace": namespace} if namespace and _is_of(module, value) else {}
    return {"target": target, "how": "add", "replacement": reference, **manner}


def _is_of(module: str, value: Any) -> bool:
    """Tell whether a value is a function that was written in a module."""
    function = function_of(value)
    return function is not None and function.__module__ == module


def is_plain(value: Any) -> bool:
    """Tell whether a value is plain data, which is copied each time that it is put somewhere."""
    if type(value) not in _PLAIN:
        return False
    try:
        rules.data(value)
    except Refusal:
        return False
    return True


def beside(fields: Fields, adds: Any, module: str, edit: Fields, known: Mapping[str, Any]) -> Fields:
    """The fields of a patch with further edits, which come first: each adds a name to a module. Raises Refusal.

    `known` are the globals of whoever declares, which have names for what has none of its own.
    """
    changing = fields.get("edits") or [fields]
    try:
        adding = list(_edits_of(adds, module, edit, known))
    except Refusal as refusal:
        raise Refusal(refusal.within("adds")) from None
    summary = fields.get("summary") or rules.default_summary(changing)
    return {"edits": [*adding, *changing], "summary": summary}


def _edits_of(adds: Any, module: str, edit: Fields, known: Mapping[str, Any]) -> Iterator[Fields]:
    if not isinstance(adds, dict) or not adds:
        raise refuse(f"{shown(adds)} gives nothing names: write adds={{'_helper': _helper}}")
    own: str = known.get("__name__", "__main__")
    for name, value in adds.items():
        try:
            target = {"module": module, "attribute": rules.attribute(name)}
            yield edit_of(target, value, _reference_to(value, own, known), edit, own)
        except Refusal as refusal:
            raise Refusal(refusal.within(name)) from None


def _reference_to(value: Any, own: str, known: Mapping[str, Any]) -> Reference | None:
    if isinstance(value, str) and names_an_object(value):
        way = "write an edit, how='add', with replacement=... or value=..."
        raise refuse(f"{shown(value)} may be a text or the name of an object: {way}")
    if is_plain(value):
        return None
    name = next((name for name, held in known.items() if held is value), None)
    if name is None or _is_of(own, value):
        return _named(value)
    return Reference.to(value, f"{own}:{name}")


def _named(value: Any) -> Reference:
    try:
        return Reference.to(value)
    except ValueError:
        raise refuse(f"{shown(value)} has no name: make it a constant of the module that declares") from None
