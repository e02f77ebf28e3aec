"""The places that an edit can change, in modules and mappings: read, write and delete without waking lazy objects."""

from __future__ import annotations

import _weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from typing import Any, Final

# What a class has if something was made of its attributes: by pydantic (2 and 1), attrs, dataclasses, namedtuple, enum.
MARKERS = (
    *("__pydantic_decorators__", "__validators__", "__attrs_attrs__", "__dataclass_fields__", "_field_defaults"),
    "_member_map_",
)
_MARKERS = frozenset(MARKERS)
_OF_MODULES = frozenset({"__class__", "__dict__"})
_TEXTS = frozenset({str, bytes})
# The texts at places of mappings that make a text anew each time: there, an equal text is the same one.
_texts: dict[tuple[int, Hashable], tuple[Any, dict[Any, Any]]] = {}
_MOST_TEXTS = 100


_attribute_of = object.__getattribute__
attribute_of_class = type.__getattribute__  # whatever its metaclass says


class _Missing:
    """The type of `MISSING`: nothing stands there."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


class TargetNotFound(AttributeError):
    """The module has no such class, attribute or item; the message says what else it has, and who may provide it."""


class TargetRefused(TypeError):
    """The target exists but cannot be edited, or not to any effect, such as a method of a built-in type.

    `way` says what to do instead; empty if there is nothing better than to correct the target.
    """

    def __init__(self, reason: str, way: str = "") -> None:
        super().__init__(reason)
        self.way = way


class Place:
    """One slot of one owner that an edit can replace: read what is stored, write it, delete it.

    Each subclass does that for one kind of owner. Owners are held weakly where Python allows it, so that a module that
    was deleted is not kept alive by the record of what was done to it.
    """

    __slots__ = ("__weakref__", "key", "name", "owner_of")
    is_in_module = False
    is_code = False

    def __init__(self, owner: Any, name: Hashable) -> None:
        self.name: Any = name
        # Equal for two places that are the same slot of the same living owner.
        self.key = id(owner), name
        self.owner_of = hold_weakly(owner)  # called, it returns the owner, or None once that is gone

    @property
    def owner(self) -> Any:
        """The module, class or mapping; None once it is gone."""
        return self.owner_of()

    @property
    def owned_by(self) -> str:
        """The owner in words, for messages."""
        return describe(self.owner)

    @property
    def ground(self) -> Place | None:
        """The place itself if it is a name of a module or class."""
        return None

    @property
    def outermost(self) -> Place:
        """The name in a module or class behind which the place is, the place itself if it is such a name."""
        return self

    def read(self) -> Any:
        """Return the stored object in the owner's own dictionary; MISSING if there is none. No descriptor runs."""
        raise NotImplementedError

    def inherited(self) -> Any:
        """The stored object that a look-up finds beyond the owner's own dictionary; MISSING if there is none."""
        return MISSING

    def write(self, value: Any) -> None:
        """Make `value` the stored object of the slot."""
        raise NotImplementedError

    def delete(self) -> None:
        """Empty the slot."""
        raise NotImplementedError

    def look_up(self) -> Any:
        """The stored object that a look-up finds, the owner's own or an inherited one; MISSING if there is none."""
        stored = self.read()
        return self.inherited() if stored is MISSING else stored

    def names(self) -> Iterable[Any]:
        """Return the names that the owner has, to suggest one for a mistyped name."""
        raise NotImplementedError

    def hint(self) -> str:
        """Return who may provide a name that is not there; empty if nobody is known to."""
        return ""

    def check(self) -> None:
        """Raise TargetRefused if Python does not let the slot be changed, or nobody would see the change."""

    @property
    def site(self) -> Any:
        """The object that has the slot, however it is written to: the dictionary of a module, else the owner."""
        return self.owner_of()

    def is_at(self, other: Place) -> bool:
        """Tell whether two places are one slot; a module and its dictionary have the same slots."""
        return self.has_name_of(other) and self.site is other.site is not None

    def has_name_of(self, other: Place) -> bool:
        """Tell whether two places have one name. Names of different types are not compared."""
        return type(self.name) is type(other.name) and bool(self.name == other.name)

    def put(self, stored: Any) -> None:
        """Put that very object into the slot; empty the slot for MISSING."""
        if stored is not MISSING:
            self.write(stored)
        elif self.read() is not MISSING:
            self.delete()

    def restore(self, stored: Any) -> None:
        """Put back what was there before anything of ours."""
        self.put(stored)

    def force(self, stored: Any) -> bool:
        """Put back what was there where `restore` has raised; return False if there is no other way.

        In a module or class nobody has refused it: a foreign key that the name was compared with has raised.
        """
        self.put(stored)
        return True


class ModulePlace(Place):
    """A name in a module's dictionary; a `__setattr__` of the module's own is not asked."""

    __slots__ = ()
    is_in_module = True

    def __init__(self, owner: Any, name: Hashable) -> None:
        dictionary_of(owner)  # a module may put anything into sys.modules in its own place
        super().__init__(owner, name)

    @property
    def site(self) -> Any:
        owner = self.owner
        return None if owner is None else dictionary_of(owner)

    @property
    def ground(self) -> Place:
        return self

    def read(self) -> Any:
        return _attribute_of(self.owner_of(), "__dict__").get(self.name, MISSING)

    look_up = read

    def check(self) -> None:
        if self.name in _OF_MODULES:
            msg = f"{self.owned_by}: {self.name!r} is asked of its type, whatever stands in its dictionary"
            raise TargetRefused(msg, "patch the functions and classes of the module")

    def write(self, value: Any) -> None:
        _attribute_of(self.owner_of(), "__dict__")[self.name] = value

    def delete(self) -> None:
        del dictionary_of(self.owner)[self.name]

    def names(self) -> Iterable[Any]:
        return list(dictionary_of(self.owner))

    def hint(self) -> str:
        if any(self.name in vars(base) for base in type(self.owner).__mro__):
            return f"; its class {type(self.owner).__qualname__} provides the name, so that is where to patch"
        if "__getattr__" in dictionary_of(self.owner):
            return "; its __getattr__ (PEP 562) may provide the name: patch it in the module that defines it"
        return ""


