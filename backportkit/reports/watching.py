"""Begin to note tracebacks and to dump at a signal, where environment variables ask for it."""

from __future__ import annotations

import sys

from backportkit.engine.on_error import variable
from backportkit.printable import seen


def begin() -> None:
    """Do what BACKPORTKIT_TRACEBACKS and BACKPORTKIT_DUMP ask for, unless `python -E` or the policy ignores them.

    Raises SettingsError for a signal that the system does not have.
    """
    if variable("BACKPORTKIT_TRACEBACKS"):
        from backportkit.reports import tracebacks

        tracebacks.note_uncaught()
    if name := variable("BACKPORTKIT_DUMP"):
        from backportkit.reports import dump

        number = dump.number_of(name)
        try:
            dump.dump_on(number)
        except (ValueError, OSError) as error:  # such as SIGKILL, or in a thread of the program
            _say(f"BACKPORTKIT_DUMP={name} has no effect: {error}")


def _say(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"backportkit: {seen(text)}\n")
