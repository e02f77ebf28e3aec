"""Tell which copies of a replaced object are to be bound, and to which object."""

from __future__ import annotations

import sys
from types import FunctionType

from backportkit.layers.place import MISSING, dictionary_of, is_class
from backportkit.layers.search import NAMED, names_of_class, text_of
from backportkit.source.functions import function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from backportkit.layers.aliases import Alias
    from backportkit.layers.layer import Change, Layer
    from backportkit.layers.place import Place

# How to read the functions inside a descriptor, whatever its class says.
_PARTS: dict[type, tuple[Any, ...]] = {
    staticmethod: (vars(staticmethod)["__func__"].__get__,),
    classmethod: (vars(classmethod)["__func__"].__get__,),
    property: tuple(vars(property)[part].__get__ for part in ("fget", "fset", "fdel")),
}
_AROUND = tuple(_PARTS)

FOLLOW = "follow"
KEEP = "keep"


def parts_of(old: Any, new: Any) -> list[tuple[Any, Any]]:
    """Return the functions inside a descriptor that are replaced, each with its successor in the new descriptor."""
    if type(old) is FunctionType:
        return []
    parts = [(part(old), part(new)) for part in readers(old, new)]
    return [(was, now) for was, now in parts if was is not now and was is not None and now is not None]


def all_standing(layers: Iterable[Layer]) -> list[Layer]:
    """Return all layers in the ledgers of these layers, of whatever patch."""
    ledgers = {id(layer.ledger): layer.ledger for layer in layers}
    return [layer for ledger in ledgers.values() if ledger is not None for layer in ledger.all_layers()]


def successors_of(changes: Iterable[Change], standing: Iterable[Layer]) -> dict[int, list[Change]]:
    """Return the changes to follow, by the id of the old object; each leads to the end of its chain of changes."""
    from_old: dict[int, list[Change]] = {}
    for each in filter(_worth_following, to_follow(changes)):
        from_old.setdefault(id(each.old), []).append(each)
    found = {key: [_end_of_chain(change, from_old) for change in some] for key, some in from_old.items()}
    for change in _from_rivals([change for some in found.values() for change in some], standing):
        found.setdefault(id(change.old), []).append(change)
    return found


def _from_rivals(changes: Iterable[Change], standing: Iterable[Layer]) -> Iterator[Change]:
    """Return changes for copies that followed only the patch of another name of the same object until now."""
    by_root: dict[int, list[Layer]] = {}
    for layer in standing:
        by_root.setdefault(id(layer.root), []).append(layer)
    for change in changes:
        for rival in () if change.is_undone else by_root.get(id(change.layer.root), ()):
            if rival is change.layer or rival.place.key == change.layer.place.key:
                continue
            theirs = type(change)(change.layer, rival.value, change.new)
            if _worth_following(theirs):
                yield type(change)(rival, rival.value, rival.value)
                yield theirs


def closest(changes: Sequence[Change], place: Place) -> Change:
    """The change that a copy follows: that of the target which has the copy's name; else of the target where the
    object says to be; else of a target that has the object's name; else of the patch that was armed first.
    """
    return changes[0] if len(changes) == 1 else max(changes, key=lambda change: _closeness(change.layer, place))


def _closeness(layer: Layer, place: Place) -> tuple[bool, bool, bool]:
    owner, name = origin_of(layer.root)
    has_its_name = layer.place.name == name
    return place.has_name_of(layer.place), has_its_name and layer.place.owner is owner, has_its_name


def free_of(standing: Iterable[Layer]) -> Callable[[Alias], bool]:
    """Return a function that tells whether a copy is no target itself."""
    names: set[tuple[int, str]] = set()
    keys: list[Place] = []  # of items: two keys are compared only if they are of one type
    for layer in standing:
        if type(layer.name) is str:
            names.add((id(layer.site), layer.name))
        else:
            keys.append(layer.found_at)

    def is_free(alias: Alias) -> bool:
        place = alias.place
        if type(place.name) is str:
            return (id(place.site), place.name) not in names
        return not any(map(place.is_at, keys))

    return is_free


