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
            return next(words, "") if _is_our_script(word) else ""
        elif word == "-m":
            return next(words, "") if next(words, "") == _NAME and _is_our_package() else ""
        elif word[:2] not in _WITH_VALUE and word.strip(_PLAIN):
            return ""
    return ""


def _is_our_script(path: str) -> bool:
    """Tell whether a path leads to the script that an installer has put beside this interpreter, or with the user's."""
    if os.path.basename(path) not in _FILES:  # noqa: PTH119 -- a start has no pathlib
        return False
    import sysconfig

    schemes = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))
    folders = {os.path.realpath(sysconfig.get_path("scripts", scheme)) for scheme in schemes}
    return os.path.dirname(os.path.realpath(path)) in folders  # noqa: PTH120


def _is_our_package() -> bool:
    """Tell whether `-m` finds this very package, and none in the working directory, which it looks into first."""
    from importlib.machinery import PathFinder

    if sys.flags.isolated or getattr(sys.flags, "safe_path", False):
        return True
    found = PathFinder.find_spec(_NAME, [os.getcwd()])  # noqa: PTH109
    if found is None or found.origin is None:  # a folder without an __init__.py comes after all others
        return True
    package, own = map(os.path.realpath, (found.origin, __file__))
    return os.path.dirname(package) == os.path.dirname(os.path.dirname(own))  # noqa: PTH120
