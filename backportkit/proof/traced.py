"""Record the code that runs, before Python 3.12: a trace function is called with each call of a function."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType, FrameType


class Calls:
    """Records of the code that runs, in this thread and in those started from now on.

    A trace function makes calls ten times as slow, so it is taken out as soon as `is_over` returns True. That is asked
    at the first call of each function in the files of `modules`. The NameErrors that such functions raise are recorded
    too, handled or not: a trace function is told of them (https://docs.python.org/3/library/sys.html#sys.settrace), a
    profile function is not.
    """

    def __init__(self, modules: Iterable[str], is_over: Callable[[], bool]) -> None:
        self.seen: set[CodeType] = set()
        self.missed: dict[CodeType, NameError] = {}
        self._modules = frozenset(modules)
        loaded = (sys.modules[name] for name in self._modules if name in sys.modules)
        self._files = {getattr(module, "__file__", None) for module in loaded}
        self._is_over, self._ended = is_over, False

    def start(self) -> None:
        """Begin recording."""
        self._before = sys.gettrace(), threading.gettrace()
        threading.settrace(self._called)
        sys.settrace(self._called)

    # Coverage cannot see the following functions: another trace function than its own is in force while they run.
    def stop(self) -> None:  # pragma: no cover
        """Stop recording. The earlier trace functions are in force again, in this thread and in later ones."""
        self._ended = True
        here, in_threads = self._before
        sys.settrace(here)
        threading.settrace(in_threads)

    def _called(self, frame: FrameType, _event: str, _: object) -> Any:  # pragma: no cover
        if self._ended:  # another thread has called `stop`
            return sys.settrace(None)
        code = frame.f_code
        is_new = code not in self.seen
        self.seen.add(code)
        if is_new and code.co_name == "<module>" and frame.f_globals.get("__name__") in self._modules:
            self._files.add(code.co_filename)
        if code.co_filename not in self._files:
            return None
        if is_new and self._is_over():
            return self.stop()
        frame.f_trace_lines = False
        return self._inside

    def _inside(self, frame: FrameType, event: str, argument: Any) -> Any:  # pragma: no cover
        if event == "exception":
            _, error, trace = argument
            if isinstance(error, NameError) and trace.tb_next is None:
                self.missed.setdefault(frame.f_code, error)
        return self._inside
