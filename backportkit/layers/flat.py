"""The common case in one go: plain functions in place of plain functions, with nothing of ours beneath them.

The loops here do at once what `stack`, `fit` and `aliases` do step by step: a call for each edit costs what they save.
Whatever is unusual is left to those.
"""

from __future__ import annotations

import gc
import sys
from types import FunctionType

from backportkit.layers import fit
from backportkit.layers.class_place import ClassPlace
from backportkit.layers.copying import by_type, make
from backportkit.layers.counts import counts_tell
from backportkit.layers.in_place import see
from backportkit.layers.journal import Plan
from backportkit.layers.layer import Change, Layer
from backportkit.layers.place import MISSING, ModulePlace, dictionary_of
from backportkit.source.callables import KINDS, REST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any

    from backportkit.layers.journal import Journal, Stacks
    from backportkit.layers.layer import Content
    from backportkit.layers.place import Place

# What asyncio, or inspect since 3.12, puts on a function that returns a coroutine.
_MARK = "_is_coroutine_marker" if sys.version_info >= (3, 12) else "_is_coroutine"
_OVERRULING = (_MARK, "__signature__")  # attributes that count instead of the code
_BUILTINS = vars(sys.modules["builtins"])
_NAMES = (ModulePlace, ClassPlace)
_OF_TYPES = vars(type).keys() | vars(object).keys() | {"__init_subclass__", "__class_getitem__"}


class Fitting:
    """A function that is to replace a plain one, and what is worked out of it once.

    Attributes:
        content: What a layer of it says.
        path: The `__qualname__` of the target.
        class_name: The name of the class that has the target, empty for a function of the module.
        place: The target.
        source: The module that has the replacement under the name `attribute`; both empty if it was at hand.
        is_plain: Whether a copy has nothing but code, defaults, globals and names.
        takes_all: Whether it takes every call.
    """

    __slots__ = (
        *(
            "attribute",
            "class_name",
            "code",
            "content",
            "defaults",
            "flags",
            "function",
            "is_plain",
            "name",
            "names",
            "path",
        ),
        *("place", "source", "takes_all"),
    )

    def __init__(self, content: Content, place: Place, path: Sequence[str], name: str | None) -> None:
        function = content.recipe.replacement
        code = function.__code__
        self.content = content
        self.function = function
        self.code = code
        self.defaults = function.__defaults__
        self.names = code.co_varnames[: code.co_argcount]
        self.flags = code.co_flags & (KINDS | REST)
        self.takes_all = code.co_flags & REST == REST and not code.co_argcount and not code.co_kwonlyargcount
        self.is_plain = not function.__closure__ and not _has_more(function)
        self.name = path[-1]
        self.path = ".".join(path)
        self.class_name = path[0] if path[1:] else ""
        self.place = place
        self.source, _, self.attribute = (name or "").partition(":")

    def is_outdated(self) -> bool:
        """Tell whether the name of the replacement leads to something else by now."""
        found = sys.modules.get(self.source)
        return getattr(found, "__dict__", {}).get(self.attribute) is not self.function


def may_fit(replacement: Any, path: Sequence[str]) -> bool:
    """Tell whether a replacement can go the short way."""
    if type(replacement) is not FunctionType or len(path) > 2 or path[-1] in _OF_TYPES:  # noqa: PLR2004 -- Class.name
        return False
    code = replacement.__code__
    is_odd = code.co_kwonlyargcount or code.co_posonlyargcount or replacement.__kwdefaults__ is not None
    is_overruled = any(hasattr(replacement, name) for name in _OVERRULING)
    return not is_odd and not is_overruled and code.co_flags & REST in {0, REST}


def _has_more(function: FunctionType) -> bool:
    """Tell whether a function has attributes or annotations. Asking for them would make a dictionary for each."""
    globals_, defaults = function.__globals__, function.__defaults__
    for each in gc.get_referents(function):
        kind = type(each)
        if kind is dict and each is not globals_ and each is not _BUILTINS:
            return True
        if kind is tuple and each is not defaults:
            return True
    return False


