"""Items of lists, by their index."""

from __future__ import annotations

from backportkit.layers.place import MISSING, ItemPlace, TargetRefused, bases, dictionary_of, found_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from typing import Any

    from backportkit.layers.place import Place

_METHODS = ("__getitem__", "__setitem__", "__len__")


class IndexPlace(ItemPlace):
    """An item of a list. If somebody inserts an item before it, another object stands at its index, a foreign one."""

    __slots__ = ()

    @property
    def owned_by(self) -> str:
        return f"list {self.mapping_name}"

    def read(self) -> Any:
        owner = self.owner
        return owner[self.name] if self.name < len(owner) else MISSING

    def write(self, value: Any) -> None:
        self.owner[self.name] = value

    def names(self) -> Iterable[Any]:
        return ()

    def hint(self) -> str:
        return f": it has {len(self.owner)}"


def place_in(held: Any, index: Hashable, name: str, holder: Place) -> IndexPlace:
    """Return the place of an item. Raises TargetRefused for a wrong index, and for a list with methods of its own."""
    kind = type(held)
    own = [one for one in _METHODS if found_in(bases(kind), one) is not dictionary_of(list)[one]]
    if own:
        msg = f"list {name} is a {kind.__qualname__}, which has a {own[0]} of its own"
        raise TargetRefused(msg, "replace the whole of it by the name of another object")
    if type(index) is not int:
        raise TargetRefused(f"list {name} has its items by their number, and {index!r} is none", "write an index")
    if index < 0:
        msg = f"list {name} has its items by their number, and {index} is another one when it grows"
        raise TargetRefused(msg, f"count from the front: {len(held) + index}")
    return IndexPlace(held, index, name, holder)
