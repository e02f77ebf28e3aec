"""See whether a patch's functions run while a reproducer runs, and which names they look up in vain."""

from __future__ import annotations

import builtins
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

from backportkit.source.callables import loaded
from backportkit.source.compiled import codes_in
from backportkit.source.functions import function_of

if sys.version_info >= (3, 12):
    from backportkit.proof.monitored import Calls
else:
    from backportkit.proof.traced import Calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from typing_extensions import Self

    from backportkit.layers.layer import Change


class Witness:
    """Records of the Python functions that run, in all threads, and of the NameErrors that a patch's functions raise.

    `made` returns the change at each target of the patch, or None where the patch is not in effect.
    """

    def __init__(self, modules: Iterable[str], made: Callable[[], Iterable[Change | None]]) -> None:
        self._made = made
        self._calls = Calls(modules, self._has_seen_all)

    def __enter__(self) -> Self:
        self._calls.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._calls.stop()

    def saw(self, change: Change) -> bool:
        """Tell whether the patch's function has run; True for a value that is no Python function, which leaves no
        trace.
        """
        codes = {function.__code__ for function in _written(change)}
        return not codes or not codes.isdisjoint(self._calls.seen)

    def missed_by(self, change: Change) -> NameError | None:
        """Return the first NameError that the patch's code raised, unless that code itself mentions NameError."""
        codes = {inner for function in _written(change) for inner in codes_in(function.__code__)}
        if any("NameError" in code.co_names for code in codes):
            return None
        return next((error for code, error in self._calls.missed.items() if code in codes), None)

    # Coverage cannot see this function: another trace function than its own is in force.
    def _has_seen_all(self) -> bool:  # pragma: no cover
        """Tell whether everything has been recorded: all functions were called, and find the names that they use."""
        made = list(self._made())
        return all(one is not None and self.saw(one) and not any(map(_lacks_names, _written(one))) for one in made)


def _lacks_names(function: FunctionType) -> bool:  # pragma: no cover -- as above
    return not set(loaded(function.__code__)) <= {*function.__globals__, *vars(builtins)}


def _written(change: Change) -> list[FunctionType]:
    """Return the functions that were written for the patch, without the decorators around them.

    The functions that were there before do not count: a wrapper's original, and the accessors of a property that
    stayed.
    """
    before = [one for value in _functions(change.old) for one in _unwrapped(value)]
    chains = [[one for one in _unwrapped(value) if not _is_among(one, before)] for value in _functions(change.new)]
    written = [_called_by(chain[-1]) or function_of(chain[-1]) for chain in chains if chain]
    return [function for function in written if function is not None]


def _is_among(value: Any, others: Iterable[Any]) -> bool:
    return any(value is other for other in others)


def _functions(value: Any) -> list[Any]:
    if isinstance(value, property):
        return [part for part in (value.fget, value.fset, value.fdel) if part is not None]
    return [getattr(value, "__func__", value)]


def _unwrapped(value: Any) -> Iterator[Any]:
    """Yield a function, the one that it wraps, the one that this wraps, and so on. An object with a `__call__` in
    Python ends it.
    """
    seen: list[Any] = []
    while value is not None and not _is_among(value, seen):
        seen.append(value)
        yield value
        value = None if _called_by(value) else getattr(value, "__wrapped__", None)


def _called_by(value: Any) -> FunctionType | None:
    """Return the `__call__` method of an object, if it is written in Python."""
    call = getattr(type(value), "__call__", None)  # noqa: B004 -- the function itself is needed
    return call if isinstance(call, FunctionType) else None
