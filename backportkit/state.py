"""The one word for where a patch stands in this process."""

from __future__ import annotations

from enum import Enum

from backportkit import states


class State(str, Enum):
    """Where a patch stands, in one word.

    A str, so that it compares with and prints as that word.
    """

    WAITING = states.WAITING
    APPLIED = states.APPLIED
    DORMANT = states.DORMANT
    ABSORBED = states.ABSORBED
    DRIFTED = states.DRIFTED
    CONFLICT = states.CONFLICT
    FAILED = states.FAILED
    DISABLED = states.DISABLED
    REVERTED = states.REVERTED
    OFFERED = states.OFFERED

    def __str__(self) -> str:
        return self.value
