"""The stack of our layers at one place, lowest first, and the stack that it becomes when layers come or go."""

from __future__ import annotations

from types import FunctionType

from backportkit.errors import let_interrupt_pass
from backportkit.layers.layer import NOTHING, WHOLE, Change, Entry, ForeignLayer, Layer, Made, NotMade, Occupied
from backportkit.layers.place import MISSING, full_name, is_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from backportkit.layers.layer import Stack
    from backportkit.layers.place import Place

    Failures = Mapping[Layer, Exception]


def adding_first(layer: Layer, previous: Any, base: Any) -> Entry:
    """Prepare the first layer at a place. `base` is the object that stood there before anything of ours."""
    entry = Entry(layer.place, (), previous)
    entry.base = base
    found = effective(layer.place, base)
    value = entry.stored = made_by(layer, found)
    entry.made = [Made(layer, found, value, found)]
    entry.standing = (layer,)
    entry.steps = [(layer, base, value)]
    if base is not MISSING and base is not value:
        entry.changes = [Change(layer, base, value)]
    return entry


def removing_last(layer: Layer) -> Entry:
    """Prepare to take out the only layer at a place, which stands on top."""
    entry = Entry(layer.place, (layer,), layer.value)
    entry.standing = ()
    entry.stored = layer.previous
    entry.changes = given_up(layer, layer.previous, None)
    return entry


class Restacking:
    """The change of a stack of several layers, which is put together and then prepared.

    `fixed` layers cannot be moved, since somebody else's object stands on top of them; `moving` ones stand above it.
    `base` is the object beneath those; for a place without layers the caller sets it.
    """

    def __init__(self, place: Place, recorded: Stack, stored: Any) -> None:
        self.place = place
        self.recorded = recorded
        self.stored = stored
        self.standing = standing(recorded, stored)
        count = reach(self.standing, stored)
        self.fixed = self.standing[:count]
        self.moving = self.standing[count:]
        self.base = self.moving[0].previous if self.moving else stored
        self._dropped: Layer | None = None

    def add(self, layer: Layer) -> None:
        """Have a layer stand there, too, unless it does already. Raises Occupied, also where it is hidden there."""
        known = next((other for other in self.standing if other.key == layer.key), None)
        if known is not None:
            _refuse_hidden(known, self.standing)
            return
        for other in self.fixed + self.moving:
            if layer.overlaps(other) and not self._may_join(layer, other):
                raise Occupied(other)
        self.moving = tuple(sorted((*self.moving, layer), key=lambda each: each.content.rank))

    def _may_join(self, layer: Layer, other: Layer) -> bool:
        return other.key[0] in layer.supersedes or (other in self.moving and layer.does_the_same_as(other))

    def drop(self, layer: Layer) -> None:
        """Have a layer stand there no more. Raises ForeignLayer."""
        if layer in self.fixed:
            raise ForeignLayer(self.place, self.base)
        self._dropped = layer
        self.moving = tuple(other for other in self.moving if other is not layer)

    def prepare(self, failures: Failures) -> Entry:
        """Make the values of layers that are new, or stand upon a new object.

        Where a layer goes, one that cannot be made anew falls, and so does one in which the engine has found a failure.
        """
        entry = Entry(self.place, self.recorded, self.stored)
        entry.base = self.base
        leaving: list[tuple[Layer, Any, Exception | None]] = (
            [] if self._dropped is None else [(self._dropped, self._dropped.previous, None)]
        )
        previous = self.base
        for layer in self.moving:
            try:
                value = self._value(layer, previous, entry, failures)
            except Exception as failure:
                if self._dropped is None:
                    raise
                leaving.append((layer, previous, failure))
            else:
                entry.steps.append((layer, previous, value))
                previous = value
        entry.stored = previous
        entry.standing = self.fixed + tuple(layer for layer, _, _ in entry.steps)
        return _with_changes(entry, leaving)

    def _value(self, layer: Layer, previous: Any, entry: Entry, failures: Failures) -> Any:
        if layer in failures:
            raise failures[layer]
        if layer.installed and (layer.previous is previous or layer.content.claim == WHOLE):
            return layer.value
        if any(layer.overlaps(other) and layer.does_the_same_as(other) for other, _, _ in entry.steps):
            return previous
        found = effective(self.place, previous)
        value = made_by(layer, found)
        lowest = self.standing[0].previous if self.standing else self.base
        entry.made.append(Made(layer, found, value, effective(self.place, lowest)))
        return value