def to_follow(changes: Iterable[Change]) -> Iterator[Change]:
    for change in changes:
        if change.layer.aliases != KEEP and change.new is not MISSING:
            yield change
            yield from inner(change)


def inner(change: Change) -> Iterator[Change]:
    """Return the changes of the functions inside descriptors.

    `f = Class.method` captures the function of a static method, and a decorator beneath `@staticmethod`,
    `@classmethod` or `@property` always captures the function.
    """
    for old, new in parts_of(change.old, change.new):
        if not _has_its_own_name(old, change.layer.place):
            yield type(change)(change.layer, old, new)


def readers(old: Any, new: Any) -> tuple[Any, ...]:
    kinds = type(old), type(new)
    if not issubclass(kinds[0], _AROUND):
        return ()
    return next((parts for kind, parts in _PARTS.items() if all(issubclass(each, kind) for each in kinds)), ())


def _has_its_own_name(function: Any, place: Place) -> bool:
    """Tell whether the owner has the function under its own name, too, as with `name = property(get_name)`.

    That name is a target of its own.
    """
    return place.owner is not None and own(place.owner, text_of(function, "__name__")) is function


def _worth_following(change: Change) -> bool:
    if change.layer.aliases != FOLLOW:
        return True
    followed = is_named if change.is_undone else has_identity
    return followed(change.old) and not belongs_elsewhere(change.old, change.layer)


def _end_of_chain(change: Change, from_old: dict[int, list[Change]]) -> Change:
    new = change.new
    if id(new) not in from_old:
        return change
    seen = {id(change.old)}
    while id(new) in from_old and id(new) not in seen:
        step = closest(from_old[id(new)], change.layer.place)
        if id(step.new) in seen and step.layer.revoked and not step.is_undone:
            break  # the layer was put in and taken out again, and this change leads back to its object
        seen.add(id(new))
        new = step.new
    return type(change)(change.layer, change.old, new)


def has_identity(value: Any) -> bool:
    """Tell whether finding the very object elsewhere means that it was copied from the target."""
    return callable(value) or any("__get__" in names_of_class(cls) for cls in type.mro(type(value)))


def is_named(value: Any) -> bool:
    """Tell whether an object says where it is defined. One that does not may be a replacement that is used as it is."""
    return issubclass(type(value), NAMED) or function_of(value) is not None


def belongs_elsewhere(value: Any, layer: Layer) -> bool:
    """Tell whether an object stands under its own name at another place than a layer."""
    owner, name = origin_of(value)
    if owner is None or owner is layer.owner:
        return False
    found = own(owner, name)
    return found is value or found is (function_of(value) or value)


def origin_of(value: Any) -> tuple[Any, str]:
    """Return the module or class that an object says to be in, None if there is no such, and its name there."""
    named = function_of(value) or value
    owner: Any = sys.modules.get(text_of(named, "__module__"))
    *path, name = text_of(named, "__qualname__").split(".")
    for step in path:
        owner = None if owner is None else own(owner, step)
        owner = owner if is_class(owner) else None
    return owner, name


def is_where_it_says(function: Any) -> bool:
    """Tell whether a function stands, maybe in a descriptor, where it says to be."""
    owner, name = origin_of(function)
    return owner is not None and function_of(own(owner, name)) is function


def own(owner: Any, name: str) -> Any:
    try:
        return (dictionary_of(owner) or {}).get(name, MISSING)
    except Exception:  # noqa: BLE001 -- what stands in sys.modules need not be a module, and may raise
        return MISSING


def may_follow(alias: Alias) -> bool:
    wanted = alias.change.layer.aliases
    return wanted == FOLLOW or alias.where in wanted


def own_original(bound: Change, undone: Change) -> Any:
    """Return the object that a copy gets back: that of its own body, unless one of our layers is beneath."""
    return bound.old if bound.is_former and undone.new is undone.layer.root else undone.new


def by_change(copies: Iterable[Alias]) -> Iterable[list[Alias]]:
    found: dict[int, list[Alias]] = {}
    for alias in copies:
        found.setdefault(id(alias.change), []).append(alias)
    return found.values()
