"""Tell which callers keep an original, whatever stands at its name: they have bound it as they were compiled."""

from __future__ import annotations

from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    FunctionType,
    MethodDescriptorType,
    WrapperDescriptorType,
)
from typing import TYPE_CHECKING

from backportkit.layers.place import MISSING, bases, dictionary_of
from backportkit.layers.search import text_of
from backportkit.source.callables import function_in

if TYPE_CHECKING:
    from types import ModuleType

    from backportkit.layers.layer import Layer

_IN_C = {BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType, ClassMethodDescriptorType}
_EXTENSIONS = ("built-in", ".so", ".pyd")


def callers(layer: Layer, module: ModuleType) -> str:
    """Name the compiled callers that may keep the original beneath a layer, as the end of a reason; empty for none."""
    original = function_in(layer.root)
    if original is MISSING or type(original) is FunctionType:
        return ""
    if any(text_of(cls, "__module__").partition(".")[0] == "numba" for cls in bases(type(original))):
        return f"; callers that numba has compiled keep the original of {layer.key[1]} until they are compiled anew"
    is_compiled = type(original) in _IN_C or _is_extension(module)
    return f"; compiled callers may keep the original of {layer.key[1]}" if is_compiled else ""


def _is_extension(module: ModuleType) -> bool:
    return str(getattr(dictionary_of(module).get("__spec__"), "origin", "")).endswith(_EXTENSIONS)
