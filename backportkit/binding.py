"""Fit a function to its new home: the names, the globals, the `super()` cell and the descriptor of what it replaces."""

from __future__ import annotations

import functools
from types import CellType, FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType
    from typing import Any


class Home:
    """Where a function is going to live.

    `module` is the target's module, `owner` the class that holds the attribute or None, `name` the attribute, and
    `part` one of `fget`, `fset`, `fdel` when only that function of a property is replaced. With `share_globals` the
    function sees the target module's globals instead of its own module's.
    """

    __slots__ = ("module", "name", "owner", "part", "share_globals")

    def __init__(
        self, module: ModuleType, owner: type | None, name: str, part: str | None = None, *, share_globals: bool = False
    ) -> None:
        self.module = module
        self.owner = owner
        self.name = name
        self.part = part
        self.share_globals = share_globals

    @property
    def qualname(self) -> str:
        return self.name if self.owner is None else f"{self.owner.__qualname__}.{self.name}"


def fit(replacement: Any, original: Any, home: Home) -> Any:
    """Return the object to install at `home` so that `replacement` takes the place of the raw object `original`.

    A plain function gets the descriptor that it replaces around it: staticmethod, classmethod, property (its other
    parts stay), functools.cached_property, functools.lru_cache with the same parameters and an empty cache. Functions,
    also those inside a descriptor, are copied with the `__module__` and `__qualname__` of the target, so that they
    pickle by reference; the code object, and with it file and line numbers, stays the replacement's own. Anything else
    is returned as it is.
    """
    inner = _rewrap(replacement, lambda function: _move(function, home))
    if home.part is not None:
        return _with_part(original, home.part, inner)
    if isinstance(inner, FunctionType):
        inner = _as_kind_of(original, inner)
    _name(inner, home)
    return inner


def function_of(value: Any) -> FunctionType | None:
    """The Python function inside a function, method descriptor, property or cached_property; None if there is none."""
    for attribute in ("__func__", "fget", "func", "__wrapped__"):
        if isinstance(value, FunctionType):
            return value
        value = getattr(value, attribute, value)
    return value if isinstance(value, FunctionType) else None


def function_in(value: Any, part: str | None = None) -> Any:
    """What a wrapper is given for the raw object `value`: the function in a descriptor, or the named one of a property."""
    if part is not None:
        return getattr(value, part)
    return function_of(value) or value


def code_of(value: Any) -> CodeType | None:
    """The code object that runs when `value` is called; None if no Python code does."""
    function = function_of(value)
    return function.__code__ if function is not None else None


def _rewrap(value: Any, move: Any) -> Any:
    """Rebuild a descriptor around moved copies of its functions."""
    if isinstance(value, FunctionType):
        return move(value)
    if isinstance(value, staticmethod | classmethod):
        return type(value)(_rewrap(value.__func__, move))
    if isinstance(value, property):
        parts = [part and _rewrap(part, move) for part in (value.fget, value.fset, value.fdel)]
        return type(value)(*parts, value.__doc__)
    if isinstance(value, functools.cached_property):
        return type(value)(_rewrap(value.func, move))
    return value


def _move(function: FunctionType, home: Home) -> FunctionType:
    """Copy a function to its home. FunctionType is documented: https://docs.python.org/3/library/types.html."""
    namespace = vars(home.module) if home.share_globals else function.__globals__
    moved = FunctionType(function.__code__, namespace, home.name, function.__defaults__, _closure(function, home.owner))
    moved.__kwdefaults__ = function.__kwdefaults__
    moved.__annotations__ = function.__annotations__
    moved.__doc__ = function.__doc__
    moved.__dict__.update(function.__dict__)
    moved.__module__ = home.module.__name__
    moved.__qualname__ = home.qualname
    return moved


def _closure(function: FunctionType, owner: type | None) -> tuple[Any, ...] | None:
    """The closure with `__class__`, which zero-argument super() reads, pointing to the class the function moves to."""
    cells = function.__closure__
    if cells is None or owner is None or "__class__" not in function.__code__.co_freevars:
        return cells
    position = function.__code__.co_freevars.index("__class__")
    return (*cells[:position], CellType(owner), *cells[position + 1 :])


def _as_kind_of(original: Any, function: FunctionType) -> Any:
    if isinstance(original, staticmethod | classmethod):
        return type(original)(function)
    if isinstance(original, property):
        return original.getter(function)
    if isinstance(original, functools.cached_property):
        return type(original)(function)
    if hasattr(original, "cache_parameters"):
        return functools.lru_cache(**original.cache_parameters())(function)
    return function


def _with_part(original: property, part: str, function: Any) -> property:
    parts = {"fget": original.getter, "fset": original.setter, "fdel": original.deleter}
    return parts[part](function)


def _name(value: Any, home: Home) -> None:
    """Tell a descriptor its name, as the class statement would (https://docs.python.org/3/reference/datamodel.html)."""
    set_name = getattr(type(value), "__set_name__", None)
    if set_name is not None and home.owner is not None:
        set_name(value, home.owner, home.name)
