"""Notice functions whose code somebody has changed in place, as IPython's autoreload does."""

from __future__ import annotations

from backportkit.source.callables import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType
    from typing import Any

    from backportkit.layers.layer import Layer


def see(layer: Layer) -> None:
    """Take down which code a layer runs, which one its replacement has, and which one stood beneath it."""
    value, below = layer.value, layer.below
    layer.seen = id(value), codes(value), codes(below), codes(layer.recipe.replacement), id(below)


def changed(layers: Sequence[Layer]) -> str:
    """In words, which of the layers does not run the code of its replacement; empty if there is none."""
    for layer in layers:
        if layer.seen[0] != id(layer.value):  # it was made anew around something else since
            see(layer)
        what = f"what runs is {_describe(layer.value)}"
        if codes(layer.value) != layer.seen[1]:
            return f"the code at {layer.key[1]} was changed in place: {what}"
        if codes(layer.recipe.replacement) != layer.seen[3]:
            return f"the replacement of {layer.key[1]} was changed in place: {what}, as it was before"
    return ""


def changed_beneath(layers: Sequence[Layer]) -> str:
    """In words, beneath which of the layers the code was changed; empty if there is none."""
    for layer in layers:
        if layer.seen[4] != id(layer.below):  # a layer between has been taken out since
            layer.seen = (*layer.seen[:2], codes(layer.below), layer.seen[3], id(layer.below))
    names = [layer.key[1] for layer in layers if codes(layer.below) != layer.seen[2]]
    return f"; what stood at {', '.join(names)} before was changed in place since" if names else ""


def _describe(value: Any) -> str:
    found = codes(value)
    code: CodeType | None = found[-1] if isinstance(found, tuple) else found
    if code is None:
        return "nothing written in Python"
    return f"{getattr(code, 'co_qualname', code.co_name)}() of {code.co_filename}:{code.co_firstlineno}"
