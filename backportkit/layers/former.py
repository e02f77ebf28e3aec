"""Follow the copies of what a former body of a module has made: a reload leaves them to those who imported them.

They are bound to the replacement as long as a patch is in effect, and bound back to the object of their own body when
it is undone. Nothing leads from the module to that object any more, so that it is kept in mind for the next time.
"""

from __future__ import annotations

import sys
from types import ModuleType

from backportkit.layers.copies import has_identity, own
from backportkit.layers.layer import Change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from backportkit.layers.layer import Layer
    from backportkit.layers.ledger import Former


class FormerChange(Change):
    """A change of copies that hold the object of a former body, which they get back when the layer is taken out."""

    __slots__ = ()
    is_former = True


def keep(undone: Change) -> None:
    """Keep in mind the objects of former bodies to which copies of a layer were bound back."""
    layer = undone.layer
    originals = [alias.change.old for alias in layer.copies if alias.change.is_former]
    if undone.new is layer.root and _is_left(layer, undone.new):
        originals.append(undone.new)
    for original in filter(has_identity, originals):
        _keep_in_mind(layer, original)


def _is_left(layer: Layer, original: Any) -> bool:
    """Tell whether the module of a layer has run again since, or was imported anew, and has another object there."""
    owner = layer.owner
    if not issubclass(type(owner), ModuleType):
        return owner is None
    module = sys.modules.get(layer.key[1].partition(":")[0])
    return module is not owner or own(owner, layer.name) is not original


def _keep_in_mind(layer: Layer, original: Any) -> None:
    """Refer to an object weakly: it is of interest as long as a copy of it is there."""
    from weakref import WeakValueDictionary  # few have such copies, and every start would pay for it

    former: Former = {} if layer.ledger is None else layer.ledger.former
    try:
        former.setdefault(layer.key, WeakValueDictionary())[id(original)] = original
    except TypeError:  # there are no weak references to objects of its type
        return


def changes_of(layers: Iterable[Layer]) -> Iterator[FormerChange]:
    """Yield the changes by which copies of former bodies follow layers, as long as somebody has what these made."""
    for layer in layers:
        known = None if layer.ledger is None or layer.revoked else layer.ledger.former.get(layer.key)
        for original in () if known is None else list(known.values()):
            yield FormerChange(layer, original, layer.value)
