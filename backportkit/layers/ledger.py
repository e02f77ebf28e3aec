"""Remember the layers at each place, and put back the very object that stood there before."""

from __future__ import annotations

from backportkit.layers.journal import IN_PLACE, Journal, Plan, lock
from backportkit.layers.place import MISSING
from backportkit.layers.stack import (
    Restacking,
    adding_first,
    given_up,
    hiding,
    is_called,
    is_defined_at,
    reach,
    removing_last,
    standing,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, TypeAlias
    from weakref import WeakValueDictionary

    from backportkit.layers.layer import Change, Entry, Layer, Stack
    from backportkit.layers.place import Place

    Former: TypeAlias = dict[tuple[str, str], WeakValueDictionary[int, Any]]


class Ledger(Journal):
    """All layers of a process, by place: a stack for each, lowest first.

    A layer is known by its position in the stack: one object may stand in several layers, and be the original as well.

    A change has two phases. `prepare` makes all values, by code of the user's, and changes nothing; `commit` writes,
    unless a place has changed meanwhile: then the caller prepares anew. The lock is held while places are looked at and
    while a plan is committed, never while code of the user's runs (except the methods of a mapping whose item is the
    place).
    """

    def __init__(self) -> None:
        super().__init__()
        self.former: Former = {}  # the objects of former bodies to which copies went back, by who had bound them

    # --- what stands where ---

    def layers(self, place: Place) -> Stack:
        """The layers that still stand at a place, lowest first, also those beneath somebody else's object."""
        with lock:
            self.end_published()
            return standing(self.recorded(place), place.read())

    def original(self, place: Place, stored: Any) -> Any:
        """Return the stored object beneath all layers at a place, also if it was bound as a copy of another target."""
        with lock:
            stack = standing(self.recorded(place), stored)
            if stack or stored is MISSING or is_defined_at(place, stored):
                return stack[0].previous if stack else stored
        notes = [alias.change for layer in self.all_layers() for alias in layer.copies if alias.place.is_at(place)]
        for change in reversed(notes):  # the notes of a wrap come after those of the layers beneath it
            stored = change.old if change.new is stored else stored
        return stored

    def beneath(self, place: Place) -> Any:
        """Return what a look-up would find without our layers."""
        with lock:
            previous = self.original(place, place.read())
        return place.inherited() if previous is MISSING else previous

    def in_effect(self, layer: Layer) -> bool:
        """Tell whether a look-up finds a layer's object, one of ours built upon it, or a foreign one that calls it."""
        if layer.place.owner is None:
            return False
        with lock:
            self.end_published()
            stored = layer.place.read()
            stack = standing(self.recorded(layer.place), stored)
            top = stack[reach(stack, stored) :]
            is_found = layer in top and hiding(layer, top) is None
        return (is_found or (layer in stack and is_called(layer, stack, stored))) and self.is_led_to(layer)

    def is_led_to(self, layer: Layer) -> bool:
        """Tell whether what a look-up of the target finds leads to the place of a layer, or is the place."""
        if not layer.place.is_code:
            return True
        from backportkit.layers import led_to  # few are

        return led_to.is_led_to(self, layer)

    def is_lost(self, layer: Layer) -> bool:
        """Tell whether the place of a layer has neither a layer nor the original: it was deleted or defined anew."""
        place = layer.place
        if place.owner is None or layer not in self.recorded(place):
            return False
        with lock:
            return not self.layers(place) and place.read() is not layer.root

    def look(self, place: Place) -> tuple[Any, int, bool]:
        """Return the stored object at a place, the number of layers there, and whether it is the topmost one's."""
        with lock:
            self.end_published()
            stored = place.read()
            stack = standing(self.recorded(place), stored)
            return stored, len(stack), bool(stack) and stack[-1].value is stored

    def above(self, layer: Layer) -> Any:
        """Return what somebody has put on top of a layer and of all that stands there; MISSING if nobody has."""
        place: Any = layer.place
        stored, count, is_ours = self.look(layer.found_at)
        if is_ours or (place.is_code and not count and place.is_as_found(stored)):
            return MISSING
        return stored

    # --- prepare ---

    def check_room(self, layers: Sequence[Layer]) -> None:
        """Raise Occupied if another layer, not superseded, already replaces what one of these is to replace."""
        _leading_to_code(self, layers)
        for some in _by_place(layers):
            if self.recorded(some[0].place):
                self._restacking(some)

    def prepare(self, layers: Sequence[Layer]) -> Plan:
        """Prepare a plan to put layers in, all or none. Nothing is changed before it is committed.

        Layers that are in place already, by their key, are left as they are: installing is idempotent, also when two
        threads do it at once. A layer goes on top of the others that replace and beneath those that wrap, which are
        made anew around it. It always goes above a foreign object. A layer that does the same as one in place
        shares that one's object.

        Raises Occupied when another layer, not superseded, replaces the same already, and NotMade.
        """
        for layer in layers:
            layer.ledger = self
        leading = _leading_to_code(self, layers)
        return Plan([self._entry_for(some) for some in _by_place(layers)] + leading, layers)

    def prepare_removal(self, layer: Layer, failures: Mapping[Layer, Exception]) -> Plan | None:
        """Prepare a plan to take a layer out, wherever in the stack it is; None if it is not there any more.

        Layers of ours above stay in effect; those that wrap are made anew around the object beneath them now. A wrap
        that cannot be made anew falls, and so does one that has one of these failures: it is taken out, too, and its
        `failure` says why.

        Raises ForeignLayer when an object that is not ours stands on top of the layer.
        """
        place = layer.place
        if place.owner is None:
            return None
        with lock:
            self.end_published()
            stack, stored = self.recorded(place), place.read()
            if stack == (layer,) and stored is layer.value:
                return Plan([removing_last(layer)])
            if layer not in standing(stack, stored):
                return None
            restacking = Restacking(place, stack, stored)
        restacking.drop(layer)
        return Plan([restacking.prepare(failures)])

    def check_removal(self, layer: Layer) -> None:
        """Raise ForeignLayer when an object that is not ours stands on top of a layer. Changes nothing."""
        place = layer.place
        if place.owner is None:
            return
        with lock:
            self.end_published()
            stack, stored = self.recorded(place), place.read()
            if layer in standing(stack, stored):
                Restacking(place, stack, stored).drop(layer)

    def _entry_for(self, layers: Sequence[Layer]) -> Entry:
        """Return the plan for one place to which layers are added."""
        place = layers[0].place
        if len(layers) == 1 and not self.recorded(place) and self.published is None:
            stored = place.read()
            return adding_first(layers[0], stored, self.original(place, stored))
        return self._restacking(layers).prepare({})

    def _restacking(self, layers: Sequence[Layer]) -> Restacking:
        place = layers[0].place
        with lock:
            self.end_published()
            found = Restacking(place, self.recorded(place), place.read())
            if not found.standing:
                found.base = self.original(place, found.stored)
        for layer in layers:
            found.add(layer)
        return found

    # --- forget ---

    def drop_if_gone(self, layer: Layer) -> list[Change] | None:
        """Drop the record of a layer that is gone, and of all layers upon it; return None if it is there.

        It is gone if somebody has put back the object beneath it. A layer that was never put in is not put in any more.
        """
        place = layer.place
        with lock:
            self.end_published()
            alive = place.owner is not None
            found = standing(self.recorded(place), place.read()) if alive else self.stack_at(place)
            if alive and layer in found:
                return None
            layer.revoked = True
            left = tuple(other for other in found if other is not layer)
            self._replace(place, left)
            # Copies follow the topmost layer that is left, unless a body that has run again is beneath that.
            is_same = alive and bool(left) and left[0].root is layer.root
            changes = given_up(layer, left[-1].value if is_same else layer.previous, layer.failure)
            self.owe(changes)
            return changes

    def abandon(self, place: Place) -> None:
        """Drop the record of all layers at a place of an owner that nobody uses any more; nothing is put back."""
        with lock:
            self._replace(place, ())

    def forget(self, place: Place) -> None:
        """Drop the record of layers that are no longer there, as after importlib.reload; nothing is put back."""
        with lock:
            stack = self.layers(place)
            if not stack or stack[-1].value is not place.read():
                self._replace(place, ())


def _leading_to_code(ledger: Ledger, layers: Sequence[Layer]) -> list[Entry]:
    """See to what leads to functions that are to be changed in place. Raises Occupied."""
    if IN_PLACE not in ledger.stacks and not any(layer.place.is_code for layer in layers):
        return []
    from backportkit.layers import led_to

    led_to.refuse_rivals(ledger, layers)
    return [led_to.entry_of(ledger, layer) for layer in layers if layer.place.is_code]


def _by_place(layers: Sequence[Layer]) -> Iterable[Sequence[Layer]]:
    if len(layers) == 1:
        return (layers,)
    places: dict[Any, list[Layer]] = {}
    for layer in layers:
        places.setdefault(layer.place.key, []).append(layer)
    return places.values()
