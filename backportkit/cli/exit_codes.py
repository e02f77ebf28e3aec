"""The exit codes of all commands. docs/commands.md has this table."""

from __future__ import annotations

from enum import IntEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.check.findings import Finding


class ExitCode(IntEnum):
    """The way in which a command has ended."""

    FINE = 0
    WRONG = 1
    CANNOT = 2
    TO_REMOVE = 3
    NO_PROGRAM = 127
    INTERRUPTED = 130
    UNREAD = 141

    @property
    def meaning(self) -> str:
        """The meaning in words."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.FINE: "all is well",
    ExitCode.WRONG: "it is not: something is broken, not proved, not dead by its reproducer, or differs",
    ExitCode.CANNOT: "nobody can tell, or it cannot be done: wrong usage, nothing of that name, a file or an index "
    "that cannot be read, a disk that is full, a patch to retire that the project still needs by its range, an extra "
    "that is not installed, a fault of backportkit's; the message says which",
    ExitCode.TO_REMOVE: "something can be removed, and nothing is broken",
    ExitCode.NO_PROGRAM: "of `run`: there is no such program; else its exit code is the program's own",
    ExitCode.INTERRUPTED: "interrupted from the keyboard",
    ExitCode.UNREAD: "nobody reads any more what is printed, as before `head -1`: 128 and SIGPIPE, as others end",
}


def counts(finding: Finding) -> bool:
    """Tell whether a finding makes a code other than FINE."""
    return of([finding]) is not ExitCode.FINE


def of(findings: Iterable[Finding]) -> ExitCode:
    """Return WRONG if something is broken, else TO_REMOVE if something can be removed, else FINE."""
    from backportkit.check.findings import Level  # not at each start, which loads this room

    levels = {finding.rule.level for finding in findings}
    if Level.ERROR in levels:
        return ExitCode.WRONG
    return ExitCode.TO_REMOVE if Level.REMOVE in levels else ExitCode.FINE


def unless(wrong: object) -> ExitCode:
    """Return WRONG if there is something wrong, else FINE."""
    return ExitCode.WRONG if wrong else ExitCode.FINE
