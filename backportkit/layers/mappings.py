"""Items of mappings other than a plain dict: which are their own, how to write them and how to put them back."""

from __future__ import annotations

import sys
from types import FunctionType

from backportkit.layers.place import MISSING, ItemPlace, TargetRefused, defines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from typing import Any

    from backportkit.layers.place import Place

_METHODS = ("__contains__", "__getitem__", "__setitem__", "__delitem__")
_NAME_THE_OTHER = "name the mapping that has the item"


class ChainPlace(ItemPlace):
    """A key of a collections.ChainMap, which writes to its first mapping and falls back on the others."""

    __slots__ = ()

    def read(self) -> Any:
        return super().read() if self.name in self.owner.maps[0] else MISSING

    def inherited(self) -> Any:
        return next((one[self.name] for one in self.owner.maps[1:] if self.name in one), MISSING)


def place_in(mapping: Any, item: Hashable, name: str, holder: Place) -> ItemPlace:
    """The place of a key. Raises TargetRefused where the mapping gets the item from elsewhere."""
    if _is_chain(mapping):
        return ChainPlace(mapping, item, name, holder)
    if issubclass(type(mapping), dict) and item in mapping and not dict.__contains__(mapping, item):
        msg = f"mapping {name} has no item {item!r} of its own: its __getitem__ gets it from elsewhere"
        raise TargetRefused(msg, _NAME_THE_OTHER)
    return ItemPlace(mapping, item, name, holder)


def write(mapping: Any, item: Hashable, value: Any) -> None:
    """Assign an item. Leave nothing changed where the mapping does not keep it, or only covers that of an inner one."""
    if issubclass(type(mapping), dict):
        _write_to_dict(mapping, item, value)
        return
    before = [] if _is_chain(mapping) else [one for one in _within(mapping) if _has(one, item)]
    mapping[item] = value
    if before and any(all(one is not other for other in before) and _has(one, item) for one in _within(mapping)):
        del mapping[item]  # reading it back will tell


def restore(place: ItemPlace, stored: Any) -> None:
    """Put back what was there; in a dict that makes something else of it, past the methods of its class."""
    place.put(stored)
    if place.read() is not stored:
        force(place, stored)


def force(place: ItemPlace, stored: Any) -> bool:
    """Put back what was there in a dict past the methods of its class; return False for another mapping."""
    mapping = place.owner
    if not issubclass(type(mapping), dict):
        return False
    if stored is MISSING:
        _beneath(mapping, "__delitem__")(mapping, place.name)
    else:
        _beneath(mapping, "__setitem__")(mapping, place.name, stored)
    return True


def _write_to_dict(mapping: dict[Any, Any], item: Hashable, value: Any) -> None:
    if type(mapping).__setitem__ is _beneath(mapping, "__setitem__"):
        mapping[item] = value
        return
    before = dict(dict.items(mapping))
    try:
        mapping[item] = value
    except Exception:  # a mapping that raises may have kept it all the same
        _put_all_back_unless(mapping, item, value, before)
        raise
    _put_all_back_unless(mapping, item, value, before)


def _put_all_back_unless(mapping: dict[Any, Any], kept: Hashable, wanted: Any, before: dict[Any, Any]) -> None:
    if dict.get(mapping, kept, MISSING) is wanted:
        return
    for item in [one for one in dict.keys(mapping) if one not in before]:
        _beneath(mapping, "__delitem__")(mapping, item)
    for item, value in before.items():
        if dict.get(mapping, item, MISSING) is not value:
            _beneath(mapping, "__setitem__")(mapping, item, value)


def _beneath(mapping: Any, method: str) -> Any:
    """Return the method of the first base that is written in C: dict, OrderedDict."""
    found = (vars(base)[method] for base in type(mapping).__mro__ if method in vars(base))
    return next(one for one in found if type(one) is not FunctionType)


def _is_chain(mapping: Any) -> bool:
    chain = getattr(sys.modules.get("collections"), "ChainMap", None)
    if chain is None or not issubclass(type(mapping), chain):
        return False
    return all(getattr(type(mapping), method) is getattr(chain, method) for method in _METHODS)


def _within(mapping: Any) -> Iterator[Any]:
    """The mappings that a mapping has in its attributes, also in a list there."""
    for value in list(getattr(mapping, "__dict__", {}).values()):
        held = value if type(value) in {list, tuple} else (value,)
        yield from (one for one in held if all(defines(one, method) for method in _METHODS))


def _has(mapping: Any, item: Hashable) -> bool:
    try:
        return item in mapping
    except Exception:  # noqa: BLE001 -- whatever a mapping of theirs raises
        return False
