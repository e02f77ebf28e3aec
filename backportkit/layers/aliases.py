"""Find the copies of an object that `from module import name` left elsewhere, and rebind them in one pass."""

from __future__ import annotations

import sys
from types import FunctionType

from backportkit.layers.copies import (
    KEEP,
    all_standing,
    by_change,
    closest,
    free_of,
    inner,
    is_named,
    may_follow,
    own_original,
    parts_of,
    readers,
    successors_of,
)
from backportkit.layers.counts import count_if_held_thrice, held_elsewhere, references_to_old
from backportkit.layers.place import MISSING, TargetRefused, dictionary_of
from backportkit.layers.search import Search, contain, label, loaded_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from backportkit.layers.layer import Change, Layer
    from backportkit.layers.place import Place

__all__ = ["Alias", "bound", "loaded_modules", "rebind", "rebind_after_import", "still_held", "with_rivals"]


class Alias:
    """A place that holds a copy of a replaced object; `where` says `module:Class.name` or `module:NAME['key']`."""

    __slots__ = ("change", "place", "where")

    def __init__(self, where: str, place: Place, change: Change) -> None:
        self.where = where
        self.place = place
        self.change = change


def rebind(changes: Sequence[Change], modules: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Bind every copy of the first object of a change to the second, and note it in the change's layer.

    There is one pass over the given module dictionaries (each with the module's name), by identity, whatever the number
    of changes, and none if no change is to be followed. Copies are names of modules, names in the bodies of their
    classes and values of their dictionaries. A change is followed as its layer says:

    - `follow`: all copies, unless the object belongs elsewhere: an object that the patched module has from another
      module stays in that module. The identity of a constant says nothing about where it came from, so constants have
      no copies.
    - `keep`: none.
    - names as `module:name`: those, whatever the object is.

    A target of another patch is no copy: it has a stack of its own. Where one object stands at several targets, a copy
    follows the one that its name tells, see `closest`.

    Copies that were bound when a layer was put in are bound back when it is taken out, whatever they hold. A copy that
    raises when it is looked at or written to is left as it is, and logged.
    """
    standing = all_standing(change.layer for change in changes)
    is_free = free_of(standing)
    sought = [] if _are_noted(changes) else _found(changes, modules, standing, is_free)
    bound = [_follow(copies[0].change, copies) for copies in sought]
    bound += _bind_noted(changes, standing, is_free)
    for change, copies in _passed(bound):
        _keep_up(copies, change)
    for change in changes:
        if change.is_undone:
            if change.layer.copies:
                from backportkit.layers import former  # who only applies needs none of it

                former.keep(change)
            change.layer.copies.clear()  # last: after an interrupt here, the next call finds them again


def _bind_noted(
    changes: Sequence[Change], standing: Iterable[Layer], is_free: Callable[[Alias], bool]
) -> Iterator[tuple[Change, list[Alias]]]:
    """Bind the copies that are noted already, also in modules that nobody finds any more."""
    along = _bound_along(changes, standing)
    for change in changes:
        noted = list(filter(is_free, along[change])) if change in along else []
        if change.is_undone:
            noted += filter(is_free, change.layer.copies)
            for each in (change, *inner(change)):
                yield each, [alias for alias in noted if _bind(alias, each.old, own_original(alias.change, each))]
        elif noted:  # what is taken out next may be the layer in which they are noted
            yield _follow(change, noted)


def _found(
    changes: Iterable[Change],
    modules: Iterable[tuple[str, dict[str, Any]]],
    standing: Iterable[Layer],
    is_free: Callable[[Alias], bool],
) -> Iterable[list[Alias]]:
    """Return the copies to bind, a list for each change that they follow."""
    successors = successors_of(changes, standing)
    if not successors:
        return ()
    found = Search([some[0].old for some in successors.values()]).through(modules)
    copies = [Alias(where, place, closest(successors[id(value)], place)) for where, place, value in found]
    return by_change(alias for alias in copies if may_follow(alias) and is_free(alias))


def _bound_along(changes: Sequence[Change], standing: Iterable[Layer]) -> dict[Change, list[Alias]]:
    """Return the copies of the objects of layers that are noted in other layers at the same place.

    A copy that was bound to the end of a chain of changes is noted in the layer of the first one.
    """
    several = [change for change in changes if change.old is not change.layer.root and not _is_alone(change)]
    by_place: dict[Any, list[Layer]] = {}
    for layer in dict.fromkeys((*standing, *(change.layer for change in changes))) if several else ():
        if layer.copies:
            by_place.setdefault(layer.place.key, []).append(layer)
    return {
        change: [
            alias
            for layer in by_place.get(change.layer.place.key, ())
            if layer is not change.layer
            for alias in layer.copies
        ]
        for change in several
    }


def _is_alone(change: Change) -> bool:
    """Tell whether a layer that was taken out had nothing of ours beneath it, as far as is known without a look."""
    return change.is_undone and change.new is change.layer.root


def _are_noted(changes: Sequence[Change]) -> bool:
    """Tell whether all copies of the layers' functions are noted, as far as reference counts say so."""
    nobody = count_if_held_thrice(changes[0]) if changes else 0
    return bool(nobody) and all(_is_noted(change, nobody) for change in changes)


def _is_noted(change: Change, nobody: int) -> bool:
    """Tell whether a function is held only by the change, by its layer, and by the copies that were bound, each with
    the change that it was bound for.
    """
    if type(change.old) is not FunctionType or not change.is_undone:
        return False
    count = nobody - 1
    seen: set[int] = set()
    for alias in change.layer.copies:
        count += _read(alias.place) is change.old
        if id(alias.change) not in seen:
            seen.add(id(alias.change))
            count += alias.change.new is change.old
    return references_to_old(change) == count


def rebind_after_import(changes: Sequence[Change], name: str, spared: Collection[str]) -> None:
    """Rebind the copies that were made while the body of the module `name` ran.

    Nearly always there are none, and reference counts say so. Else nearly all are in the module itself and in those
    that its body imported. Older modules are looked at only if somebody still holds a replaced object: a body may have
    put its function into a registry that was there before it.
    """
    for first, end in ((name, ""), ("", name)):
        if not held_elsewhere(changes):
            return
        rebind(changes, loaded_modules(spared, since=first, before=end))


def still_held(layers: Iterable[Layer]) -> set[Layer]:
    """Return the layers of whose objects somebody still has a copy, which an undo would bind to another object."""
    held: set[Layer] = set()
    values: dict[int, list[Layer]] = {}
    sought: list[Any] = []
    for layer in layers:
        own = layer.value  # read once: another thread may give the layer another one
        if any(map(_is_held, list(layer.copies))):
            held.add(layer)
        for value in filter(is_named, (own, *(old for old, _ in parts_of(own, layer.previous)))):
            values.setdefault(id(value), []).append(layer)
            sought.append(value)
    found = Search(sought).through(loaded_modules()) if sought else ()
    return held.union(*(values[id(value)] for _, _, value in found))


def _is_held(alias: Alias) -> bool:
    """Tell whether a copy that was bound is still there, in a module that is loaded and not only in our records."""
    module_name, _, name = alias.where.partition(":")
    module = sys.modules.get(module_name)
    if module is None or _read(alias.place) is not alias.change.layer.value:
        return False
    return name != alias.place.name or alias.place.owner is dictionary_of(module)


def bound(layer: Layer) -> list[str]:
    """Return the names of the copies that a layer has bound, without those that somebody else has changed since."""
    return [alias.where for alias in list(layer.copies) if _is_in_effect(alias)]


def with_rivals(layer: Layer) -> Iterator[tuple[str, str]]:
    """Return copies of a layer's original that follow the patch of another name of it, but do not have that name."""
    for rival in all_standing([layer]):
        if rival.root is layer.root and rival.place.key != layer.place.key:
            copies = [alias for alias in list(rival.copies) if not alias.place.has_name_of(rival.place)]
            yield from ((alias.where, rival.key[0]) for alias in copies if _is_in_effect(alias))


# --- bind ---


def _follow(change: Change, copies: list[Alias]) -> tuple[Change, list[Alias]]:
    """Bind copies that follow one change, and note those that are new. Return the change and the bound copies."""
    layer = change.layer
    noted = {alias.where for alias in layer.copies}
    new = [] if change.is_undone else [alias for alias in copies if alias.where not in noted]
    layer.note(new)  # first: a copy that is bound and not noted would stay so for ever
    bound = [alias for alias in copies if _bind(alias, change.old, change.new)]
    if len(bound) < len(copies):
        layer.forget([alias for alias in new if alias not in bound])
    return change, bound


def _bind(alias: Alias, old: Any, new: Any) -> bool:
    """Write the new object, unless somebody else wrote there meanwhile or the place cannot be written to."""
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
    held = _read(place)  # a place that raised may have kept it all the same, and one that did not may not have
    return held is not old and held is not MISSING


def _read(place: Place) -> Any:
    """Return what stands at a place; MISSING if its owner is gone, or raises."""
    try:
        return MISSING if place.owner_of() is None else place.read()
    except Exception as error:  # noqa: BLE001 -- somebody's mapping or key
        contain(f"{type(place.owner).__name__} with {label(place.name)}", error)
        return MISSING


def _is_target_itself(alias: Alias) -> bool:
    """Tell whether a copy is the patched place itself, where another thread has put back the original since."""
    layer = alias.change.layer
    return alias.place.site is layer.site and alias.place.has_name_of(layer.place)


def _passed(bound: Iterable[tuple[Change, list[Alias]]]) -> Iterator[tuple[Change, list[Alias]]]:
    """Return the bound copies of targets that may have another object by now, or more layers of ours.

    To look at a target needs no lock: a thread that changes it meanwhile begins its own pass later.
    """
    ground: Any = None
    space: Any = {}
    stacks: Any = {}
    for change, copies in bound:
        layer = change.layer
        if layer.ground is not ground or ground is None:
            ground, owner = layer.ground, layer.owner
            space = {} if ground is None or owner is None else dictionary_of(owner)
            stacks = {} if layer.ledger is None else layer.ledger.stacks.get(id(owner), {})
        if copies and not _is_there(change, space, stacks):
            yield change, copies


def _is_there(change: Change, space: Mapping[Any, Any], stacks: Mapping[Any, Any]) -> bool:
    """Tell whether what came to a name is there still, with nothing of ours above or beneath it."""
    layer = change.layer
    try:
        return space.get(layer.name) is change.new and stacks.get(layer.name, layer) is layer
    except Exception:  # noqa: BLE001 -- somebody's key that a name is compared with; who looks closer says so
        return False


def _keep_up(bound: list[Alias], change: Change) -> None:
    """Bind copies to the object that other threads, by applying or undoing, have put at the place since.

    The pass of such a thread may have gone by these copies before they were bound. A thread that changes the place
    after it is looked at here begins its pass later, and finds them.
    """
    held = change.new
    while bound and change.layer.place.owner is not None:
        current = _current(change)
        if current is MISSING or current is held:
            return
        bound = [alias for alias in bound if _bind(alias, held, current)]
        held = current


def _current(change: Change) -> Any:
    """Return the object that copies of a place should hold; MISSING if somebody else's object stands there."""
    layer = change.layer
    try:
        own, count, is_ours = (layer.place.read(), 0, False) if layer.ledger is None else layer.ledger.look(layer.place)
        if is_ours and layer.ledger is not None:
            own = _followed(layer.ledger.layers(layer.place), own)
        stored = layer.place.inherited() if own is MISSING else own
    except Exception as error:  # noqa: BLE001 -- somebody's mapping, of which an item is the target
        contain(layer.key[1], error)
        return MISSING
    current = _counterpart(stored, change)
    if current is change.old or current is change.new:
        return current
    # Where no layer of ours stands, a body may have run again: its object is not the one that was there before.
    is_back = count == 0 and (own is layer.root or not change.is_undone)
    return current if is_ours or is_back else MISSING


def _counterpart(stored: Any, change: Change) -> Any:
    """Return the function in a descriptor if the change is of such a function; else the stored object itself."""
    for read in readers(stored, change.layer.value):
        mine = read(change.layer.value)
        if mine is change.old or mine is change.new:
            return read(stored)
    return stored


def _followed(stack: Sequence[Layer], stored: Any) -> Any:
    """Return the object of a stack that copies follow: the highest one of a patch that does not keep copies.

    A wrapper may have returned the very object of one that keeps them, which copies do not follow.
    """
    kept = {id(layer.value) for layer in stack if layer.aliases == KEEP}
    for layer in reversed(stack):
        if layer.aliases != KEEP and id(layer.value) not in kept:
            return layer.value
        stored = layer.previous
    return stored


def _is_in_effect(alias: Alias) -> bool:
    held = _read(alias.place)
    return held is not MISSING and (held is alias.change.new or held is _current(alias.change))
