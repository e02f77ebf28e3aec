"""The outcome of the last attempt to apply or undo a patch, and the attempts that are under way."""

from __future__ import annotations

import _thread
import sys

from backportkit import states

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any, ParamSpec, TypeVar

    Parameters = ParamSpec("Parameters")
    Result = TypeVar("Result")

_RETRIED = frozenset({states.REVERTED, states.CONFLICT, states.FAILED, states.DRIFTED, states.DISABLED})


class Outcome:
    """A state and the reason for it, in one object for all patches that share it.

    While applying or undoing a patch is `under_way`, and after it was interrupted, only what stands at the places
    counts. A patch whose outcome `may_be_retried` waits for its module when it is armed again.
    """

    __slots__ = ("may_be_retried", "reason", "state", "under_way")

    def __init__(self, state: str, reason: str = "", *, under_way: bool = False) -> None:
        self.state = state
        self.reason = reason
        self.under_way = under_way
        self.may_be_retried = state in _RETRIED


WAITING = Outcome(states.WAITING)
APPLYING = Outcome(states.WAITING, under_way=True)
TAKEN_OUT = Outcome(states.REVERTED, "taken out")
LEFT_OUT = Outcome(states.REVERTED, "left out by a block of unpatched")

_UNDOING = "taking it out is under way, or was interrupted: call unpatch() again"
UNDOING = Outcome(states.CONFLICT, _UNDOING, under_way=True)
PARTLY_OUT = Outcome(states.APPLIED, _UNDOING, under_way=True)  # applied, as far as it goes


class Calls:
    """The calls under way that apply or undo patches, in all threads, each with its patches.

    A call counts while it holds its lock, which no interrupt leaves locked, and while its thread lives: of those that a
    fork leaves behind, the child has the records alone.
    """

    def __init__(self) -> None:
        self._patches: dict[_thread.LockType, tuple[int, Collection[Any]]] = {}

    def run(
        self,
        patches: Collection[Any],
        work: Callable[Parameters, Result],
        *arguments: Parameters.args,
        **named: Parameters.kwargs,
    ) -> Result:
        """Return what `work` returns; while it runs, its call is under way for these patches."""
        call = _thread.allocate_lock()
        with call:
            self._patches[call] = _thread.get_ident(), patches
            try:
                return work(*arguments, **named)
            finally:
                self._patches.pop(call, None)

    def are_several(self) -> bool:
        """Tell whether more than one call is under way."""
        return sum(call.locked() for call in list(self._patches)) > 1

    def have(self, patch: object) -> bool:
        """Tell whether a call is under way for a patch."""
        alive = sys._current_frames()  # noqa: SLF001 -- documented, for debuggers
        calls = [(call, *about) for call, about in list(self._patches.items())]
        return any(call.locked() and thread in alive and patch in patches for call, thread, patches in calls)
