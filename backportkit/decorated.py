"""Move the function that was written to its home, beneath the decorators that stand around it.

A decorator's wrapper keeps its own globals; of the functions that lead to the written one, copies are made that lead to
the moved one instead. What is in use elsewhere is not touched.
"""

from __future__ import annotations

import functools
from types import CellType, CodeType, FunctionType, MethodType

from backportkit.copying import copy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Move = Callable[[FunctionType], FunctionType]

_METHODS = (staticmethod, classmethod)
_PARTIALS = (functools.partial, functools.partialmethod)
_OPAQUE = (type, MethodType, FunctionType)  # the last says a proxy to be
_CACHED = type(functools.lru_cache(print))
_DEPTH = 100  # decorators, one around the other; in a circle there is no end


class HiddenError(TypeError):
    """Nobody can tell which function was written, or how the one that was can be moved."""


def written(function: FunctionType, name: str) -> FunctionType:
    """The function that was written where a decorator has put `function`; `name` is what it is to replace.

    Wrappers say so by `__wrapped__`. Without it, it is the one of that name in the closure. Raises HiddenError.
    """
    for _ in range(_DEPTH):
        inner = vars(function).get("__wrapped__")
        if inner is None:
            return _by_closure(function, name)
        held = [one for one in (inner, *_unpacked(inner)) if type(one) is FunctionType]
        if not held:
            raise HiddenError(_hidden(function, f"it wraps a {type(inner).__qualname__}"))
        function = held[-1]
    raise HiddenError(_hidden(function, "its wrappers lead in a circle"))


def relocate(function: FunctionType, inner: FunctionType, move: Move) -> FunctionType:
    """A copy of a decorator's wrapper that leads to a moved copy of the `inner` function. Raises HiddenError."""
    leading = _leading_to(inner, function)
    if id(function) not in leading:
        raise HiddenError(_hidden(function, f"{inner.__qualname__}() cannot be seen in what it refers to"))
    made: FunctionType = _Rebuilt(leading, inner, move(inner)).of(function)
    return made


def rebuild(value: Any, move: Move) -> Any:
    """A partial, partialmethod or generic function around a moved function; what holds none is returned as it is.

    Raises HiddenError for anything else that would run code of its own.
    """
    if type(value) in _PARTIALS:
        return type(value)(_part(value.func, move), *value.args, **value.keywords)
    if isinstance(value, functools.singledispatchmethod):
        return _registered(functools.singledispatchmethod(_part(value.func, move)), value.dispatcher, move)
    if isinstance(value, _OPAQUE) or (_is_python(type(value)) and (callable(value) or hasattr(type(value), "__get__"))):
        raise HiddenError(_hidden(value, "it is no function"))
    return value


def generic(value: Any, move: Move) -> Any:
    """What functools.singledispatch made, around moved implementations."""
    return _registered(functools.singledispatch(_part(value.__wrapped__, move)), value, move)


def _part(value: Any, move: Move) -> Any:
    if isinstance(value, _METHODS):
        return type(value)(_part(value.__func__, move))
    return move(value) if type(value) is FunctionType else rebuild(value, move)


def _registered(made: Any, old: Any, move: Move) -> Any:
    register = getattr(made, "dispatcher", made).register
    for cls, implementation in old.registry.items():
        if cls is not object:
            register(cls, _part(implementation, move))
    return made


def _is_python(cls: type) -> bool:
    """Whether a class was made by a class statement, so that its instances may run code of their own."""
    return any(type(raw) is FunctionType for raw in vars(cls).values())


def _by_closure(function: FunctionType, name: str) -> FunctionType:
    held = [one for value in _cells(function) for one in (value, *_unpacked(value)) if type(one) is FunctionType]
    if not held or function.__name__ == name or "<locals>" not in function.__qualname__:
        return function
    named = [one for one in held if one.__name__ == name]
    if len(named) != 1:
        raise HiddenError(_hidden(function, f"{len(named) or 'none'} of the functions in its closure has that name"))
    return written(named[0], name)


