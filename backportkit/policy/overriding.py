"""Show, or refuse, what environment variables decide against a policy."""

from __future__ import annotations

import sys

from backportkit.errors import write_log
from backportkit.policy.record import IGNORE

_told: set[tuple[str, str]] = set()


def heeds(variable: str, value: str, words: set[str]) -> bool:
    """Tell whether a variable counts where policies say these words about variables; say so once for each value."""
    counts = IGNORE not in words
    if (variable, value) not in _told:
        _told.add((variable, value))
        sys.audit("backportkit.override", variable, value, counts)
        said = "is heeded, as the policy says" if counts else 'is not heeded: the policy says `variables = "ignore"`'
        write_log("info", "%s=%s %s", variable, value, said)
    return counts
