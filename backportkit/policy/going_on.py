"""Tell which interpreters go on where the policy has a failure at their start end them: those that mend it.

And which ones a policy that ignores variables does not patch: those that a proof starts.
"""

from __future__ import annotations

import os
import sys

CONTINUE = "backportkit-continue"  # an option of the interpreter, after -X, for pip and the like
UNPATCHED = "backportkit-unpatched"  # another one: no variable sets it, and whoever gives it could give -S as well
_NAME = "backportkit"
_FILES = frozenset({_NAME, f"{_NAME}.exe"})
_WITH_VALUE = frozenset({"-W", "-X"})
_NONE = frozenset({"", "run"})
_TELLING = frozenset({"check", "diff", "explain", "policy", "prove"})
_PLAIN = "-bBdEiIOPqRsSuvx"  # https://docs.python.org/3/using/cmdline.html


def is_to_go_on() -> bool:
    """Tell whether this interpreter goes on: by its option, or since it runs a command of ours.

    `run` is none: it becomes a program.
    """
    return CONTINUE in sys._xoptions or _command() not in _NONE  # noqa: SLF001 -- as the documentation of -X says


def is_told_by_command() -> bool:
    """Tell whether this interpreter runs a command of ours that tells by itself what is wrong with the patches."""
    return _command() in _TELLING


def is_left_unpatched() -> bool:
    """Tell whether the command line of this interpreter says that its start arms nothing."""
    return UNPATCHED in sys._xoptions  # noqa: SLF001 -- as above


def _command() -> str:
    """Return the command of ours that the command line calls; an empty text for anything else.

    A start comes before `sys.argv` is there. An option that is not understood makes it the line of a program.
    """
    words = iter(sys.orig_argv[1:])
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return next(words, "") if os.path.basename(word) in _FILES else ""  # noqa: PTH119 -- a start has no pathlib
        elif word == "-m":
            return next(words, "") if next(words, "") == _NAME else ""
        elif word[:2] not in _WITH_VALUE and word.strip(_PLAIN):
            return ""
    return ""
