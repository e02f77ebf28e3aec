"""Find the place that a declared path names, or say why there is none."""

from __future__ import annotations

import sys
from types import FunctionType

from backportkit.layers.class_place import place_of
from backportkit.layers.place import (
    MISSING,
    ItemPlace,
    Place,
    TargetNotFound,
    TargetRefused,
    defines,
    is_class,
    name_of,
)
from backportkit.layers.search import label
from backportkit.source.functions import is_a

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from types import ModuleType
    from typing import Any, TypeAlias

    Step: TypeAlias = str | tuple[Hashable]

PROPERTY_PARTS = ("fget", "fset", "fdel")
_WITHOUT_PLACES = frozenset(
    {FunctionType, staticmethod, classmethod, property, str, int, float, bool, bytes, tuple, type(None), type(MISSING)}
)
_WRITABLE = frozenset({str, int})  # keys that a target may name
_MAPPING_METHODS = ("__contains__", "__getitem__", "__setitem__", "__delitem__", "keys")


def find(module: ModuleType, steps: Sequence[Step]) -> tuple[Place, str | None]:
    """Find the place that `steps` lead to in `module`, and the part of a property if they end in one.

    `steps` are names, and keys in tuples of one: ("name",) for a module's own name, ("Class", ..., "name") for one of a
    class, ("object", "name") for one of an object, ("CONFIG", ("key",)) for an item of a mapping or list; a last name
    `fget`, `fset` or `fdel` behind a property names that function of it alone. Nothing is imported and no descriptor
    runs. What the last step names need not exist.

    Raises TargetNotFound when something on the way is missing, TargetRefused when the owner cannot be written to.
    """
    place, part = walk(module, steps)
    place.check()
    return place, part


def missing(place: Place) -> TargetNotFound:
    """The error for a place where nothing stands, with the nearest name or else with who may provide it."""
    return TargetNotFound(f"{place.owned_by} has no {place.name!r}{_nearest(place) or place.hint()}")


def walk(module: Any, steps: Sequence[Step]) -> tuple[Place, str | None]:
    """Find the place as `find` does, also one that cannot be written to. Raises the same errors."""
    place = place_of(module, steps[0])  # type: ignore[arg-type]  # a path begins with a name
    for depth, step in enumerate(steps[1:], 2):
        stored = place.look_up()
        if depth == len(steps) and step in PROPERTY_PARTS and is_a(stored, property):
            return place, str(step)
        if stored is MISSING:
            raise missing(place)
        place = after(place, stored, step)
    return place, None


def after(place: Place, stored: Any, step: Step) -> Place:
    """Return the place to which one more step leads from what is stored at a place. Raises as `find` does."""
    return _attribute_place(place, stored, step) if isinstance(step, str) else _item_place(place, stored, step[0])


def has_places(stored: Any) -> bool:
    """Tell whether a step may lead further from an object: to an attribute of a class or instance, or to an item."""
    return type(stored) not in _WITHOUT_PLACES


def _attribute_place(place: Place, stored: Any, name: str) -> Place:
    if is_class(stored):
        return place_of(stored, name)
    from backportkit.layers import instances  # few targets are in any

    if (found := instances.place_in(stored, name, place)) is not None:
        return found
    msg = f"{place.owned_by} has {place.name!r}, but it is no class: {type(stored).__name__}"
    raise TargetRefused(msg, _instead_of_within(place, stored))


def _item_place(place: Place, stored: Any, item: Hashable) -> Place:
    name = f"{place.name!r} of {place.owned_by}"
    if type(stored) is dict:
        return ItemPlace(stored, item, name, place.outermost)
    if issubclass(type(stored), list):
        from backportkit.layers import lists

        return lists.place_in(stored, item, name, place.outermost)
    if not all(defines(stored, method) for method in _MAPPING_METHODS):
        msg = f"{place.owned_by} has {place.name!r}, but it is no mapping that can be changed: {type(stored).__name__}"
        whole = "replace the whole of it, by value=... or by the name of another object"
        raise TargetRefused(msg, "patch what it is computed from" if defines(stored, "__get__") else whole)
    from backportkit.layers import mappings  # few are anything else

    return mappings.place_in(stored, item, name, place.outermost)


def _instead_of_within(place: Place, stored: Any) -> str:
    """Return what to patch instead of something in an object that has no attributes of its own."""
    if type(stored) is type(sys):
        return f"name the module in full: '{name_of(stored)}:...'"
    if type(stored) is FunctionType:
        return f"replace or wrap {place.name} itself, or what it calls where that is defined"
    return (
        "patch its class, if that is written in Python; or change the object in callbacks, after_apply and after_undo"
    )


def _nearest(place: Place) -> str:
    names = {label(name): name for name in place.names()}
    alike = names.get(str(place.name), MISSING)
    if alike is MISSING:
        from backportkit.alike import there_is  # only for the message of an error

        return there_is(str(place.name), names)
    if type(alike) in _WRITABLE:
        return f" (there is {alike!r})"
    return (
        f": its {label(alike)} is a {type(alike).__qualname__}, and only keys that are text or integers can be written"
    )
