"""Tell an object that a module has defined anew at its place from one that somebody has put on top of ours."""

from __future__ import annotations

import functools
import sys
from types import FunctionType

from backportkit.layers.place import MISSING, attribute_of_class, dictionary_of, is_class
from backportkit.source.functions import function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from backportkit.layers.place import Place

_KINDS = frozenset(
    {FunctionType, staticmethod, classmethod, property, functools.cached_property, type(functools.lru_cache(print))}
)
_CONSTANTS = frozenset({int, float, complex, str, bytes})
_DEPTH = 100  # wrappers, one around the other


def stands_instead(place: Place, stored: Any, known: Sequence[Any]) -> bool:
    """Tell whether a body that ran again, past our finder, has put this object there.

    A function shows that by its globals, its module, its names and its code, and by being built upon none of the
    objects that were there before, which are `known`. A plain constant shows it by being equal to the original, the
    first of these.
    """
    if type(stored) in _CONSTANTS:
        return type(known[0]) is type(stored) and bool(known[0] == stored)
    function = _innermost(stored) if type(stored) in _KINDS else None
    if function is None or place.ground is None or not _is_defined_at(place, function):
        return False
    if any(function.__code__ is getattr(_innermost(one), "__code__", None) for one in known):
        return False
    from backportkit.layers import beneath

    return beneath.find(stored, known) is MISSING


def _innermost(value: Any) -> FunctionType | None:
    """The function within descriptors and wrappers that say what they wrap."""
    function = function_of(value)
    for _ in range(_DEPTH):
        wrapped = None if function is None else function_of(vars(function).get("__wrapped__"))
        if wrapped is None:
            break
        function = wrapped
    return function


def _is_defined_at(place: Place, function: FunctionType) -> bool:
    owner = place.owner
    is_in_class = is_class(owner)
    module = sys.modules.get(attribute_of_class(owner, "__module__")) if is_in_class else owner
    if module is None or function.__globals__ is not dictionary_of(module):
        return False
    qualname = f"{attribute_of_class(owner, '__qualname__')}.{place.name}" if is_in_class else place.name
    name = getattr(function.__code__, "co_qualname", function.__qualname__)
    return function.__qualname__ == name == qualname and function.__code__.co_name == place.name
