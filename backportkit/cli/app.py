"""Run the program: read its command line, call the command, and end with an exit code."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

from backportkit.errors import BackportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

_LIBRARIES = frozenset(
    {"click", "libcst", "platformdirs", "pypi_simple", "remotezip", "requests", "rich", "tomlkit", "typer", "unidiff"}
    | {"cyclonedx", "packageurl"}
)
_EXTRAS = {"libcst": "retire", "cyclonedx": "sbom", "packageurl": "sbom"}
_CANNOT, _INTERRUPTED = 2, 130

# A line with only these flags, and as many words, is read without typer, which takes as long as fifteen starts of an
# interpreter. Each flag stands with the argument that it sets.
_FLAGS: dict[str, dict[str, str]] = {
    "status": {"--json": "as_json", "--all": "everything"},
    "check": {"--json": "as_json", "--verbose": "verbose", "-v": "verbose"},
    "explain": {},
    "diff": {},
    "activate": {"--verify": "verify"},
    "deactivate": {},
}
_WORDS = {"check": (0, 1), "explain": (1,), "diff": (1,)}


def app() -> None:
    """Run the command that `sys.argv` names.

    Exit codes: 0 all is well, 1 it is not, 2 wrong usage or it cannot be done here, 3 something can be removed.
    """
    _never_fail_to_print()
    _print_no_secrets()
    try:
        command = plain(sys.argv[1:]) or _read_by_typer()
        sys.exit(command())
    except BackportError as error:
        _end(error)
    except ModuleNotFoundError as error:
        if error.name not in _LIBRARIES:
            raise
        extra = _EXTRAS.get(error.name, "cli")
        sys.exit(f"backportkit: the command line needs {error.name}: pip install 'backportkit[{extra}]'")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:  # the reader of the pipe has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        from backportkit.cli.uncaught import explained

        if (known := explained(error)) is None:
            raise
        _end(known)


def _end(error: BackportError) -> NoReturn:
    from backportkit.cli.printing import say

    say(f"backportkit: {error}", err=True)
    sys.exit(_CANNOT)


def plain(line: Sequence[str]) -> Callable[[], int] | None:
    """Return the call for a line of known flags and words alone; None for every other line, right or wrong."""
    name, *rest = line or [""]
    words = [one for one in rest if not one.startswith("-")]
    flags = [one for one in rest if one.startswith("-")]
    known = _FLAGS.get(name)
    if known is None or not known.keys() >= set(flags) or len(words) not in _WORDS.get(name, (0,)):
        return None
    module = __import__(f"backportkit.cli.{name}", fromlist=[name])
    return lambda: getattr(module, name)(*words, **{known[flag]: True for flag in flags})


def _read_by_typer() -> Callable[[], int]:
    from backportkit.cli.commands import program

    return program


def _never_fail_to_print() -> None:
    """Escape what the terminal's encoding lacks: names of files and messages of others may have any character."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _print_no_secrets() -> None:
    """Redact whatever is printed from now on, tracebacks among it."""
    from backportkit.redacted import Stream

    for name in ("stdout", "stderr"):
        if (stream := getattr(sys, name)) is not None:  # there is none under pythonw
            setattr(sys, name, Stream(stream))
