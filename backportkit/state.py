"""Define the states of a patch in a process, each one word."""

from __future__ import annotations

from enum import Enum

from backportkit import states


class State(str, Enum):
    """The state of a patch, in one word.

    A str, which compares with that word and prints as it.
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
