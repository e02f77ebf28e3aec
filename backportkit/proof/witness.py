"""See which functions run while a reproducer does, and which names the replacement's own code looked for in vain."""

from __future__ import annotations

import sys
import threading
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit.source.callables import code_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

    from typing_extensions import Self

    from backportkit.layers.layer import Change


class Missed(NamedTuple):
    """A NameError that was raised by some code itself, and not by what it called."""

    code: CodeType
    error: NameError


class Witness:
    """Notes which Python functions run, in this thread and in those started from now on.

    Of the code in the files of `modules` it notes NameErrors too, whoever handles them. A trace function is told of
    both (https://docs.python.org/3/library/sys.html#sys.settrace), a profile function of calls alone.
    """

    def __init__(self, modules: Iterable[str]) -> None:
        self._modules = frozenset(modules)
        loaded = (sys.modules[name] for name in self._modules if name in sys.modules)
        self._files = {getattr(module, "__file__", None) for module in loaded}
        self._seen: set[CodeType] = set()
        self._missed: list[Missed] = []

    def __enter__(self) -> Self:
        self._before = sys.gettrace(), threading.gettrace()
        threading.settrace(self._called)
        sys.settrace(self._called)
        return self

    # Another trace function than coverage's is in force while these three run, so that it cannot see them.
    def __exit__(self, *_: object) -> None:  # pragma: no cover
        here, in_threads = self._before
        sys.settrace(here)
        threading.settrace(in_threads)

    def _called(self, frame: FrameType, _event: str, _: object) -> Any:  # pragma: no cover
        code = frame.f_code
        self._seen.add(code)
        if code.co_name == "<module>" and frame.f_globals.get("__name__") in self._modules:
            self._files.add(code.co_filename)
        if code.co_filename not in self._files:
            return None
        frame.f_trace_lines = False
        return self._inside

    def _inside(self, frame: FrameType, event: str, argument: Any) -> Any:  # pragma: no cover
        if event == "exception":
            _, error, trace = argument
            if isinstance(error, NameError) and trace.tb_next is None:
                self._missed.append(Missed(frame.f_code, error))
        return self._inside

    def saw(self, change: Change) -> bool:
        """Tell whether what was put there has run; True for what is no Python function, which leaves no trace."""
        codes = _written(change)
        return not codes or not codes.isdisjoint(self._seen)

    def missed_by(self, change: Change) -> NameError | None:
        """The first NameError that the code which was put there raised, unless that code knows of NameErrors."""
        codes = {inner for code in _written(change) for inner in _all_in(code)}
        if any("NameError" in code.co_names for code in codes):
            return None
        return next((missed.error for missed in self._missed if missed.code in codes), None)


def _written(change: Change) -> set[CodeType]:
    """The code of what was put there: of the function that was written, whatever decorators have put around it.

    What stood there before is none of it: a wrapper's original, the parts of a property that stayed.
    """
    before = [one for value in _functions(change.old) for one in _unwrapped(value)]
    chains = [[one for one in _unwrapped(value) if not _is_among(one, before)] for value in _functions(change.new)]
    codes = [_called_by(chain[-1]) or code_of(chain[-1]) for chain in chains if chain]
    return {code for code in codes if code is not None}


def _is_among(value: Any, others: Iterable[Any]) -> bool:
    return any(value is other for other in others)


def _functions(value: Any) -> list[Any]:
    if isinstance(value, property):
        return [part for part in (value.fget, value.fset, value.fdel) if part is not None]
    return [getattr(value, "__func__", value)]


def _unwrapped(value: Any) -> Iterator[Any]:
    """A function, what it says to wrap, what that wraps, and so on, as far as they have no `__call__` in Python."""
    seen: list[Any] = []
    while value is not None and not _is_among(value, seen):
        seen.append(value)
        yield value
        value = None if _called_by(value) else getattr(value, "__wrapped__", None)


def _called_by(value: Any) -> CodeType | None:
    """The code of the method that makes objects of a class written in Python callable."""
    call = getattr(type(value), "__call__", None)  # noqa: B004 -- which function it is, and not whether there is one
    return call.__code__ if isinstance(call, FunctionType) else None


def _all_in(code: CodeType) -> Iterator[CodeType]:
    """A code object, and those of the functions, lambdas and classes that are defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _all_in(constant)
