"""Find the owner of an attribute in a loaded module, and read, write and delete there without waking anybody."""

from __future__ import annotations

import _weakref
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from types import ModuleType
    from typing import Any, Final

_IMMUTABLE_TYPE = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE, https://docs.python.org/3/c-api/typeobj.html
_PROPERTY_PARTS = ("fget", "fset", "fdel")


class _Missing:
    """The type of `MISSING`: nothing stands there."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


class TargetNotFound(AttributeError):
    """The module has no such class, attribute or item. `owner` is what was searched, `name` what it lacks."""

    def __init__(self, message: str, owner: object = None, name: object = None) -> None:
        super().__init__(message)
        self.owner = owner
        self.missing = name


class TargetRefused(TypeError):
    """The target exists but cannot be edited, such as a method of a built-in type."""


class Place:
    """One slot of one owner that an edit can replace: read it raw, write it, delete it.

    Subclasses say how for one kind of owner. Owners are held weakly where Python allows it, so that a module that was
    deleted and imported afresh is not kept alive by the record of what was done to it.
    """

    __slots__ = ("__weakref__", "_owner", "name", "owner_id")

    def __init__(self, owner: Any, name: Hashable) -> None:
        self.name: Any = name
        self.owner_id = id(owner)
        try:
            self._owner: Callable[[], Any] = _weakref.ref(owner)
        except TypeError:
            self._owner = lambda: owner

    @property
    def owner(self) -> Any:
        """The module, class or mapping; None once it is gone."""
        return self._owner()

    @property
    def key(self) -> tuple[int, Hashable]:
        """Equal for two places that are the same slot of the same living owner."""
        return self.owner_id, self.name

    def read(self) -> Any:
        """The raw object in the owner's own dictionary, no descriptor asked; MISSING if there is none."""
        raise NotImplementedError

    def inherited(self) -> Any:
        """The raw object that a look-up finds beyond the owner's own dictionary; MISSING if there is none."""
        return MISSING

    def write(self, value: Any) -> None:
        raise NotImplementedError

    def delete(self) -> None:
        raise NotImplementedError

    def look_up(self) -> Any:
        """The raw object that a look-up finds, the owner's own or an inherited one; MISSING if there is none."""
        raw = self.read()
        return self.inherited() if raw is MISSING else raw

    def names(self) -> Iterable[Any]:
        """What the owner has in its own dictionary, to suggest a name for a mistyped one."""
        return _module_dict(self.owner)

    def put(self, raw: Any) -> None:
        """Make the slot what `raw` says: that very object, or nothing for MISSING."""
        if raw is MISSING:
            self.delete()
        else:
            self.write(raw)


class ModulePlace(Place):
    """A name in a module's dictionary; a `__setattr__` of the module's own is not asked."""

    __slots__ = ()

    def read(self) -> Any:
        return _module_dict(self.owner).get(self.name, MISSING)

    def write(self, value: Any) -> None:
        _module_dict(self.owner)[self.name] = value

    def delete(self) -> None:
        del _module_dict(self.owner)[self.name]


class ClassPlace(Place):
    """A name in a class's own dictionary; a `__setattr__` of the metaclass is not asked."""

    __slots__ = ()

    def read(self) -> Any:
        return type.__getattribute__(self.owner, "__dict__").get(self.name, MISSING)

    def names(self) -> Iterable[Any]:
        return [name for base in type.__getattribute__(self.owner, "__mro__") for name in vars(base)]

    def inherited(self) -> Any:
        for base in type.__getattribute__(self.owner, "__mro__")[1:]:
            if self.name in vars(base):
                return vars(base)[self.name]
        return MISSING

    def write(self, value: Any) -> None:
        type.__setattr__(self.owner, self.name, value)
        _update_abstract_methods(self.owner)

    def delete(self) -> None:
        type.__delattr__(self.owner, self.name)
        _update_abstract_methods(self.owner)


