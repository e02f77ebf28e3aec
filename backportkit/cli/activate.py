"""`backportkit activate`: every interpreter of this environment arms its patches when it starts."""

from __future__ import annotations

from backportkit.activation import verbs
from backportkit.cli.printing import say


def activate() -> int:
    """Activate this environment, and say what was written."""
    for path in verbs.activate():
        say(f"wrote {path}")
    return 0
