"""The one word for where a patch stands in this process."""

from __future__ import annotations

from enum import Enum


class State(str, Enum):
    """Where a patch stands, in one word.

    A str, so that it compares with and prints as that word.
    """

    WAITING = "waiting"
    APPLIED = "applied"
    DORMANT = "dormant"
    ABSORBED = "absorbed"
    DRIFTED = "drifted"
    CONFLICT = "conflict"
    FAILED = "failed"
    DISABLED = "disabled"
    REVERTED = "reverted"

    def __str__(self) -> str:
        return self.value