def _hidden(value: Any, why: str) -> str:
    return (
        f"the function that was written is out of reach in {getattr(value, '__qualname__', type(value).__qualname__)}, "
        f"since {why}: let the decorator use functools.wraps and call what it was given from its closure, or write "
        "namespace='own' and import within the body what it needs of the target's module"
    )


# --- what leads where ---


def _leading_to(inner: FunctionType, outer: FunctionType) -> set[int]:
    """The ids of all objects that lead from the outer to the inner function, these two included."""
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
    return [cell.cell_contents for cell in function.__closure__ or () if _is_full(cell)]


def _is_full(cell: CellType) -> bool:
    try:
        return bool([cell.cell_contents])
    except ValueError:  # of a name that is not bound yet
        return False


def _unpacked(value: Any) -> tuple[Any, ...]:
    """What stands in a value that can be made anew around something else."""
    kind = type(value)
    if kind is tuple:
        return tuple(value)
    if kind in {*_METHODS, MethodType}:
        return (value.__func__,)
    if kind is property:
        return tuple(part for part in (value.fget, value.fset, value.fdel) if part is not None)
    if kind in _PARTIALS:
        return (value.func, *value.args, *value.keywords.values())
    return (value.__wrapped__,) if kind is _CACHED else ()


class _Rebuilt:
    """Copies of the objects that lead to a function, which lead to another one; one copy of each."""

    def __init__(self, leading: set[int], inner: FunctionType, moved: FunctionType) -> None:
        self._leading = leading
        self._made: dict[int, Any] = {id(inner): moved}
        self._new_cells: dict[int, CellType] = {}

    def of(self, value: Any) -> Any:
        if id(value) not in self._leading:
            return value
        if id(value) not in self._made:
            self._made[id(value)] = self._function(value) if type(value) is FunctionType else self._around(value)
        return self._made[id(value)]

    def _function(self, function: FunctionType) -> FunctionType:
        cells = [self._cell(cell) for cell in function.__closure__ or ()]
        made = copy(function, function.__globals__, tuple(cells) if cells else None)
        self._made[id(function)] = made  # it may lead to itself
        for old, new in zip(function.__closure__ or (), cells, strict=True):
            if new is not old:
                new.cell_contents = self.of(old.cell_contents)
        self._set_defaults(function, made)
        vars(made).update({name: self.of(held) for name, held in vars(function).items()})
        made.__name__, made.__qualname__, made.__module__ = (
            function.__name__,
            function.__qualname__,
            function.__module__,
        )
        return made

    def _cell(self, cell: CellType) -> CellType:
        if not _is_full(cell) or id(cell.cell_contents) not in self._leading:
            return cell
        return self._new_cells.setdefault(id(cell), CellType())

    def _set_defaults(self, function: FunctionType, made: FunctionType) -> None:
        if any(id(held) in self._leading for held in function.__defaults__ or ()):
            made.__defaults__ = tuple(map(self.of, function.__defaults__ or ()))
        for name, held in (function.__kwdefaults__ or {}).items():
            made.__kwdefaults__[name] = self.of(held)  # type: ignore[index] # it has those of the function

    def _around(self, value: Any) -> Any:
        kind = type(value)
        if kind is tuple:
            return tuple(map(self.of, value))
        if kind is MethodType:
            return MethodType(self.of(value.__func__), value.__self__)
        if kind is property:
            return property(self.of(value.fget), self.of(value.fset), self.of(value.fdel), value.__doc__)
        if kind in _PARTIALS:
            keywords = {name: self.of(held) for name, held in value.keywords.items()}
            return kind(self.of(value.func), *map(self.of, value.args), **keywords)
        if kind is _CACHED:
            return functools.lru_cache(**value.cache_parameters())(self.of(value.__wrapped__))
        return kind(self.of(value.__func__))
