"""`backportkit deactivate`: undo what `activate` did."""

from __future__ import annotations

from backportkit.activation import verbs
from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.printing import say


def deactivate() -> int:
    """Deactivate this environment, and say what was removed."""
    removed = verbs.deactivate()
    for path in removed:
        say(f"removed {path}")
    if not removed:
        say("this environment is not activated")
    return ExitCode.FINE
