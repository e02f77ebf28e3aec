"""A name in a class: read and write it past the metaclass, say why Python refuses that, and tell `abc`."""

from __future__ import annotations

import _weakref
import sys

from backportkit.layers.place import (
    MISSING,
    ModulePlace,
    Place,
    TargetRefused,
    attribute_of_class,
    bases,
    defines,
    dictionary_of,
    found_in,
    is_class,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

IMMUTABLE_TYPE = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE, https://docs.python.org/3/c-api/typeobj.html


def place_of(owner: Any, name: str) -> Place:
    """The place of a name in a module or class."""
    return ClassPlace(owner, name) if is_class(owner) else ModulePlace(owner, name)


class ClassPlace(Place):
    """A name in a class's own dictionary; a `__setattr__` of the metaclass is not asked."""

    __slots__ = ()

    @property
    def ground(self) -> Place:
        return self

    def read(self) -> Any:
        return dictionary_of(self.owner_of()).get(self.name, MISSING)

    def inherited(self) -> Any:
        return found_in(bases(self.owner)[1:], self.name)

    def write(self, value: Any) -> None:
        before = self.look_up()
        type.__setattr__(self.owner, self.name, value)
        _tell_abc(self, before)

    def delete(self) -> None:
        before = self.look_up()
        type.__delattr__(self.owner, self.name)
        _tell_abc(self, before)

    def names(self) -> Iterable[Any]:
        return [name for base in bases(self.owner) for name in dictionary_of(base)]

    def hint(self) -> str:
        metaclass = type(self.owner)
        if found_in(bases(metaclass), self.name) is MISSING:
            return ""
        return f"; its metaclass {metaclass.__module__}.{metaclass.__qualname__} has it, so that is where to patch"

    def check(self) -> None:
        for why, way in _REASONS:
            if reason := why(self):
                msg = f"{self.owned_by}: {reason}"
                raise TargetRefused(msg, way)


# --- why a class attribute cannot be changed ---

WRAP_INIT = "replace or wrap __init__, also of each subclass that has its own (docs/targets.md, Models)"


def _built_in(place: ClassPlace) -> str:
    if not attribute_of_class(place.owner, "__flags__") & IMMUTABLE_TYPE:
        return ""
    return "it is a built-in or extension type; Python does not let it change"


def _shadowed(place: ClassPlace) -> str:
    """A data descriptor of the metaclass takes every assignment, even one by type.__setattr__."""
    stored = found_in(bases(type(place.owner)), place.name)
    if not (defines(stored, "__set__") or defines(stored, "__delete__")):
        return ""
    return f"its metaclass {type(place.owner).__qualname__} has a data descriptor called {place.name!r}"


def _enum_member(place: ClassPlace) -> str:
    if place.name not in dictionary_of(place.owner).get("_member_map_", ()):
        return ""
    return f"{place.name!r} is a member of the enumeration; whoever holds the member would not see another one"


def _compiled_in(place: ClassPlace) -> str:
    """The default of a field that a dataclass's `__init__` sets is a default argument of that `__init__`."""
    fields = found_in(bases(place.owner), "__dataclass_fields__")
    field = None if fields is MISSING else fields.get(place.name)
    if field is None or not field.init or repr(field._field_type) == "_FIELD_CLASSVAR":  # noqa: SLF001
        return ""
    return f"the default of the dataclass field {place.name!r} is compiled into __init__"


_REASONS = (
    (_built_in, "patch whoever calls it: a function or class of a module that is written in Python"),
    (_shadowed, "patch the descriptor in the metaclass, or whoever reads it"),
    (_enum_member, "patch a method of the enumeration, or whoever uses the member"),
    (_compiled_in, WRAP_INIT),
)


# --- abstract base classes ---


def _tell_abc(place: ClassPlace, before: Any) -> None:
    """Let an abstract base class notice that one of its attributes was changed, as `abc` demands."""
    cls = place.owner
    if not hasattr(type(cls), "_abc_caches_clear"):  # of abc.ABCMeta
        return
    if place.name == "__subclasshook__":
        _forget_instance_checks(cls)
    if _is_abstract(before) or _is_abstract(place.look_up()):
        _update_abstract_methods(cls)


def _is_abstract(stored: Any) -> bool:
    return stored is not MISSING and bool(getattr(stored, "__isabstractmethod__", False))


def _update_abstract_methods(cls: type) -> None:
    """Let the class and its subclasses count anew which abstract methods they lack.

    Each class in an ABC hierarchy stores its own answer when it is made
    (https://docs.python.org/3/library/abc.html#abc.update_abstractmethods), so a subclass must be told as well.
    """
    _count_abstract_methods(cls)
    subclasses: list[type] = type.__subclasses__(cls)
    for subclass in subclasses:
        _update_abstract_methods(subclass)


# By the id of a class: a weak reference to it, and by content each set of names that it had when it was counted anew.
_counted: dict[int, tuple[Callable[[], Any], dict[frozenset[str], Any]]] = {}


def _count_abstract_methods(cls: type) -> None:
    """Count the abstract methods of a class anew. If they are those of an earlier count, put back that very set."""
    key = id(cls)
    if key not in _counted:
        _counted[key] = (_weakref.ref(cls, lambda _: _counted.pop(key, None)), {})
    sets = _counted[key][1]
    had = dictionary_of(cls).get("__abstractmethods__", ())
    sets[frozenset(had)] = had
    sys.modules["abc"].update_abstractmethods(cls)
    counted = dictionary_of(cls).get("__abstractmethods__", ())
    if (same := sets.get(counted, counted)) is not counted:
        type.__setattr__(cls, "__abstractmethods__", same)


def _forget_instance_checks(cls: type) -> None:
    """Clear the answers to `isinstance`, which an ABC and the ABCs above it keep."""
    for base in bases(cls):
        if hasattr(type(base), "_abc_caches_clear"):
            type(base)._abc_caches_clear(base)  # type: ignore[attr-defined]  # noqa: SLF001
