"""Notice functions whose code was changed in place: by somebody, as IPython's autoreload does, or by patches."""

from __future__ import annotations

from types import CodeType

from backportkit.layers.journal import IN_PLACE
from backportkit.source.callables import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from backportkit.layers.layer import Layer
    from backportkit.layers.ledger import Ledger
    from backportkit.source.callables import Codes


def see(layer: Layer) -> tuple[Any, Any, Any]:
    """Take down which code a layer runs, which one stood beneath it, and which one its replacement has."""
    if layer.seen is None:
        values = layer.value, layer.previous, layer.content.recipe.replacement
        layer.seen = _codes(values[0], layer), _codes(values[1], layer), _codes(values[2], layer)
    return layer.seen


def _codes(value: Any, layer: Layer) -> Codes:
    """The code that runs when a value is called; where a layer of ours has changed a function in place, what that had
    before.
    """
    found, ledger = codes(value), layer.ledger
    if found is None or ledger is None or IN_PLACE not in ledger.stacks:
        return found
    own: dict[int, CodeType] = {id(one.value.code): one.root.code for one in ledger.changed_in_place()}
    return own.get(id(found), found) if isinstance(found, CodeType) else tuple(own.get(id(one), one) for one in found)


def changed(layers: Sequence[Layer]) -> str:
    """Say which layer does not run the code of its replacement; empty if all do."""
    for layer in layers:
        value, _, replacement = see(layer)
        what = f"what runs is {_describe(layer.value)}"
        if _codes(layer.value, layer) != value:
            return f"the code at {layer.key[1]} was changed in place: {what}"
        if _codes(layer.content.recipe.replacement, layer) != replacement:
            return f"the replacement of {layer.key[1]} was changed in place: {what}, as it was before"
    return ""


def changed_beneath(layers: Sequence[Layer]) -> str:
    """Say beneath which layers the code was changed; empty if beneath none."""
    names = [layer.key[1] for layer in layers if _codes(layer.previous, layer) != see(layer)[1]]
    return f"; what stood at {', '.join(names)} before was changed in place since" if names else ""


def as_written(ledger: Ledger, layer: Layer) -> Any:
    """Return what a look-up finds but for our layers, with the code that it was written with."""
    if not layer.place.is_code and IN_PLACE not in ledger.stacks:
        return ledger.beneath(layer.place)
    from backportkit.layers import led_to  # few are changed in place

    return led_to.as_written(ledger, layer)


def as_called(layer: Layer, stored: Any) -> Any:
    """Return what is called as a stored object at the place of a layer was before it was changed in place."""
    ledger = layer.ledger
    if ledger is None or IN_PLACE not in ledger.stacks or layer.place.is_code:
        return stored
    from backportkit.layers import led_to

    return led_to.as_called(ledger, layer, stored)


def by_others(layers: Sequence[Layer]) -> str:
    """In words, what runs where somebody else has changed the function that a layer had changed; empty if nobody has.

    Also where an original was put back in part.
    """
    for layer in layers:
        if layer.place.is_code and layer.place.owner is not None and layer.place.read() is not layer.value:
            return _change(layer, layer.place.read())
    return ""


def _change(layer: Layer, found: Any) -> str:
    from backportkit.layers import code_place  # for a message

    what = found.differs_from(layer.value) if type(found) is code_place.Body else ""
    if what in {"", "code"}:
        return f"the code at {layer.key[1]} was changed in place: what runs is {_describe(found)}"
    return f"the {what} at {layer.key[1]} were changed in place"


def _describe(value: Any) -> str:
    from backportkit.layers import beneath, code_place  # for a message

    found = value.code if type(value) is code_place.Body else codes(value)
    code = found[-1] if isinstance(found, tuple) else found
    return "nothing written in Python" if code is None else beneath.describe_code(code)