class ItemPlace(Place):
    """A key of a mapping that a module holds."""

    __slots__ = ()

    def read(self) -> Any:
        return self.owner[self.name] if self.name in self.owner else MISSING

    def names(self) -> Iterable[Any]:
        return list(self.owner)

    def write(self, value: Any) -> None:
        self.owner[self.name] = value

    def delete(self) -> None:
        del self.owner[self.name]


def find(module: ModuleType, path: Sequence[str], item: Hashable = MISSING) -> tuple[Place, str | None]:
    """Find the place that `path` names in `module`, and the part of a property if the path ends in one.

    `path` is (attribute,) for a module's own name and (Class, ..., attribute) for one of a class; a last element
    `fget`, `fset` or `fdel` behind a property names that function of it alone. With `item`, the path names a mapping
    and the place is that key of it. Nothing is imported and no descriptor runs. The attribute itself need not exist.

    Raises TargetNotFound when something on the way is missing, TargetRefused when the owner cannot be written to.
    """
    owner: Any = module
    for depth, name in enumerate(path[:-1]):
        raw = _place(owner, name).look_up()
        if isinstance(raw, property) and path[depth + 1 :] == path[-1:] and path[-1] in _PROPERTY_PARTS:
            return _place(owner, name), path[-1]
        owner = _class_at(owner, name, raw)
    place = _place(owner, path[-1])
    return (place, None) if item is MISSING else (_item_place(place, item), None)


def _place(owner: Any, name: str) -> Place:
    if not isinstance(owner, type):
        return ModulePlace(owner, name)
    if owner.__flags__ & _IMMUTABLE_TYPE:
        msg = f"{owner.__module__}.{owner.__qualname__} is a built-in or extension type; Python does not let it change"
        raise TargetRefused(msg)
    return ClassPlace(owner, name)


def _class_at(owner: Any, name: str, raw: Any) -> type:
    if raw is MISSING:
        msg = f"{describe(owner)} has no {name!r}"
        raise TargetNotFound(msg, owner, name)
    if not isinstance(raw, type):
        msg = f"{describe(owner)} has {name!r}, but it is no class: {type(raw).__name__}"
        raise TargetRefused(msg)
    return raw


def _item_place(place: Place, item: Hashable) -> ItemPlace:
    mapping = place.look_up()
    if mapping is MISSING:
        msg = f"{describe(place.owner)} has no {place.name!r}"
        raise TargetNotFound(msg, place.owner, place.name)
    if not (hasattr(type(mapping), "__setitem__") and hasattr(type(mapping), "__contains__")):
        msg = f"{place.name!r} of {describe(place.owner)} is no mapping: {type(mapping).__name__}"
        raise TargetRefused(msg)
    return ItemPlace(mapping, item)


def describe(owner: Any) -> str:
    """A module or class in words, for messages."""
    if isinstance(owner, type):
        return f"class {owner.__module__}.{owner.__qualname__}"
    return f"module {_module_dict(owner).get('__name__', owner)!s}"


def _module_dict(module: Any) -> dict[str, Any]:
    try:
        attributes: dict[str, Any] = object.__getattribute__(module, "__dict__")
    except AttributeError:
        msg = f"what stands in sys.modules is no module but a {type(module).__name__} without a dictionary"
        raise TargetRefused(msg) from None
    return attributes


def _update_abstract_methods(cls: type) -> None:
    """Let the class and its subclasses count anew which abstract methods they lack.

    Each class in an ABC hierarchy stores its own answer when it is made
    (https://docs.python.org/3/library/abc.html#abc.update_abstractmethods), so a subclass must be told as well.
    """
    if "__abstractmethods__" not in type.__getattribute__(cls, "__dict__"):
        return
    sys.modules["abc"].update_abstractmethods(cls)
    for subclass in type.__subclasses__(cls):
        _update_abstract_methods(subclass)
