"""Find references that the garbage collector does not see: of signals, atexit, running functions and unknown ones."""

from __future__ import annotations

import atexit
import gc
import signal
import sys
from contextlib import suppress

from backportkit.layers.counts import counts_tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import Any

_OPTIMIZED = 0x01  # CO_OPTIMIZED of inspect: the code of a function


def kept(*, ask_atexit: bool) -> dict[int, list[str]]:
    """Return the callbacks of signals and atexit in words, by the id of the function; no Python object has them."""
    found: dict[int, list[str]] = {}
    for value, what in (*_signal_handlers(), *(_at_exit() if ask_atexit else ())):
        found.setdefault(id(value), []).append(what)
    return found


def _signal_handlers() -> Iterator[tuple[Any, str]]:
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        if callable(handler):
            yield handler, f"the handler of {signal.Signals(number).name}"


def _at_exit() -> list[tuple[Any, str]]:
    """Return the callbacks of atexit. It lists them nowhere, but compares each with an object to unregister."""
    listener = _Listener()
    with suppress(Exception):  # somebody's __eq__
        atexit.unregister(listener)  # type: ignore[arg-type]
    return [(each, "a callback of atexit") for each in listener.heard]


class _Listener:
    """Equals nothing, and remembers what it was compared with."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def __eq__(self, other: object) -> bool:
        self.heard.append(other)
        return False


def unseen_references(box: list[Any]) -> int:
    """Return how many references to the object in a list are neither in an object nor in a local variable.

    It is 0 if that cannot be told. The object comes in a list, since as an argument it could be counted.
    """
    return max(0, _beyond(box) - _beyond([object()])) if counts_tell() else 0


def _beyond(box: list[Any]) -> int:
    in_frames = sum(_has_local(frame, box) for frame in running())
    count = sys.getrefcount(box[0]) - in_frames
    return count - sum(each is box[0] for holder in gc.get_referrers(box[0]) for each in gc.get_referents(holder))


def running() -> Iterator[FrameType]:
    """Return the frames of all code that runs now, in all threads."""
    for top in sys._current_frames().values():  # noqa: SLF001 -- documented
        frame: FrameType | None = top
        while frame is not None:
            yield frame
            frame = frame.f_back


def local_names(frame: FrameType) -> Any:
    """The local variables of a function that runs; None for the body of a module or class."""
    return frame.f_locals if frame.f_code.co_flags & _OPTIMIZED else None


def _has_local(frame: FrameType, box: list[Any]) -> int:
    """Return how often a running function has an object; 0 where the collector sees its frame."""
    names = local_names(frame)
    if names is None or (sys.version_info < (3, 11) and gc.is_tracked(frame)):
        return 0
    plain = set(frame.f_code.co_varnames).difference(frame.f_code.co_cellvars)
    return sum(names.get(name) is box[0] for name in plain)
