"""The common case in one go: plain functions in place of plain functions, with nothing of ours beneath them.

The loops here do at once what `stack`, `fit` and `aliases` do step by step: a call for each edit would cost as much as
they save. All unusual cases are left to those modules.
"""

from __future__ import annotations

import _operator  # operator itself is not loaded by a start
import sys
from types import FunctionType

from backportkit.layers import fit
from backportkit.layers.class_place import IMMUTABLE_TYPE
from backportkit.layers.copies import FOLLOW
from backportkit.layers.copying import by_type, make
from backportkit.layers.counts import counts_tell
from backportkit.layers.in_place import see
from backportkit.layers.journal import IN_PLACE, Plan
from backportkit.layers.layer import Change
from backportkit.layers.place import MISSING, TargetRefused, dictionary_of, is_made_of_attributes
from backportkit.layers.plain import MARK, Ground, PlainLayer
from backportkit.source.callables import KINDS, REST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import CodeType, ModuleType
    from typing import Any

    from backportkit.layers.journal import Journal
    from backportkit.layers.layer import Layer
    from backportkit.layers.ledger import Ledger
    from backportkit.layers.plain import Fitting

_set_in_class: Any = type.__setattr__
_path_of = _operator.attrgetter("path")


def prepare(fittings: Sequence[Fitting], module: ModuleType, ledger: Ledger) -> list[PlainLayer]:
    """Make the layers that a `FlatPlan` puts into a loaded module, up to the first that has to go the long way.

    Compares what callers rely upon, copies each function, and gives the copy the names of the function it replaces.
    """
    made: list[PlainLayer] = []
    try:
        attributes = dictionary_of(module)
    except TargetRefused:  # the long way says so
        return made
    module_name = attributes.get("__name__")
    class_name = ""
    ground, space, stacks = _ground(module, attributes, class_name, ledger)
    for fitting in _before_double(fittings):
        if fitting.class_name != class_name:
            class_name = fitting.class_name
            ground, space, stacks = _ground(module, attributes, class_name, ledger)
        name, function, code, defaults = fitting.name, fitting.function, fitting.code, fitting.defaults
        stored = space.get(name)
        if type(stored) is not FunctionType or stored.__globals__ is not attributes or name in stacks:
            break
        if (
            function.__code__ is not code
            or function.__defaults__ is not defaults
            or stored.__qualname__ != fitting.path
        ):
            break
        is_odd = hasattr(stored, "__wrapped__") or hasattr(stored, MARK)
        if is_odd or (stored.__code__ is not fitting.seen[1] and not _takes_as_much(fitting, stored.__code__)):
            break
        if (
            stored.__defaults__ is not defaults
            and fitting.count >= 0
            and len(stored.__defaults__ or ()) != fitting.count
        ):
            break
        if not fitting.is_plain:
            made.append(_fitted(fitting, ground, stored, ledger))
            continue
        if make is by_type:  # `make` would be a call more
            value = FunctionType(code, fitting.globals, name, defaults)
        else:
            value = make(function, fitting.globals, None)
            value.__name__ = name
        value.__module__, value.__qualname__ = module_name, fitting.path
        value.__doc__ = stored.__doc__ if function.__doc__ is None else function.__doc__
        made.append(PlainLayer(fitting, ground, stored, value, ledger))
    return made


def _fitted(fitting: Fitting, ground: Ground, stored: FunctionType, ledger: Ledger) -> PlainLayer:
    """A layer of a function that has a closure, attributes or annotations."""
    value = fit.fit(fitting.function, stored, ground.site_of(fitting.name))
    layer = PlainLayer(fitting, ground, stored, value, ledger)
    layer.seen = None
    see(layer)
    return layer


def is_open(module: ModuleType, class_name: str) -> bool:
    """Tell whether a class in a module can be written to and nothing was made of its attributes.

    Other classes need more checks, see `resolve` and `effect`.
    """
    cls = dictionary_of(module).get(class_name)
    return type(cls) is type and not cls.__flags__ & IMMUTABLE_TYPE and not is_made_of_attributes(cls)


