"""Follow a target's name to the function that is changed in place, through the decorators around it."""

from __future__ import annotations

from backportkit.layers.journal import lock
from backportkit.layers.layer import NOTHING, WHOLE, Entry, Occupied
from backportkit.layers.stack import standing
from backportkit.source.callables import function_in, innermost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from backportkit.layers.layer import Layer
    from backportkit.layers.ledger import Ledger
    from backportkit.layers.place import Place


def refuse_rivals(ledger: Ledger, layers: Sequence[Layer]) -> None:
    """Raise Occupied where one of two layers replaces what the other one changes in place."""
    changed = ledger.changed_in_place()
    for layer in layers:
        place = layer.place
        of_code = (other for other in changed if other.found_at.key == place.key and is_led_to(ledger, other))
        for other in ledger.layers(layer.found_at) if place.is_code else of_code:
            if _replace_the_same(layer, other) and other.key[0] not in layer.supersedes:
                raise Occupied(other)


def _replace_the_same(one: Layer, other: Layer) -> bool:
    if NOTHING in {one.content.claim, other.content.claim}:
        return False
    parts = _part_of(one), _part_of(other)
    return parts[0] == parts[1] or WHOLE in parts


def _part_of(layer: Layer) -> str:
    place: Any = layer.place
    return (place.part if place.is_code else layer.content.recipe.site.part) or WHOLE


def entry_of(ledger: Ledger, layer: Layer) -> Entry:
    """See to it that what leads to a place is there still, as it was found.

    A copy that has followed the patch of another target becomes what it was.
    """
    found_at = layer.found_at
    with lock:
        ledger.end_published()
        entry = Entry(found_at, ledger.recorded(found_at), found_at.read())
        if not standing(entry.recorded, entry.previous):
            entry.stored = ledger.original(found_at, entry.previous)
    return entry


def is_led_to(ledger: Ledger, layer: Layer) -> bool:
    """Tell whether what a look-up of the target finds calls the function that a layer has changed."""
    place: Any = layer.place
    found_at: Place = place.found_at
    if found_at.owner is None:
        return False
    stored, stack = found_at.read(), ledger.layers(found_at)
    if place.is_as_found(stored):  # also where somebody has put that on top of ours
        return True
    if stack and (not ledger.in_effect(stack[0]) or any(_replace_the_same(layer, other) for other in stack)):
        return False
    return bool(place.is_led_to_by(stack[0].previous if stack else stored))


def as_written(ledger: Ledger, layer: Layer) -> Any:
    """Return what a look-up finds but for our layers, with the code that it was written with."""
    place: Any = layer.place
    found = ledger.beneath(place)
    if place.is_code:
        return place.shown(found)
    function = innermost(found, layer.content.recipe.site.part)
    changed = (other for other in ledger.changed_in_place() if other.place.owner is function)
    return next((other.root.as_function(function) for other in changed), found)


def as_called(ledger: Ledger, layer: Layer, stored: Any) -> Any:
    """Return what is called like an object at a layer's place was, before a function in it was changed in place."""
    called = function_in(stored, layer.content.recipe.site.part)
    changed: Any = (other for other in ledger.changed_in_place() if other.place.owner is called)
    return next((other.place.shown(other.root) for other in changed), stored)
