"""Attributes of objects that are no classes: read and write an object's own dictionary, past its class."""

from __future__ import annotations

import sys
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType, ModuleType, WrapperDescriptorType

from backportkit.layers.place import (
    MISSING,
    Place,
    TargetRefused,
    attribute_of_class,
    bases,
    defines,
    dictionary_of,
    found_in,
    full_name,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypeAlias

    Reason: TypeAlias = tuple[str, str] | None

_OF_OBJECTS = object()  # an object may have an item of the same name
# Names of this form that are read from objects, too; all others Python looks up in the class.
_OF_ANYTHING = frozenset({"__doc__", "__module__", "__name__", "__qualname__", "__signature__", "__annotations__"})


class InstancePlace(Place):
    """A name in the own dictionary of an object; no `__setattr__` or `__getattr__` of its class is asked."""

    __slots__ = ("held_name", "holder")

    def __init__(self, owner: Any, name: str, held_name: str, holder: Place) -> None:
        super().__init__(owner, name)
        self.key = id(owner), (_OF_OBJECTS, name)
        self.held_name = held_name
        self.holder = holder

    @property
    def outermost(self) -> Place:
        return self.holder

    @property
    def owned_by(self) -> str:
        return f"{full_name(type(self.owner))} {self.held_name}"

    @property
    def site(self) -> Any:
        owner = self.owner
        return None if owner is None else attributes_of(owner)

    def read(self) -> Any:
        return dict.get(attributes_of(self.owner), self.name, MISSING)

    def inherited(self) -> Any:
        return found_in(bases(type(self.owner)), self.name)

    def look_up(self) -> Any:
        self._refuse(_OF_READING)
        return super().look_up()

    def write(self, value: Any) -> None:
        dict.__setitem__(attributes_of(self.owner), self.name, value)

    def delete(self) -> None:
        dict.__delitem__(attributes_of(self.owner), self.name)

    def names(self) -> Iterable[Any]:
        return [*attributes_of(self.owner), *(name for cls in bases(type(self.owner)) for name in dictionary_of(cls))]

    def hint(self) -> str:
        return "; the __getattr__ of its class may provide it" if defines(self.owner, "__getattr__") else ""

    def check(self) -> None:
        self._refuse(_OF_WRITING)

    def _refuse(self, reasons: Iterable[Any]) -> None:
        for why in reasons:
            if reason := why(self):
                msg = f"{self.owned_by}: {reason[0]}"
                raise TargetRefused(msg, reason[1])


def attributes_of(value: Any) -> Any:
    """The dictionary that an object has its attributes in, whatever its class says; None if it has none."""
    member = found_in(bases(type(value)), "__dict__")
    return member.__get__(value) if issubclass(type(member), GetSetDescriptorType | MemberDescriptorType) else None


def place_in(value: Any, name: str, holder: Place) -> InstancePlace | None:
    """Return the place of an attribute of an object at another place; None if the object has no attributes.

    Functions and modules have attributes, and other ways to be patched. Proxies have those of another object. A method
    is another object each time that it is read.
    """
    cached = getattr(sys.modules.get("functools"), "_lru_cache_wrapper", None)
    if issubclass(type(value), FunctionType | ModuleType) or type(value) is cached or _is_proxy(value):
        return None
    is_read_raw = holder.is_in_module or (holder.ground is None and holder.read() is not MISSING)
    if (not is_read_raw and defines(value, "__get__")) or not issubclass(type(attributes_of(value)), dict):
        return None
    return InstancePlace(value, name, f"{holder.name!r} of {holder.owned_by}", holder.outermost)


def _is_proxy(value: Any) -> bool:
    """Tell whether an object says that it is of another class, or computes its attributes."""
    says, reads = (found_in(bases(type(value)), name) for name in ("__class__", "__getattribute__"))
    return says is not dictionary_of(object)["__class__"] or type(reads) is not WrapperDescriptorType


# --- why an attribute cannot be changed, and what to do instead ---


def _described(place: InstancePlace) -> Reason:
    stored = place.inherited()
    if not (defines(stored, "__set__") or defines(stored, "__delete__")):
        return None
    is_written = type(stored) is property or attribute_of_class(type(stored), "__module__") != "builtins"
    way = f"patch it there: '{_in_class(place)}'" if is_written else "replace the whole object by the name of another"
    return f"its class has a data descriptor called {place.name!r}", way


def _special(place: InstancePlace) -> Reason:
    if place.name[:2] + place.name[-2:] != "____" or place.name in _OF_ANYTHING:
        return None
    return f"Python looks up {place.name!r} in its class", f"patch it there: '{_in_class(place)}'"


def _bound(place: InstancePlace) -> Reason:
    if place.read() is not MISSING or not defines(place.inherited(), "__get__"):
        return None
    reason = f"{place.name!r} is a method of its class, which a function in the object itself would be no more"
    return reason, f"patch it there: '{_in_class(place)}'"


def _in_class(place: InstancePlace) -> str:
    cls = type(place.owner)
    return f"{attribute_of_class(cls, '__module__')}:{attribute_of_class(cls, '__qualname__')}.{place.name}"


_OF_READING = (_described,)
_OF_WRITING = (_described, _special, _bound)
