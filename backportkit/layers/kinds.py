"""Tell what a call gives: a value at once, a coroutine to await, a generator to iterate over."""

from __future__ import annotations

import functools
from types import CodeType, FunctionType, MethodType

from backportkit.layers.place import defines
from backportkit.layers.resolve import PROPERTY_PARTS
from backportkit.shown import shown
from backportkit.source.callables import function_in
from backportkit.source.functions import is_a

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PLAIN = "a plain function"
ASYNC = "an async function"
GENERATOR = "a generator function"
ASYNC_GENERATOR = "an async generator function"
AWAITABLE = "a generator that types.coroutine has made awaitable"

# Flags of inspect, which is not imported for that: what a call of a function with such a code gives.
_BY_FLAG = {
    0x100: AWAITABLE,  # CO_ITERABLE_COROUTINE, which is a generator, too
    0x80: ASYNC,  # CO_COROUTINE
    0x200: ASYNC_GENERATOR,  # CO_ASYNC_GENERATOR
    0x20: GENERATOR,  # CO_GENERATOR
}
# What inspect.markcoroutinefunction (3.12) and asyncio (before it) put on a function that returns a coroutine.
_MARKS = frozenset({"_is_coroutine_marker", "_is_coroutine"})
_PARTIALS = (functools.partial, functools.partialmethod)


def misfit(original: Any, made: Any, part: str | None) -> str | None:
    """Say why a caller of a stored object would not get what it expects of another one; None if no reason is known.

    The outermost callable counts, which callers and frameworks see, whatever it wraps. `part` is one of `fget`,
    `fset`, `fdel`, if that function of a property is replaced.
    """
    before, now = (function_in(one, part) if part else one for one in (original, made))
    if _is_used(before) and not _is_used(now):
        is_called = callable(before) or is_a(before, (staticmethod, classmethod))
        return f"it is {'called' if is_called else 'computed'}, and would be {shown(now)}"
    are_properties = part is None and is_a(original, property) and is_a(made, property)
    for name in PROPERTY_PARTS if are_properties else (part,):
        before, now = of(function_in(original, name)), of(function_in(made, name))
        if before is not None and now is not None and before != now:
            return f"it was {before} and would be {now}"
    return None


def _is_used(value: Any) -> bool:
    """Tell whether an object is called, or called by reading it, such as a property."""
    return callable(value) or defines(value, "__get__")


def of(value: Any) -> str | None:
    """Return the kind of a callable in words; None if it does not say."""
    while is_a(value, _PARTIALS):
        value = value.func
    if is_a(value, type):
        return PLAIN
    if type(value) in {MethodType, staticmethod, classmethod}:
        return of(value.__func__)
    if not _MARKS.isdisjoint(_attributes(value)):
        return ASYNC
    return _of_function(value) or _of_object(value)


def of_code(code: CodeType) -> str:
    """The kind of a function with this code."""
    return next((kind for flag, kind in _BY_FLAG.items() if code.co_flags & flag), PLAIN)


def _of_function(value: Any) -> str | None:
    code = _ask(value, "__code__")
    if not isinstance(code, CodeType):
        return None
    kind = of_code(code)
    # Not every compiler of functions sets the flags of what they give. A proxy says that it is a function.
    return kind if is_a(value, FunctionType) or kind != PLAIN else None


def _of_object(value: Any) -> str | None:
    called = next((vars(base)["__call__"] for base in type(value).__mro__ if "__call__" in vars(base)), None)
    return of(called) if type(called) is FunctionType else None


def _attributes(value: Any) -> Any:
    attributes = _ask(value, "__dict__")
    return attributes if isinstance(attributes, dict) else ()


def _ask(value: Any, name: str) -> Any:
    try:
        return getattr(value, name, None)
    except Exception:  # noqa: BLE001 -- whatever a proxy of theirs raises
        return None
