"""Record the code that runs, on Python 3.12 and later: https://docs.python.org/3/library/sys.monitoring.html."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType

_TOOLS = range(6)  # the numbers that tools may have
_monitoring: Any = getattr(sys, "monitoring", None)


class Calls:
    """Records of the code that runs, in all threads, and of the code that raises NameErrors, handled or not.

    Each function is recorded once: its later calls cost nothing.
    """

    def __init__(self, _modules: Iterable[str], _is_over: Callable[[], bool]) -> None:
        self.seen: set[CodeType] = set()
        self.missed: dict[CodeType, NameError] = {}
        events = _monitoring.events
        self._callbacks = {events.PY_START: self._started, events.RAISE: self._raised}

    def start(self) -> None:
        """Begin recording."""
        self._tool = next(one for one in reversed(_TOOLS) if _monitoring.get_tool(one) is None)
        _monitoring.use_tool_id(self._tool, "backportkit")
        for event, callback in self._callbacks.items():
            _monitoring.register_callback(self._tool, event, callback)
        _monitoring.set_events(self._tool, sum(self._callbacks))

    def stop(self) -> None:
        """Stop recording."""
        _monitoring.set_events(self._tool, _monitoring.events.NO_EVENTS)
        for event in self._callbacks:
            _monitoring.register_callback(self._tool, event, None)
        _monitoring.free_tool_id(self._tool)

    # No trace function is called within these two, so coverage cannot see them.
    def _started(self, code: CodeType, _offset: int) -> Any:  # pragma: no cover
        self.seen.add(code)
        return _monitoring.DISABLE

    def _raised(self, code: CodeType, _offset: int, error: BaseException) -> None:  # pragma: no cover
        trace = error.__traceback__
        if isinstance(error, NameError) and (trace is None or trace.tb_next is None):
            self.missed.setdefault(code, error)
