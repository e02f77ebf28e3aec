"""Tell which interpreters go on where the policy has a failure at their start end them: those that mend it.

And which ones a policy that ignores variables does not patch: those that a proof starts.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

CONTINUE = "backportkit-continue"  # an option of the interpreter, after -X, for pip and the like
UNPATCHED = "backportkit-unpatched"  # another one: no variable sets it, and whoever gives it could give -S as well
_NAME = "backportkit"
_FILES = frozenset({_NAME, f"{_NAME}.exe"})
_WITH_VALUE = frozenset({"-W", "-X"})
_PLAIN = "-bBdEiIOPqRsSuvx"  # https://docs.python.org/3/using/cmdline.html


def is_to_go_on() -> bool:
    """Tell whether this interpreter goes on: by its option, or since it runs a command of ours."""
    return CONTINUE in sys._xoptions or _runs_command()  # noqa: SLF001 -- as the documentation of -X says


def is_left_unpatched() -> bool:
    """Tell whether the command line of this interpreter says that its start arms nothing."""
    return UNPATCHED in sys._xoptions  # noqa: SLF001 -- as above


def _runs_command() -> bool:
    """Tell whether the command line is that of a command other than `run`, which becomes a program.

    A start comes before `sys.argv` is there. An option that is not understood makes it the line of a program.
    """
    words = iter(sys.orig_argv[1:])
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return os.path.basename(word) in _FILES and _is_command(words)  # noqa: PTH119 -- a start has no pathlib
        elif word == "-m":
            return next(words, "") == _NAME and _is_command(words)
        elif word[:2] not in _WITH_VALUE and word.strip(_PLAIN):
            return False
    return False


def _is_command(words: Iterator[str]) -> bool:
    return next(words, "run") != "run"
