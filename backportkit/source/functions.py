"""Find the function in a callable, and its code: what a declaration needs to know of it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FunctionType
    from typing import Any
else:
    FunctionType = type(lambda: None)  # types costs as much as four files of ours

_DROPS_DOCSTRINGS = 2  # the level of optimisation that -OO asks for


def is_a(value: Any, kinds: type | tuple[type, ...]) -> bool:
    """Tell what isinstance tells: True for a proxy that says that it is one, and False for an object that raises.

    Whoever need not know of proxies asks the type, which wakes no lazy object.
    """
    try:
        return isinstance(value, kinds)
    except Exception:  # noqa: BLE001 -- `__class__` may be anything of theirs
        return False


def function_of(value: Any) -> FunctionType | None:
    """The Python function inside a function, method descriptor, property or cached_property; None if there is none."""
    try:
        for attribute in ("__func__", "fget", "func", "__wrapped__"):
            if isinstance(value, FunctionType):
                return value
            value = getattr(value, attribute, value)
        return value if isinstance(value, FunctionType) else None
    except Exception:  # noqa: BLE001 -- whatever a proxy of theirs raises
        return None


def has_lost_docstring(function: Any) -> bool:
    """Tell whether a function or class may have had a docstring that Python has dropped: by -OO,
    or without a source.
    """
    if function is None or function.__doc__ is not None:
        return False
    file = sys.modules[function.__module__].__dict__.get("__file__") if function.__module__ in sys.modules else None
    return sys.flags.optimize >= _DROPS_DOCSTRINGS or str(file).endswith(".pyc")


def is_python_function(value: Any) -> bool:
    """Tell whether a value is a function written in Python, or passes for one."""
    return isinstance(value, FunctionType)


def code_of(value: Any) -> CodeType | None:
    """The code object that runs when `value` is called; None if no Python code does."""
    function = function_of(value)
    return function.__code__ if function is not None else None


def is_plain(value: Any) -> bool:
    """Tell whether a value is a function itself: wrapt's proxies claim, by their `__class__`, to be what they wrap."""
    return type(value) is FunctionType


def is_of_functools(value: Any, *names: str) -> bool:
    """Tell whether a value is of one of these classes of functools. Where nobody has loaded that, none is."""
    functools = sys.modules.get("functools")
    return is_a(value, tuple(getattr(functools, name) for name in names if hasattr(functools, name)))
