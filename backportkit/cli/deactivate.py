"""`backportkit deactivate`: take back what `activate` has done."""

from __future__ import annotations

import sys

from backportkit.activation import verbs


def deactivate() -> None:
    """Take back what `activate` has written into this environment."""
    removed = verbs.deactivate()
    for path in removed:
        sys.stdout.write(f"removed {path}\n")
    if not removed:
        sys.stdout.write("this environment is not activated\n")
