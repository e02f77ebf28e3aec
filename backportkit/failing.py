"""Say on stderr what a start has met, and end it where the policy says so."""

from __future__ import annotations

import os
import sys


def tell(error: BaseException) -> None:
    """Report an error of a start, unless a command is about to tell the same; raise an interrupt."""
    from backportkit.errors import let_interrupt_pass
    from backportkit.policy import going_on, in_force

    let_interrupt_pass(error)
    if not going_on.is_told_by_command():
        say(f"{type(error).__name__}: {error}")
    if in_force.exits_on_failure():
        os._exit(1)


def say(text: str) -> None:
    """Write one line."""
    if sys.stderr is not None:
        from backportkit.printable import seen  # needs re

        sys.stderr.write(f"backportkit: {seen(text)}\n")
