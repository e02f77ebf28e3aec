"""Find the copies of an object that `from module import name` left elsewhere, and rebind them in one sweep."""

from __future__ import annotations

import sys
from types import FunctionType

from backportkit.layers.place import MISSING, ModulePlace, TargetRefused, dictionary_of, is_class
from backportkit.layers.search import NAMED, Search, contain, label, loaded_modules, names_of_class, text_of
from backportkit.source.callables import function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from types import CellType
    from typing import Any

    from backportkit.layers.layer import Change, Layer
    from backportkit.layers.place import Place

__all__ = ["Alias", "bound", "loaded_modules", "parts_of", "rebind", "rebind_after_import"]

# How to read the functions inside a descriptor, whatever its class says.
_PARTS: dict[type, tuple[Any, ...]] = {
    staticmethod: (vars(staticmethod)["__func__"].__get__,),
    classmethod: (vars(classmethod)["__func__"].__get__,),
    property: tuple(vars(property)[part].__get__ for part in ("fget", "fset", "fdel")),
}
_AROUND = tuple(_PARTS)

FOLLOW = "follow"
KEEP = "keep"


class Alias:
    """A place that holds a copy of a replaced object; `where` says `module:Class.name` or `module:NAME['key']`."""

    __slots__ = ("change", "place", "where")

    def __init__(self, where: str, place: Place, change: Change) -> None:
        self.where = where
        self.place = place
        self.change = change