class ItemPlace(Place):
    """A key of a mapping, behind a name in a module or class; the mapping's own methods read and write it."""

    __slots__ = ("holder", "mapping_name")

    def __init__(self, owner: Any, name: Hashable, mapping_name: str, holder: Place | None = None) -> None:
        super().__init__(owner, name)
        self.mapping_name = mapping_name
        self.holder = holder

    @property
    def outermost(self) -> Place:
        return self.holder or self

    @property
    def owned_by(self) -> str:
        return f"mapping {self.mapping_name}"

    def read(self) -> Any:
        owner = self.owner_of()
        if type(owner) is dict:
            return owner.get(self.name, MISSING)
        value = owner[self.name] if self.name in owner else MISSING  # noqa: SIM401 -- not every mapping has get()
        return self._known(owner, value) if type(value) in _TEXTS else value

    def write(self, value: Any) -> None:
        owner = self.owner
        if type(owner) is dict:
            owner[self.name] = value
            return
        from backportkit.layers import mappings  # few are anything else

        mappings.write(owner, self.name, value)
        if type(value) in _TEXTS and self.name in owner and owner[self.name] is not value:
            self._texts(owner)[value] = value

    def delete(self) -> None:
        del self.owner[self.name]

    def restore(self, stored: Any) -> None:
        if type(self.owner) is dict:
            self.put(stored)
            return
        from backportkit.layers import mappings

        mappings.restore(self, stored)

    def force(self, stored: Any) -> bool:
        from backportkit.layers import mappings

        return mappings.force(self, stored)

    def _known(self, owner: Any, value: Any) -> Any:
        """A text as it was first read or last written, if the mapping makes it anew each time, as os.environ does."""
        is_kept = self.key not in _texts and owner[self.name] is value
        return value if is_kept else self._texts(owner).setdefault(value, value)

    def _texts(self, owner: Any) -> dict[Any, Any]:
        known = _texts.get(self.key)
        if known is None or known[0] is not owner or len(known[1]) > _MOST_TEXTS:
            known = _texts[self.key] = owner, {}
        return known[1]

    def names(self) -> Iterable[Any]:
        return list(self.owner.keys())


def hold_weakly(value: Any) -> Callable[[], Any]:
    """A function that returns the value, or None once it is gone; held strongly where Python allows nothing else."""
    if type(value) is dict:
        return lambda: value
    try:
        return _weakref.ref(value)
    except TypeError:
        return lambda: value


def is_class(value: Any) -> bool:
    """Tell whether a value is a class. Unlike isinstance it never reads `__class__`, which would wake a lazy object."""
    return issubclass(type(value), type)


def may_be_read_once(place: Place) -> bool:
    """Tell whether a class was made of its attributes, so that another value there may have no effect: see `effect`."""
    owner = place.owner
    return is_class(owner) and (place.name == "__slots__" or is_made_of_attributes(owner))


def is_made_of_attributes(cls: type) -> bool:
    """Tell whether something was made of attributes of a class or its bases, such as the fields of a dataclass."""
    return not all(dictionary_of(base).keys().isdisjoint(_MARKERS) for base in bases(cls))


def dictionary_of(owner: Any) -> Any:
    """The own dictionary of a module or class, read without waking a lazy module; a read-only view for a class."""
    try:
        return _attribute_of(owner, "__dict__")
    except AttributeError:
        msg = f"what stands in sys.modules is no module but a {type(owner).__name__} without a dictionary"
        raise TargetRefused(msg) from None


def body_of(module: Any) -> Any:
    """Return the spec, which tells one execution of a module's body from the next: importlib.reload makes a new one."""
    try:
        return dictionary_of(module).get("__spec__")
    except TargetRefused:  # whatever a body has put into sys.modules
        return None


def is_being_imported(module: Any) -> bool:
    """Tell whether an import is under way that takes the module out of sys.modules if it fails; a reload does not."""
    return bool(getattr(body_of(module), "_initializing", False))


def describe(owner: Any) -> str:
    """A module or class in words, for messages."""
    return f"class {full_name(owner)}" if is_class(owner) else f"module {name_of(owner)}"


def name_of(module: Any) -> str:
    """Return the name of a module, or the text of an object in its place."""
    return str(dictionary_of(module).get("__name__", module))


def full_name(cls: type) -> str:
    """The module and the qualified name of a class; its metaclass is not asked."""
    return f"{attribute_of_class(cls, '__module__')}.{attribute_of_class(cls, '__qualname__')}"


def bases(cls: type) -> tuple[type, ...]:
    """A class and all that it inherits from; its metaclass is not asked."""
    mro: tuple[type, ...] = attribute_of_class(cls, "__mro__")
    return mro


def defines(value: Any, name: str) -> bool:
    """Tell whether the class of a value has an attribute. Neither the value nor its metaclass is asked."""
    return found_in(bases(type(value)), name) is not MISSING


def found_in(classes: Iterable[type], name: str) -> Any:
    """The stored object that the first of these classes has under a name; MISSING if none has."""
    for cls in classes:
        stored = dictionary_of(cls).get(name, MISSING)
        if stored is not MISSING:
            return stored
    return MISSING
