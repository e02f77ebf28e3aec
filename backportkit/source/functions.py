"""Find the function in a callable, and its code, for the declaration of a patch."""

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
    """Tell the same as isinstance: True for a proxy that claims the type, and False for an object that raises.

    Code that need not know about proxies looks at the type instead, which wakes no lazy object.
    """
    try:
        return isinstance(value, kinds)
    except Exception:  # noqa: BLE001 -- a foreign `__class__` may raise anything
        return False


def function_of(value: Any) -> FunctionType | None:
    """Return the Python function in a function, method descriptor, property or cached_property; else None."""
    try:
        for attribute in ("__func__", "fget", "func", "__wrapped__"):
            if isinstance(value, FunctionType):
                return value
            value = getattr(value, attribute, value)
        return value if isinstance(value, FunctionType) else None
    except Exception:  # noqa: BLE001 -- a foreign proxy may raise anything
        return None


def has_lost_docstring(function: Any) -> bool:
    """Tell whether Python may have dropped the docstring of a function or class, by -OO or without a source."""
    if function is None or function.__doc__ is not None:
        return False
    file = sys.modules[function.__module__].__dict__.get("__file__") if function.__module__ in sys.modules else None
    return sys.flags.optimize >= _DROPS_DOCSTRINGS or str(file).endswith(".pyc")


def is_python_function(value: Any) -> bool:
    """Tell whether a value is a function written in Python, or claims to be one."""
    return isinstance(value, FunctionType)


def code_of(value: Any) -> CodeType | None:
    """Return the code object that runs when `value` is called; None if it is not Python code."""
    function = function_of(value)
    return function.__code__ if function is not None else None


def is_plain(value: Any) -> bool:
    """Tell whether a value is a function itself. wrapt's proxies claim, by their `__class__`, to be what they wrap."""
    return type(value) is FunctionType


def is_of_functools(value: Any, *names: str) -> bool:
    """Tell whether a value is of one of these classes of functools; False if nobody has loaded functools."""
    functools = sys.modules.get("functools")
    return is_a(value, tuple(getattr(functools, name) for name in names if hasattr(functools, name)))