def rebind(changes: Sequence[Change], modules: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Bind every copy of the first object of a change to the second, and note it in the change's layer.

    One pass over the module dictionaries given (each with the module's name), by identity, whatever the number of
    changes; none at all if there is none to follow. Copies are names of modules, names in the bodies of their classes
    and values of their dictionaries. A change is followed as its layer says:

    - `follow`: all copies, unless the object belongs elsewhere: what the patched module itself has from another one is
      not taken away from that one. The identity of a constant says nothing about where it came from, so constants have
      no copies.
    - `keep`: none.
    - names as `module:name`: those, whatever the object is.

    A target of another patch is no copy: it has a stack of its own. Where one object stands at several targets, a copy
    follows the one that its name tells, see `_closest`.

    Copies that were bound when a layer was put in are bound back when it is taken out, whatever they hold. A copy that
    raises when it is looked at or written to is left as it is, and logged.
    """
    standing = _standing(change.layer for change in changes)
    successors = _successors(changes, standing)
    if successors:
        found = Search([some[0].old for some in successors.values()]).through(modules)
        copies = [Alias(where, place, _closest(successors[id(value)], place)) for where, place, value in found]
        is_free = _free_of(standing)
        for some in _by_change(alias for alias in copies if _may_follow(alias) and is_free(alias)):
            _follow(some, some[0].change)
    for change in [change for change in changes if change.is_undone]:
        noted = list(filter(_free_of(standing), change.layer.copies))
        for each in (change, *_inner(change)):
            _keep_up([alias for alias in noted if _bind(alias, each.old, each.new)], each)
        change.layer.copies.clear()  # last: who is interrupted here finds them again


def rebind_after_import(changes: Sequence[Change], name: str, spared: Collection[str]) -> None:
    """Rebind the copies that were made while the body of the module `name` ran.

    Nearly always there are none, and reference counts say so. Else nearly all are in the module itself and in what its
    body imported. Older modules are looked at only if somebody still holds what was replaced: a body may have put its
    function into a registry that was there before it.
    """
    for first, end in ((name, ""), ("", name)):
        if not _held_elsewhere(changes):
            return
        rebind(changes, loaded_modules(spared, since=first, before=end))


def still_held(layers: Iterable[Layer]) -> set[Layer]:
    """The layers of whose objects somebody has a copy yet, that undoing them would bind to something else."""
    values: dict[int, list[Layer]] = {}
    for layer in layers:
        for value in (layer.value, *(old for old, _ in parts_of(layer.value, layer.below))):
            values.setdefault(id(value), []).append(layer)
    held = {layer for some in values.values() for layer in some if any(map(_is_held, layer.copies))}
    sought = [layer.value for some in values.values() for layer in some if _is_named(layer.value)]
    found = Search(sought).through(loaded_modules()) if sought else ()
    return held.union(*(values[id(value)] for _, _, value in found))


def _is_held(alias: Alias) -> bool:
    """Whether a copy that was bound is there still, and its module not only in a record of ours."""
    module_name, _, name = alias.where.partition(":")
    module = sys.modules.get(module_name)
    if module is None or _read(alias.place) is not alias.change.layer.value:
        return False
    return name != alias.place.name or alias.place.owner is dictionary_of(module)


def bound(layer: Layer) -> list[str]:
    """The names of the copies that a layer has bound, but those that somebody else has changed since."""
    return [alias.where for alias in list(layer.copies) if _is_in_effect(alias)]


def with_rivals(layer: Layer) -> Iterator[tuple[str, str]]:
    """The copies of what a layer replaced that follow the patch of another name of it, and do not have that name."""
    for rival in _standing([layer]):
        if rival.root is layer.root and rival.place.key != layer.place.key:
            copies = [alias for alias in list(rival.copies) if not alias.place.has_name_of(rival.place)]
            yield from ((alias.where, rival.key[0]) for alias in copies if _is_in_effect(alias))


def parts_of(old: Any, new: Any) -> list[tuple[Any, Any]]:
    """The functions inside an old descriptor that make way, each with its successor in a new one of its kind."""
    parts = [(part(old), part(new)) for part in _readers(old, new)]
    return [(was, now) for was, now in parts if was is not now and was is not None and now is not None]


# --- which copies ---


def _standing(layers: Iterable[Layer]) -> list[Layer]:
    """All layers that stand where these do, of whatever patch."""
    ledgers = {id(layer.ledger): layer.ledger for layer in layers}
    return [layer for ledger in ledgers.values() if ledger is not None for layer in ledger.all_layers()]


def _successors(changes: Iterable[Change], standing: Iterable[Layer]) -> dict[int, list[Change]]:
    """The changes to follow by the id of the old object, each leading to the end of its chain."""
    from_old: dict[int, list[Change]] = {}
    for each in filter(_worth_following, _to_follow(changes)):
        from_old.setdefault(id(each.old), []).append(each)
    found = {key: [_end_of_chain(change, from_old) for change in some] for key, some in from_old.items()}
    for change in _from_rivals([change for some in found.values() for change in some], standing):
        found.setdefault(id(change.old), []).append(change)
    return found


def _from_rivals(changes: Iterable[Change], standing: Iterable[Layer]) -> Iterator[Change]:
    """Changes for the copies that a patch of another name of the same object had to itself until now."""
    by_root: dict[int, list[Layer]] = {}
    for layer in standing:
        by_root.setdefault(id(layer.root), []).append(layer)
    for change in changes:
        for rival in () if change.is_undone else by_root.get(id(change.layer.root), ()):
            theirs = type(change)(change.layer, rival.value, change.new)
            if rival.place.key != change.layer.place.key and _worth_following(theirs):
                yield type(change)(rival, rival.value, rival.value)
                yield theirs


def _closest(changes: Sequence[Change], place: Place) -> Change:
    """The change that a copy follows: that of the target which has the copy's name; else of the target where the
    object says to be; else of a target that has the object's name; else of the patch that was armed first.
    """
    return changes[0] if len(changes) == 1 else max(changes, key=lambda change: _closeness(change.layer, place))


def _closeness(layer: Layer, place: Place) -> tuple[bool, bool, bool]:
    owner, name = home_of(layer.root)
    has_its_name = layer.place.name == name
    return place.has_name_of(layer.place), has_its_name and layer.place.owner is owner, has_its_name


def _free_of(standing: Iterable[Layer]) -> Callable[[Alias], bool]:
    """Tells of a copy whether it is no target itself."""
    targets: dict[int, list[Place]] = {}
    for layer in standing:
        targets.setdefault(id(layer.place.home), []).append(layer.place)
    return lambda alias: not any(map(alias.place.is_at, targets.get(id(alias.place.home), ())))


def _to_follow(changes: Iterable[Change]) -> Iterator[Change]:
    for change in changes:
        if change.layer.aliases != KEEP and change.new is not MISSING:
            yield change
            yield from _inner(change)


def _inner(change: Change) -> Iterator[Change]:
    """For descriptors the functions inside: `f = Class.method` captures that of a static method, and a decorator that
    stands beneath `@staticmethod`, `@classmethod` or `@property` captures it always.
    """
    for old, new in parts_of(change.old, change.new):
        if not _has_its_own_name(old, change.layer.place):
            yield type(change)(change.layer, old, new)


def _readers(old: Any, new: Any) -> tuple[Any, ...]:
    kinds = type(old), type(new)
    if not issubclass(kinds[0], _AROUND):
        return ()
    return next((parts for kind, parts in _PARTS.items() if all(issubclass(each, kind) for each in kinds)), ())


def _has_its_own_name(function: Any, place: Place) -> bool:
    """Whether the owner has the function itself as well, as for `name = property(get_name)`: that is another target."""
    return place.owner is not None and own(place.owner, text_of(function, "__name__")) is function


def _worth_following(change: Change) -> bool:
    if change.layer.aliases != FOLLOW:
        return True
    followed = _is_named if change.is_undone else has_identity
    return followed(change.old) and not belongs_elsewhere(change.old, change.layer.place)


def _end_of_chain(change: Change, from_old: dict[int, list[Change]]) -> Change:
    new = change.new
    seen = {id(change.old)}
    while id(new) in from_old and id(new) not in seen:
        seen.add(id(new))
        new = _closest(from_old[id(new)], change.layer.place).new
    return type(change)(change.layer, change.old, new)


def has_identity(value: Any) -> bool:
    """Whether finding the very object elsewhere means that it was copied from the target."""
    return callable(value) or any("__get__" in names_of_class(cls) for cls in type.mro(type(value)))


def _is_named(value: Any) -> bool:
    """Whether an object says where it lives. One of ours that does not may be the replacement's own, used as it is."""
    return issubclass(type(value), NAMED) or function_of(value) is not None


def belongs_elsewhere(value: Any, place: Place) -> bool:
    """Whether an object stands under its own name at another place than this."""
    owner, name = home_of(value)
    if owner is None or owner is place.owner:
        return False
    found = own(owner, name)
    return found is value or found is (function_of(value) or value)


def home_of(value: Any) -> tuple[Any, str]:
    """The module or class in which an object says to be, None if there is no such, and its name there."""
    named = function_of(value) or value
    owner: Any = sys.modules.get(text_of(named, "__module__"))
    *path, name = text_of(named, "__qualname__").split(".")
    for step in path:
        owner = None if owner is None else own(owner, step)
        owner = owner if is_class(owner) else None
    return owner, name


def own(owner: Any, name: str) -> Any:
    try:
        return (dictionary_of(owner) or {}).get(name, MISSING)
    except Exception:  # noqa: BLE001 -- what stands in sys.modules need not be a module, and may raise
        return MISSING


def _may_follow(alias: Alias) -> bool:
    wanted = alias.change.layer.aliases
    return wanted == FOLLOW or alias.where in wanted


def _by_change(copies: Iterable[Alias]) -> Iterable[list[Alias]]:
    found: dict[int, list[Alias]] = {}
    for alias in copies:
        found.setdefault(id(alias.change), []).append(alias)
    return found.values()


# --- whether there are any ---


def _held_elsewhere(changes: Sequence[Change]) -> bool:
    """Whether somebody but us may refer to what was replaced. No is certain: a reference count says so.

    Without the global interpreter lock, or without `sys.getrefcount`, there is no knowing.
    """
    nobody = _count_if_held_thrice(changes[0])
    left = [change for change in changes if not nobody or not _stands_alone(change, nobody)]
    followed = [each for each in _to_follow(left) if each.layer.aliases != FOLLOW or has_identity(each.old)]
    if not followed or not nobody:
        return bool(followed)
    ours = _references(changes, followed)
    return any(_count(each) != nobody - 3 + ours[id(each.old)] for each in followed)


def _stands_alone(change: Change, nobody: int) -> bool:
    """Whether a function, as nearly all that is replaced is one, is held by the change and twice by its layer only."""
    layer = change.layer
    is_known = type(change.old) is FunctionType and layer.below is change.old and layer.root is change.old
    return is_known and _count(change) == nobody


def _count(change: Change) -> int:
    return sys.getrefcount(change.old)


def _count_if_held_thrice(change: Change) -> int:
    """How often an object is counted that three of ours refer to and nobody else does; 0 if that cannot be known.

    Specimens are counted as everything else is, since what a count comes to is not the same on all Pythons.
    """
    if not counts_tell():
        return 0
    kind, value = type(change), object()
    specimens = [kind(change.layer, value, None), kind(change.layer, value, None), kind(change.layer, value, None)]
    and_by_this = _count(specimens[0])
    del value
    count = _count(specimens[0])
    return count if and_by_this == count + 1 else 0


def counts_tell() -> bool:
    """Whether this Python counts references as CPython does with the global interpreter lock."""
    has_lock = getattr(sys, "_is_gil_enabled", None)  # new in 3.13
    return hasattr(sys, "getrefcount") and (has_lock is None or has_lock())


def _references(changes: Iterable[Change], followed: Iterable[Change]) -> dict[int, int]:
    """How often our own records and replacements refer to each object, by its id."""
    layers = _once(change.layer for change in changes)
    noted = [alias.change for layer in layers for alias in layer.copies]
    records = _once((*changes, *followed, *noted))
    held = [each for change in records for each in (change.old, change.new)]
    held += [each for layer in layers for each in (layer.below, layer.root, layer.value)]
    held += [part for owner in _once(held) for part in _inside(owner)]
    held += [each for function in _once(held) for each in _kept_by(function)]
    count: dict[int, int] = {}
    for each in held:
        count[id(each)] = count.get(id(each), 0) + 1
    return count


def _once(held: Iterable[Any]) -> Iterable[Any]:
    return {id(each): each for each in held}.values()


def _inside(descriptor: Any) -> list[Any]:
    return [read(descriptor) for read in _readers(descriptor, descriptor)]


def _kept_by(function: Any) -> list[Any]:
    """What a wrapper keeps to call it."""
    if type(function) is not FunctionType or function.__closure__ is None:
        return []
    return [*vars(function).values(), *(cell.cell_contents for cell in function.__closure__ if _is_full(cell))]


def _is_full(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:  # `__class__` of a class that is being made, or a name that was deleted
        return False


# --- bind ---


def _follow(copies: Iterable[Alias], change: Change) -> None:
    bound = []
    noted = {alias.where for alias in change.layer.copies}
    for alias in copies:
        is_new = not change.is_undone and alias.where not in noted
        if is_new:
            change.layer.copies.append(alias)  # first: a copy that is bound and not noted would stay so for ever
        if _bind(alias, change.old, change.new):
            bound.append(alias)
        elif is_new:
            change.layer.copies.remove(alias)
    _keep_up(bound, change)


def _bind(alias: Alias, old: Any, new: Any) -> bool:
    """Write the successor, unless somebody else wrote there meanwhile or the place cannot be written to."""
    place = alias.place
    if new is MISSING or _read(place) is not old:
        return False
    try:
        if _is_target_itself(alias):
            return False
        place.check()
        place.write(new)
    except TargetRefused:
        return False
    except Exception as error:  # noqa: BLE001 -- somebody's mapping, key or metaclass
        contain(alias.where, error)
    held = _read(place)  # one that raises may have kept it nevertheless, and one that does not may not
    return held is not old and held is not MISSING


def _read(place: Place) -> Any:
    """What stands at a place; MISSING if its owner is gone, or raises."""
    try:
        return MISSING if place.owner is None else place.read()
    except Exception as error:  # noqa: BLE001 -- somebody's mapping or key
        contain(f"{type(place.owner).__name__} with {label(place.name)}", error)
        return MISSING


def _is_target_itself(alias: Alias) -> bool:
    """Whether it is the patched place, where another thread has put back the original since."""
    place = alias.change.layer.place
    if alias.place.name != place.name:
        return False
    owner, holder = place.owner, alias.place.owner
    return owner is not None and (
        holder is owner or (isinstance(place, ModulePlace) and holder is dictionary_of(owner))
    )


def _keep_up(bound: list[Alias], change: Change) -> None:
    """Bind copies to what has come to the place since, by undoing and applying in other threads.

    The sweep of such a thread may have passed these copies before they were bound. One that changes the place after it
    is looked at here begins its sweep later, and finds them.
    """
    held = change.new
    while bound and change.layer.place.owner is not None:
        current = _current(change)
        if current is MISSING or current is held:
            return
        bound = [alias for alias in bound if _bind(alias, held, current)]
        held = current


def _current(change: Change) -> Any:
    """What copies of a place are to be; MISSING if it is somebody else's object that stands there."""
    layer = change.layer
    try:
        own, count, is_ours = (layer.place.read(), 0, False) if layer.ledger is None else layer.ledger.look(layer.place)
        if is_ours and layer.ledger is not None:
            own = _followed(layer.ledger.layers(layer.place), own)
        raw = layer.place.inherited() if own is MISSING else own
    except Exception as error:  # noqa: BLE001 -- somebody's mapping, of which an item is the target
        contain(layer.key[1], error)
        return MISSING
    current = _counterpart(raw, change)
    if current is change.old or current is change.new:
        return current
    # Where nothing of ours stands, it may be a body that has run again: that one is not what was there before.
    is_back = count == 0 and (own is layer.root or not change.is_undone)
    return current if is_ours or is_back else MISSING


def _counterpart(raw: Any, change: Change) -> Any:
    """What a raw object has for a function inside a descriptor, if the change is of one; else the object itself."""
    for read in _readers(raw, change.layer.value):
        mine = read(change.layer.value)
        if mine is change.old or mine is change.new:
            return read(raw)
    return raw


def _followed(pile: Sequence[Layer], raw: Any) -> Any:
    """What copies follow of what stands at a place: the highest object of a patch that does not keep them."""
    for layer in reversed(pile):
        if layer.aliases != KEEP:
            return layer.value
        raw = layer.below
    return raw


def _is_in_effect(alias: Alias) -> bool:
    held = _read(alias.place)
    return held is not MISSING and (held is alias.change.new or held is _current(alias.change))