def standing(module: ModuleType, fitting: Fitting) -> Any:
    """Return what stands at the place of a fitting in a loaded module; None for nothing, and in an unusual class."""
    try:
        attributes = dictionary_of(module)
    except TargetRefused:  # the long way says so
        return None
    if not fitting.class_name:
        return attributes.get(fitting.name)
    cls = attributes.get(fitting.class_name)
    return vars(cls).get(fitting.name) if type(cls) is type else None


def _before_double(fittings: Sequence[Fitting]) -> Sequence[Fitting]:
    """Return the fittings before the first one whose target an earlier one has."""
    if len(set(map(_path_of, fittings))) == len(fittings):
        return fittings
    taken: set[str] = set()
    while (path := fittings[len(taken)].path) not in taken:
        taken.add(path)
    return fittings[: len(taken)]


def _ground(
    module: Any, attributes: dict[str, Any], class_name: str, ledger: Ledger
) -> tuple[Ground, dict[str, Any], dict[Any, Any]]:
    """Return the ground, the attributes and the stacks of a module or plain class; both empty for another class."""
    owner = attributes.get(class_name) if class_name else module
    ground = Ground(owner, attributes)
    if class_name and type(owner) is not type:
        return ground, {}, {}
    stacks: dict[Any, Any] = ledger.stacks.get(ground.key, {})
    if IN_PLACE in ledger.stacks:
        stacks = stacks | {layer.name: layer for layer in ledger.changed_in_place()}
    return ground, dictionary_of(owner), stacks


def _takes_as_much(fitting: Fitting, old: CodeType) -> bool:
    """Compare the kind and the parameters of the target's code with those of its replacement, once for each."""
    code = fitting.code
    if fitting.count < 0:
        if (old.co_flags ^ code.co_flags) & KINDS:
            return False
    else:
        if (old.co_flags ^ code.co_flags) & (KINDS | REST) or old.co_argcount != code.co_argcount:
            return False
        if old.co_varnames[: old.co_argcount] != code.co_varnames[: code.co_argcount]:
            return False
        if old.co_kwonlyargcount or old.co_posonlyargcount:
            return False
    fitting.seen = code, old, code
    return True


class FlatPlan(Plan):
    """Layers that are the first at their places, put in at once."""

    __slots__ = ()
    wanted: Sequence[PlainLayer]

    def write(self, journal: Journal) -> None:
        """Write and record each layer, unless somebody else has come between. A second call does what is left."""
        last: Any = None
        owner: Any = None
        space: Any = {}
        stacks: Any = {}
        journal.unchecked[self] = None
        for layer in self.wanted:
            ground = layer.ground
            if ground is not last:
                last, owner = ground, ground.owner_of()
                space = {} if owner is None else dictionary_of(owner)
                stacks = journal.stacks.setdefault(ground.key, {})
            name, previous = layer.name, layer.previous
            stored, stack = space.get(name, MISSING), stacks.get(name)
            if journal.published is not self:
                return
            is_taken = stack is not None and stack is not layer
            if is_taken or layer.revoked or (stored is not previous and stored is not layer.value):
                self.unwrite(journal)
                return
            stacks[name] = layer  # first: until it is written, the record counts for nothing
            if ground.is_in_module:
                space[name] = layer.value
            else:
                _set_in_class(owner, name, layer.value)
        self.written = self.done = True

    @property
    def changes(self) -> list[Change]:
        """Return the changes in what look-ups find."""
        return list(map(self.change, self.wanted))

    def change(self, layer: Layer) -> Change:
        """Return the change in what a look-up at the place of a layer finds."""
        return Change(layer, layer.previous, layer.value)

    def record(self, journal: Journal) -> None:
        """Do nothing: each layer is recorded when it is written."""

    def unwrite(self, journal: Journal) -> None:
        """Put back what was there."""
        self.failed = True
        for layer in self.wanted:
            place, stack = layer.place, journal.stack_at(layer.place)
            if stack == (layer,):
                stack = ()
                if place.owner is not None and place.read() is layer.value:
                    place.put(layer.previous)
            journal.keep(place, stack)
            layer.value = MISSING
        journal.unchecked.pop(self, None)
        journal.published = None


