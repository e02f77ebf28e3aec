"""Tell by reference counts whether anybody but us may have a replaced object."""

from __future__ import annotations

import sys
from types import FunctionType

from backportkit.layers.copies import FOLLOW, has_identity, readers, to_follow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import CellType
    from typing import Any

    from backportkit.layers.layer import Change


def held_elsewhere(changes: Sequence[Change]) -> bool:
    """Tell whether somebody but us may refer to a replaced object. False is certain: a reference count says so.

    Without the global interpreter lock, or without `sys.getrefcount`, the counts tell nothing.
    """
    nobody = count_if_held_thrice(changes[0])
    left = [change for change in changes if not nobody or not _stands_alone(change, nobody)]
    followed = [each for each in to_follow(left) if each.layer.aliases != FOLLOW or has_identity(each.old)]
    if not followed or not nobody:
        return bool(followed)
    ours = _references(changes, followed)
    return any(references_to_old(each) != nobody - 3 + ours[id(each.old)] for each in followed)


def _stands_alone(change: Change, nobody: int) -> bool:
    """Tell whether a replaced object is a function, as nearly all are, that only the change and its layer hold."""
    layer = change.layer
    is_known = type(change.old) is FunctionType and layer.previous is change.old and layer.root is change.old
    return is_known and references_to_old(change) == nobody


def references_to_old(change: Change) -> int:
    """Return the reference count of the replaced object, as this function sees it."""
    return sys.getrefcount(change.old)


def count_if_held_thrice(change: Change) -> int:
    """Return the count of an object that three of our records and nobody else refer to; 0 if that cannot be known.

    Specimens are counted by the same code as all other objects, since the count is not the same on all Pythons.
    """
    if not counts_tell():
        return 0
    kind, value = type(change), object()
    specimens = [kind(change.layer, value, None), kind(change.layer, value, None), kind(change.layer, value, None)]
    and_by_this = references_to_old(specimens[0])
    del value
    count = references_to_old(specimens[0])
    return count if and_by_this == count + 1 else 0


def counts_tell() -> bool:
    """Tell whether this Python counts references as CPython does with the global interpreter lock."""
    has_lock = getattr(sys, "_is_gil_enabled", None)  # new in 3.13
    return hasattr(sys, "getrefcount") and (has_lock is None or has_lock())


def _references(changes: Iterable[Change], followed: Iterable[Change]) -> dict[int, int]:
    """Return how often our own records and replacements refer to each object, by its id."""
    layers = _once(change.layer for change in changes)
    noted = [alias.change for layer in layers for alias in layer.copies]
    records = _once((*changes, *followed, *noted))
    held = [each for change in records for each in (change.old, change.new)]
    held += [each for layer in layers for each in (layer.previous, layer.root, layer.value)]
    held += [part for owner in _once(held) for part in _inside(owner)]
    held += [each for function in _once(held) for each in _kept_by(function)]
    count: dict[int, int] = {}
    for each in held:
        count[id(each)] = count.get(id(each), 0) + 1
    return count


def _once(held: Iterable[Any]) -> Iterable[Any]:
    return {id(each): each for each in held}.values()


def _inside(descriptor: Any) -> list[Any]:
    return [read(descriptor) for read in readers(descriptor, descriptor)]


def _kept_by(function: Any) -> list[Any]:
    """Return the objects that a wrapper keeps to call them."""
    if type(function) is not FunctionType or function.__closure__ is None:
        return []
    return [*vars(function).values(), *(cell.cell_contents for cell in function.__closure__ if _is_full(cell))]


def _is_full(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:  # `__class__` of a class that is being made, or a name that was deleted
        return False
