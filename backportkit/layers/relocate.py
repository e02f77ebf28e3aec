"""Move the function that was written to its binding site, beneath the decorators that stand around it.

A decorator's wrapper keeps its own globals. The functions that lead to the written one are copied, and the copies lead
to the moved one instead. The functions themselves, which may be in use elsewhere, are not changed.
"""

from __future__ import annotations

import functools
from types import CellType, FunctionType, MethodType

from backportkit.layers.copying import copy
from backportkit.source.decorated import CACHED, METHODS, PARTIALS, HiddenError, hidden, is_full, leading_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Move = Callable[[FunctionType], FunctionType]

_OPAQUE = (type, MethodType, FunctionType)  # a proxy says that it is a function


def relocate(function: FunctionType, inner: FunctionType, move: Move) -> FunctionType:
    """A copy of a decorator's wrapper that leads to a moved copy of the `inner` function. Raises HiddenError."""
    leading = leading_to(inner, function)
    if id(function) not in leading:
        raise HiddenError(hidden(function, f"{inner.__qualname__}() cannot be seen in what it refers to"))
    made: FunctionType = _Rebuilt(leading, inner, move(inner)).of(function)
    return made


def rebuild(value: Any, move: Move) -> Any:
    """Rebuild a partial, partialmethod or generic function around a moved function; return any other value as it is.

    Raises HiddenError for anything else that would run code of its own.
    """
    if type(value) in PARTIALS:
        return type(value)(_part(value.func, move), *value.args, **value.keywords)
    if isinstance(value, functools.singledispatchmethod):
        return _registered(functools.singledispatchmethod(_part(value.func, move)), value.dispatcher, move)
    if isinstance(value, _OPAQUE) or (_is_python(type(value)) and (callable(value) or hasattr(type(value), "__get__"))):
        raise HiddenError(hidden(value, "it is no function"))
    return value


def generic(value: Any, move: Move) -> Any:
    """Rebuild a generic function of functools.singledispatch around moved implementations."""
    return _registered(functools.singledispatch(_part(value.__wrapped__, move)), value, move)


def _part(value: Any, move: Move) -> Any:
    if isinstance(value, METHODS):
        return type(value)(_part(value.__func__, move))
    return move(value) if type(value) is FunctionType else rebuild(value, move)


def _registered(made: Any, old: Any, move: Move) -> Any:
    register = getattr(made, "dispatcher", made).register
    for cls, implementation in old.registry.items():
        if cls is not object:
            register(cls, _part(implementation, move))
    return made


def _is_python(cls: type) -> bool:
    """Tell whether a class was made by a class statement, so that its instances may run code of their own."""
    return any(type(stored) is FunctionType for stored in vars(cls).values())


class _Rebuilt:
    """Copies of the objects that lead to a function: they lead to another one instead, and each is copied once."""

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
        made.__dict__ = {name: self.of(held) for name, held in vars(function).items()}
        made.__name__, made.__qualname__, made.__module__ = (
            function.__name__,
            function.__qualname__,
            function.__module__,
        )
        return made

    def _cell(self, cell: CellType) -> CellType:
        if not is_full(cell) or id(cell.cell_contents) not in self._leading:
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
        if kind in PARTIALS:
            keywords = {name: self.of(held) for name, held in value.keywords.items()}
            return kind(self.of(value.func), *map(self.of, value.args), **keywords)
        if kind is CACHED:
            return functools.lru_cache(**value.cache_parameters())(self.of(value.__wrapped__))
        return kind(self.of(value.__func__))
