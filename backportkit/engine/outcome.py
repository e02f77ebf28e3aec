"""The outcome of the last attempt to apply or undo a patch, in one object for all patches that share it."""

from __future__ import annotations

from backportkit import states

_RETRIED = frozenset({states.REVERTED, states.CONFLICT, states.FAILED, states.DRIFTED, states.DISABLED})


class Outcome:
    """A state and the reason for it.

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

_UNDOING = "taking it out is under way, or was interrupted: call unpatch() again"
UNDOING = Outcome(states.CONFLICT, _UNDOING, under_way=True)
PARTLY_OUT = Outcome(states.APPLIED, _UNDOING, under_way=True)  # applied, as far as it goes