def prepare(fittings: Sequence[Fitting], module: ModuleType, journal: Journal) -> list[Layer | None]:
    """The layers to put into a module that has loaded, as `FlatPlan` does; None for what has to go the long way.

    Compares what callers rely upon, copies each function, and names it as what it replaces.
    """
    globals_ = dictionary_of(module)
    module_name, body = globals_.get("__name__"), globals_.get("__spec__")
    made: list[Layer | None] = []
    for fitting, raw in zip(fittings, _replaced(fittings, module, globals_, journal.stacks), strict=True):
        if raw is None:
            made.append(None)
            continue
        function = fitting.function
        if fitting.is_plain:
            value = (
                FunctionType(fitting.code, function.__globals__, fitting.name, fitting.defaults)
                if make is by_type  # which would be a call more
                else make(function, function.__globals__, None)
            )
            value.__name__, value.__module__, value.__qualname__ = fitting.name, module_name, fitting.path
            doc = function.__doc__
            value.__doc__ = raw.__doc__ if doc is None else doc
        else:
            value = fit.fit(function, raw, fitting.content.recipe.home)
        layer = Layer(fitting.content, fitting.place)
        layer.below = layer.root = raw
        layer.value, layer.body = value, body
        if fitting.is_plain:
            layer.seen = fitting.code, raw.__code__, fitting.code
        else:
            see(layer)
        made.append(layer)
    return made


def _replaced(  # noqa: C901 -- what callers rely upon, at one look
    fittings: Sequence[Fitting], module: ModuleType, globals_: dict[str, Any], stacks: Stacks
) -> list[FunctionType | None]:
    """Return what each function is to replace; None where that is not plain, or where the two are not plainly alike."""
    found: list[FunctionType | None] = []
    owners: dict[str, tuple[Any, Any]] = {"": (module, globals_)}
    for fitting in fittings:
        found.append(None)
        function, code, defaults = fitting.function, fitting.code, fitting.defaults
        owner, space = owners.get(fitting.class_name) or _class_in(globals_, fitting.class_name, owners)
        raw = space.get(fitting.name)
        if type(raw) is not FunctionType or raw.__globals__ is not globals_ or raw.__qualname__ != fitting.path:
            continue
        if function.__code__ is not code or function.__defaults__ is not defaults:
            continue
        old = raw.__code__
        if fitting.takes_all:
            if (old.co_flags ^ code.co_flags) & KINDS:
                continue
        elif old is not code:
            if old.co_flags & (KINDS | REST) != fitting.flags or old.co_varnames[: old.co_argcount] != fitting.names:
                continue
            if old.co_kwonlyargcount or old.co_posonlyargcount:
                continue
        if not (fitting.takes_all or raw.__defaults__ is defaults or _as_many(raw.__defaults__, defaults)):
            continue
        place = fitting.place
        is_free = place.owner_of() is owner and place.key not in stacks
        if is_free and not hasattr(raw, "__wrapped__") and not hasattr(raw, _MARK):
            found[-1] = raw
    return found


def _as_many(one: Sequence[Any] | None, other: Sequence[Any] | None) -> bool:
    return len(one or ()) == len(other or ())


def _class_in(globals_: dict[str, Any], name: str, owners: dict[str, tuple[Any, Any]]) -> tuple[Any, Any]:
    """A class of the module, and what is in it; nothing for what is no plain class."""
    cls = globals_.get(name)
    owners[name] = (cls, dictionary_of(cls)) if type(cls) is type else (None, {})
    return owners[name]


class FlatPlan(Plan):
    """Layers that are the first at their places, put in at once."""

    __slots__ = ()

    def write(self, journal: Journal) -> None:
        """Write and record each, unless somebody else has come between. Taking it again does what is left."""
        stacks, last = journal.stacks, None
        space: Any = {}
        journal.unchecked[self] = None
        for layer in self.wanted:
            place = layer.place
            owner = place.owner_of()
            if owner is not last:
                space, last = dictionary_of(owner), owner
            if journal.published is not self:
                return
            raw, own = space.get(place.name, MISSING), (layer,)
            is_free = not layer.revoked and stacks.setdefault(place.key, own) == own
            if not is_free or (raw is not layer.below and raw is not layer.value):
                self.unwrite(journal)
                return
            if raw is not layer.below:
                continue
            if type(place) is ModulePlace:  # as long as it is not written, what is recorded does not stand there
                space[place.name] = layer.value
            else:
                place.write(layer.value)
        self.written = self.done = True

    @property
    def changes(self) -> list[Change]:
        """Return what look-ups find other than before."""
        return list(map(self.change, self.wanted))

    def change(self, layer: Layer) -> Change:
        """Return what a look-up at the place of a layer finds other than before."""
        return Change(layer, layer.below, layer.value)

    def record(self, journal: Journal) -> None:
        """All is recorded as it is written."""

    def unwrite(self, journal: Journal) -> None:
        """Put back what was there."""
        self.failed = True
        for layer in self.wanted:
            place = layer.place
            if journal.stacks.get(place.key) == (layer,):
                if place.read() is layer.value:
                    place.put(layer.below)
                journal.stacks.pop(place.key, None)
            layer.value = MISSING
        journal.unchecked.pop(self, None)
        journal.published = None


