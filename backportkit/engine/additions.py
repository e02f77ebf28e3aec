"""Tell whether what stands where a patch is to add comes from the patch itself, by way of a base class."""

from __future__ import annotations

from backportkit.layers.class_place import ClassPlace
from backportkit.layers.place import MISSING, bases, is_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backportkit.layers.layer import Layer
    from backportkit.layers.ledger import Ledger


def is_of_the_patch(ledger: Ledger, layer: Layer) -> bool:
    """Tell whether a class inherits a name, and has it from no base to which the patch of a layer has not added it.

    The modules of a patch are patched one after the other. Those of the bases may come first.
    """
    place = layer.place
    if not is_class(place.owner) or ledger.original(place, place.read()) is not MISSING:
        return False
    inherited = [ClassPlace(base, place.name) for base in bases(place.owner)[1:]]
    return all(_is_added(ledger, one, layer) for one in inherited if one.read() is not MISSING)


def _is_added(ledger: Ledger, place: ClassPlace, layer: Layer) -> bool:
    """Tell whether nothing would stand at a place without the patch of a layer."""
    lowest = next(iter(ledger.layers(place)), None)
    return lowest is not None and lowest.previous is MISSING and lowest.content.origin is layer.content.origin
