"""Print to streams that nobody may read, or that may be full: any command ends then, with one code for each."""

from __future__ import annotations

import os
import sys

from backportkit.cli.exit_codes import ExitCode
from backportkit.redacted import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn, TextIO


class Output(Stream):
    """A stream that writes no secrets, and ends the program where it cannot write.

    It does so by SystemExit, since click and rich catch errors of pipes, and end with 1 for them.
    """

    def __init__(self, stream: TextIO, name: str) -> None:
        super().__init__(stream)
        self._name = name

    def write(self, text: str) -> int:
        """Write a text without its secrets."""
        try:
            return super().write(text)
        except OSError as error:
            self._end(error)

    def flush(self) -> None:
        """Write what is held back."""
        try:
            self._stream.flush()
        except OSError as error:
            self._end(error)

    def _end(self, error: OSError) -> NoReturn:
        # Nothing more is written into it, not even by the interpreter as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
        if isinstance(error, BrokenPipeError):
            sys.exit(ExitCode.UNREAD)
        if sys.stderr is not None and sys.stderr is not self:
            sys.stderr.write(f"backportkit: {self._name} cannot be written: {error.strerror}\n")
        sys.exit(ExitCode.CANNOT)


def guard() -> None:
    """Have both streams be such ones from now on, tracebacks among what they write."""
    for name in ("stdout", "stderr"):
        if (stream := getattr(sys, name)) is not None:  # there is none under pythonw
            setattr(sys, name, Output(stream, name))


def flush() -> None:
    """Write what is held back, while it can still be told that this cannot be done."""
    if sys.stdout is not None:
        sys.stdout.flush()
