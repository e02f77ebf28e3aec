"""Notice functions whose code somebody has changed in place, as IPython's autoreload does."""

from __future__ import annotations

from backportkit.source.callables import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType
    from typing import Any

    from backportkit.layers.layer import Layer


def see(layer: Layer) -> tuple[Any, Any, Any]:
    """Take down which code a layer runs, which one stood beneath it, and which one its replacement has."""
    if layer.seen is None:
        layer.seen = codes(layer.value), codes(layer.below), codes(layer.content.recipe.replacement)
    return layer.seen


def changed(layers: Sequence[Layer]) -> str:
    """Say which layer does not run the code of its replacement; empty if all do."""
    for layer in layers:
        value, _, replacement = see(layer)
        what = f"what runs is {_describe(layer.value)}"
        if codes(layer.value) != value:
            return f"the code at {layer.key[1]} was changed in place: {what}"
        if codes(layer.content.recipe.replacement) != replacement:
            return f"the replacement of {layer.key[1]} was changed in place: {what}, as it was before"
    return ""


def changed_beneath(layers: Sequence[Layer]) -> str:
    """Say beneath which layers the code was changed; empty if beneath none."""
    names = [layer.key[1] for layer in layers if codes(layer.below) != see(layer)[1]]
    return f"; what stood at {', '.join(names)} before was changed in place since" if names else ""


def _describe(value: Any) -> str:
    found = codes(value)
    code: CodeType | None = found[-1] if isinstance(found, tuple) else found
    if code is None:
        return "nothing written in Python"
    return f"{getattr(code, 'co_qualname', code.co_name)}() of {code.co_filename}:{code.co_firstlineno}"