def _with_changes(entry: Entry, leaving: Sequence[tuple[Layer, Any, Exception | None]]) -> Entry:
    for layer, previous, value in entry.steps:
        old = layer.value if layer.installed else previous
        if old is not value and old is not MISSING:
            entry.changes.append(Change(layer, old, value))
    for layer, previous, failure in leaving:
        entry.leaving.append((layer, failure))
        entry.changes += _succeeding(entry, layer, previous, failure)
    return entry


def _succeeding(entry: Entry, layer: Layer, previous: Any, failure: Exception | None) -> list[Change]:
    """Return the changes for a layer that leaves: one with the same object takes its copies, or `previous` comes."""
    heir = next((other for other, _, value in entry.steps if value is layer.value), None)
    if heir is None:
        return given_up(layer, previous, failure)
    entry.heirs.append((heir, layer))
    return [Change(layer, layer.value, layer.value)] if failure else []


def made_by(layer: Layer, found: Any) -> Any:
    """Make the object of a layer, by code of the user's. Raises NotMade; an interrupt passes."""
    if found is MISSING and not layer.content.recipe.makes_of_nothing:
        raise NotMade(layer)
    try:
        return layer.content.recipe.make(found)
    except BaseException as error:
        let_interrupt_pass(error)
        raise NotMade(layer) from error


def standing(stack: Stack, stored: Any) -> Stack:
    """The layers of a stack that are still there when `stored` stands at the place.

    Somebody may have put back the object beneath one of them: then that one and those above it are gone. All are gone
    if nothing stands there, or an object that the module has defined there anew. Any other object is taken to stand on
    top of all of them.
    """
    for count in range(len(stack), 0, -1):
        if stack[count - 1].value is stored:
            return stack[:count]
        if stack[count - 1].previous is stored:
            return stack[: count - 1]
    return () if stack and _is_gone(stack, stored) else stack


def _is_gone(stack: Stack, stored: Any) -> bool:
    """Tell whether our layers are gone, and a foreign object was not put on top of them but in their place."""
    if stored is MISSING:
        return True
    from backportkit.layers import defined_anew  # few things ever stand on top

    known = [other for layer in stack for other in (layer.previous, layer.value)]
    return defined_anew.stands_instead(stack[0].place, stored, known)


def reach(stack: Stack, stored: Any) -> int:
    """Return how many layers, from the lowest on, stand beneath a foreign object."""
    above = stored
    for count in range(len(stack), 0, -1):
        if stack[count - 1].value is not above:
            return count
        above = stack[count - 1].previous
    return 0


def is_called(layer: Layer, stack: Stack, stored: Any) -> bool:
    """Tell whether a foreign object on a stack, or within it, calls an object of ours that was built upon a layer."""
    from backportkit.layers import beneath  # few are ever asked for

    count = reach(stack, stored)
    while count and hiding(layer, stack[count:]) is None:
        foreign = stack[count].previous if stack[count:] else stored
        called = beneath.find(foreign, [other.value for other in stack[:count]])
        if called is MISSING:
            return False
        stack = standing(stack[:count], called)
        count = reach(stack, called)
        if layer in stack[count:]:
            return hiding(layer, stack[count:]) is None
    return False


def hiding(layer: Layer, stack: Stack) -> Layer | None:
    """Return the layer above another one by which no call gets to that any more, since it replaces the same anew."""
    above = stack[stack.index(layer) + 1 :] if layer in stack else stack
    return next((other for other in above if _hides(other, layer)), None)


def _hides(other: Layer, layer: Layer) -> bool:
    claim = other.content.claim
    if other.key[0] == layer.key[0] or claim == NOTHING or claim not in {WHOLE, layer.content.claim}:
        return False
    return other.value is not layer.value and not other.does_the_same_as(layer)


def _refuse_hidden(layer: Layer, stack: Stack) -> None:
    other = hiding(layer, stack)
    if other is not None:
        raise Occupied(other)


def given_up(layer: Layer, previous: Any, failure: Exception | None) -> list[Change]:
    """Return the change in what a look-up finds when a layer is gone, if there is one."""
    successor = previous if layer.place.owner is None else effective(layer.place, previous)
    is_change = layer.installed and (layer.value is not successor or failure is not None)
    return [Change(layer, layer.value, successor)] if is_change else []


def is_defined_at(place: Place, stored: Any) -> bool:
    """Tell whether an object is a function that the body of this module or class has defined, as nearly all are."""
    if type(stored) is not FunctionType:
        return False
    owner = place.owner
    if is_class(owner):
        return f"{stored.__module__}.{stored.__qualname__}" == f"{full_name(owner)}.{place.name}"
    return stored.__qualname__ == place.name and stored.__globals__ is place.site


def effective(place: Place, stored: Any) -> Any:
    """Return what a look-up finds where `stored` stands: the inherited object if nothing does."""
    return place.inherited() if stored is MISSING else stored
