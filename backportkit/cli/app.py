"""Run the program: read its command line, call the command, and end with an exit code."""

from __future__ import annotations

import sys
from io import TextIOWrapper

from backportkit.cli import output
from backportkit.cli.exit_codes import ExitCode
from backportkit.errors import BackportError, MissingExtraError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

_LIBRARIES = frozenset(
    {"click", "libcst", "platformdirs", "pypi_simple", "remotezip", "requests", "rich", "tomlkit", "typer", "unidiff"}
    | {"cyclonedx", "packageurl"}
)
_EXTRAS = {"libcst": "retire", "cyclonedx": "sbom", "packageurl": "sbom"}

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

    It ends with one of `ExitCode`.
    """
    _never_fail_to_print()
    output.guard()
    try:
        command = plain(sys.argv[1:]) or _read_by_typer()
        sys.exit(command())
    except BackportError as error:
        _end(error)
    except ModuleNotFoundError as error:
        if error.name not in _LIBRARIES:
            _end_by(error)
        extra = _EXTRAS.get(error.name, "cli")
        _end(MissingExtraError.of(extra, needed=f"this command needs {error.name}"))
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 -- Python would end with 1 for it, by which we say something else
        _end_by(error)
    finally:
        output.flush()


def _end_by(error: Exception) -> NoReturn:
    """Say what a user can do about an exception that no command expects; else print it as Python does."""
    from backportkit.cli.uncaught import explained

    if (known := explained(error)) is not None:
        _end(known)
    sys.excepthook(type(error), error, error.__traceback__)
    sys.exit(ExitCode.CANNOT)


def _end(error: BackportError | str) -> NoReturn:
    from backportkit.cli.printing import complain

    complain(f"backportkit: {error}", err=True)
    sys.exit(ExitCode.CANNOT)


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
    from backportkit.cli.program import program

    return program


def _never_fail_to_print() -> None:
    """Escape what the terminal's encoding lacks: names of files and messages of others may have any character."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