class FlatRemoval(Plan):
    """Layers that are the only ones at their places, taken out at once.

    `left` are those that turned out to have something of others, or more of ours, on top.
    """

    __slots__ = ("left",)

    def __init__(self, layers: Sequence[Layer]) -> None:
        super().__init__(())
        self.wanted = layers
        self.left: dict[Layer, None] = {}

    def write(self, journal: Journal) -> None:
        """Put back what was there, and record it. Taking it again does what is left."""
        stacks, last = journal.stacks, None
        space: Any = {}
        journal.unchecked[self] = None
        for layer in self.wanted:
            place = layer.place
            owner = place.owner_of()
            if owner is not last:
                space, last = (dictionary_of(owner) if type(place) in _NAMES and owner is not None else {}), owner
            if journal.published is not self:
                return
            raw = space.get(place.name, MISSING)
            below, own = layer.below, (layer,)
            is_plain = below is not MISSING and type(place) in _NAMES
            if not is_plain or stacks.get(place.key, own) != own or (raw is not layer.value and raw is not below):
                self.left[layer] = None
                continue
            if raw is below:
                layer.revoked = True  # if it is not in yet, it is not put in any more
            elif type(place) is ModulePlace:
                space[place.name] = below
            else:
                place.write(below)
            stacks.pop(place.key, None)
        self.written = self.done = True

    @property
    def changes(self) -> list[Change]:
        """Return what look-ups find other than before."""
        return [self.change(layer) for layer in self.wanted if layer not in self.left]

    def change(self, layer: Layer) -> Change:
        """Return what a look-up at the place of a layer finds other than before."""
        return Change(layer, layer.value, layer.below)

    def record(self, journal: Journal) -> None:
        """All is recorded as it is written."""

    def unwrite(self, journal: Journal) -> None:
        """Leave what is out as it is; the rest is left to the long way."""
        self.failed = True
        for layer in self.wanted:
            if journal.stacks.get(layer.place.key) == (layer,):
                self.left[layer] = None
        journal.published = None


# --- whether anybody else has what makes way ---


def held_after(plan: FlatPlan) -> list[Change]:
    """The changes whose copies are to be bound: what was replaced is referred to by somebody but us, or may be."""
    layers, specimen = plan.wanted, _specimen()
    if specimen is None:
        return plan.changes
    count = sys.getrefcount
    nobody = count(specimen.below)
    return [plan.change(layer) for layer in layers if count(layer.below) != nobody or layer.content.aliases != "follow"]


def held_after_removal(plan: FlatRemoval) -> list[Change]:
    """The changes whose copies are to be bound back: some were bound, or somebody else has the replacement."""
    layers, specimen = plan.wanted, _specimen()
    if specimen is None:
        return plan.changes
    count = sys.getrefcount
    nobody = count(specimen.value)
    # Who has the function in a descriptor has not the descriptor.
    held = [one for one in layers if one.copies or type(one.value) is not FunctionType or count(one.value) != nobody]
    return [plan.change(layer) for layer in held if layer not in plan.left]


class _Specimen:
    """Holds what a layer holds, as often."""

    __slots__ = ("below", "root", "value")

    def __init__(self) -> None:
        self.below: object = object()
        self.root = self.below
        self.value: object = object()


def _specimen() -> _Specimen | None:
    """Return what the reference counts of a layer's objects are compared with; None where they tell nothing."""
    return _Specimen() if counts_tell() else None