class FlatRemoval(Plan):
    """Layers that are the only ones at their places, taken out at once.

    `left` are those on top of which an object of somebody else, or another layer of ours, was found.
    """

    __slots__ = ("left",)

    def __init__(self, layers: Sequence[Layer]) -> None:
        super().__init__(())
        self.wanted = layers
        self.left: dict[Layer, None] = {}

    def write(self, journal: Journal) -> None:
        """Put back what was there, and record it. A second call does what is left."""
        last: Any = None
        owner: Any = None
        space: Any = {}
        stacks: Any = {}
        owners: list[int] = []
        journal.unchecked[self] = None
        for layer in self.wanted:
            ground: Any = layer.ground
            if ground is not last:
                last, owner = ground, _owner_of(layer)
                space = {} if owner is None else dictionary_of(owner)
                owners.append(id(owner))
                stacks = journal.stacks.get(id(owner), {})
            name, previous = layer.name, layer.previous
            stored, stack = space.get(name, MISSING), stacks.get(name)
            if journal.published is not self:
                return
            is_ours = previous is not MISSING and (stack is layer or (stack is None and stored is previous))
            if not is_ours or (stored is not layer.value and stored is not previous):
                self.left[layer] = None
                continue
            layer.revoked = True  # if it is not in yet, it is not put in any more
            if stored is not previous:
                if ground.is_in_module:
                    space[name] = previous
                elif type(owner) is type:
                    _set_in_class(owner, name, previous)
                else:
                    layer.place.write(previous)
            stacks.pop(name, None)
        journal.drop_empty(owners)
        self.written = self.done = True

    @property
    def changes(self) -> list[Change]:
        """Return the changes in what look-ups find."""
        return [self.change(layer) for layer in self.wanted if layer not in self.left]

    def change(self, layer: Layer) -> Change:
        """Return the change in what a look-up at the place of a layer finds."""
        return Change(layer, layer.value, layer.previous)

    def record(self, journal: Journal) -> None:
        """Do nothing: each layer is recorded when it is written."""

    def unwrite(self, journal: Journal) -> None:
        """Leave the layers that are out as they are; the others go the long way."""
        self.failed = True
        for layer in self.wanted:
            if journal.stack_at(layer.place) == (layer,):
                self.left[layer] = None
        journal.published = None


def are_on_top(layers: Iterable[Layer]) -> bool:
    """Tell whether the objects of all these layers stand at their places, and all layers are plain."""
    last: Any = None
    space: Any = {}
    for layer in layers:
        if layer.ground is not last:
            last, owner = layer.ground, _owner_of(layer)
            space = {} if owner is None else dictionary_of(owner)
        if space.get(layer.name, MISSING) is not layer.value:
            return False
    return True


def _owner_of(layer: Layer) -> Any:
    return None if layer.ground is None else layer.ground.owner_of()


# --- whether anybody else has a replaced object ---


def held_after(plan: FlatPlan) -> list[Change]:
    """Return the changes whose copies are to be bound: somebody but us refers, or may refer, to a replaced object."""
    layers, specimen = plan.wanted, _specimen()
    if specimen is None:
        return plan.changes
    count = sys.getrefcount
    nobody = count(specimen.previous)
    return [
        plan.change(layer) for layer in layers if count(layer.previous) != nobody or layer.fitting.aliases != FOLLOW
    ]


def held_after_removal(plan: FlatRemoval) -> list[Change]:
    """Return the changes whose copies are to be bound back: some were bound, or somebody else has the replacement."""
    layers, specimen = plan.wanted, _specimen()
    if specimen is None:
        return plan.changes
    count = sys.getrefcount
    nobody = count(specimen.value)
    # Somebody may have the function in a descriptor, and not the descriptor.
    held = [one for one in layers if one.copies or type(one.value) is not FunctionType or count(one.value) != nobody]
    return [plan.change(layer) for layer in held if layer not in plan.left]


class _Specimen:
    """Refers to objects as often as a layer refers to its own."""

    __slots__ = ("previous", "root", "value")

    def __init__(self) -> None:
        self.previous: object = object()
        self.root = self.previous
        self.value: object = object()


def _specimen() -> _Specimen | None:
    """Return an object to compare the reference counts of a layer with; None where counts tell nothing."""
    return _Specimen() if counts_tell() else None
