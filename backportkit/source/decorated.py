"""Find the function that was written beneath decorators, and the objects that lead to it."""

from __future__ import annotations

import functools
from types import CellType, CodeType, FunctionType, MethodType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Move = Callable[[FunctionType], FunctionType]

METHODS = (staticmethod, classmethod)
PARTIALS = (functools.partial, functools.partialmethod)
CACHED = type(functools.lru_cache(print))
_DEPTH = 100  # decorators around one another; a circle of them has no end


class HiddenError(TypeError):
    """Nobody can tell which function was written, or how it can be moved."""


def written(function: FunctionType, name: str) -> FunctionType:
    """Return the function that was written beneath the decorators of `function`, for a target called `name`.

    Wrappers lead to it by `__wrapped__`. Without that, it is the one of that name in the closure. Raises HiddenError.
    """
    for _ in range(_DEPTH):
        inner = vars(function).get("__wrapped__")
        if inner is None:
            return _by_closure(function, name)
        held = [one for one in (inner, *_unpacked(inner)) if type(one) is FunctionType]
        if not held:
            raise HiddenError(hidden(function, f"it wraps a {type(inner).__qualname__}"))
        function = held[-1]
    raise HiddenError(hidden(function, "its wrappers lead in a circle"))


def _by_closure(function: FunctionType, name: str) -> FunctionType:
    held = [one for value in _cells(function) for one in (value, *_unpacked(value)) if type(one) is FunctionType]
    if not held or function.__name__ == name or "<locals>" not in function.__qualname__:
        return function
    named = [one for one in held if one.__name__ == name]
    if len(named) != 1:
        raise HiddenError(hidden(function, f"{len(named) or 'none'} of the functions in its closure has that name"))
    return written(named[0], name)


def hidden(value: Any, why: str) -> str:
    """Return the message for a function that is out of reach."""
    return (
        f"the function that was written is out of reach in {getattr(value, '__qualname__', type(value).__qualname__)}, "
        f"since {why}: let the decorator use functools.wraps and call what it was given from its closure, or write "
        "namespace='own' and import within the body what it needs of the target's module"
    )


def leading_to(inner: FunctionType, outer: FunctionType) -> set[int]:
    """Return the ids of all objects that lead from the outer to the inner function, and of these two."""
    known: dict[int, Any] = {id(outer): outer}
    led_by: dict[int, list[int]] = {}
    queue = [outer]
    for value in queue:
        for held in _held(value):
            led_by.setdefault(id(held), []).append(id(value))
            if id(held) not in known:
                known[id(held)] = held
                queue.append(held)
    leading = [id(inner)]
    for each in leading:
        leading += [one for one in led_by.get(each, ()) if one not in leading]
    return set(leading)


def _held(value: Any) -> Iterator[Any]:
    if type(value) is not FunctionType:
        yield from _unpacked(value)
        return
    yield from _cells(value)
    yield from value.__defaults__ or ()
    yield from (value.__kwdefaults__ or {}).values()
    yield from (held for name, held in vars(value).items() if name in _names(value.__code__))


def _names(code: CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _cells(function: FunctionType) -> list[Any]:
    return [cell.cell_contents for cell in function.__closure__ or () if is_full(cell)]


def is_full(cell: CellType) -> bool:
    """Tell whether the variable of a cell is bound."""
    try:
        return bool([cell.cell_contents])
    except ValueError:  # the variable is not bound yet
        return False


def _unpacked(value: Any) -> tuple[Any, ...]:
    """Return the objects in a value that can be rebuilt around other objects."""
    kind = type(value)
    if kind is tuple:
        return tuple(value)
    if kind in {*METHODS, MethodType}:
        return (value.__func__,)
    if kind is property:
        return tuple(part for part in (value.fget, value.fset, value.fdel) if part is not None)
    if kind in PARTIALS:
        return (value.func, *value.args, *value.keywords.values())
    return (value.__wrapped__,) if kind is CACHED else ()
