"""`backportkit run`: become a program in which the patches are armed, as in all its Python children."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

_NOT_FOUND = 127  # as a shell ends for a command that is not there

_SITE = str(Path(__file__).resolve().parents[1] / "run_site")
_PYTHON = frozenset({".py", ".pyc", ".pyw", ".pyz"})


def run(program: list[str]) -> None:
    """Run a program with the patches of this environment armed; exit with 127 if there is no such program."""
    command = command_for(program)
    if command is None:
        from backportkit.printable import printable  # needs re

        sys.stderr.write(f"backportkit: no such program: {printable(program[0])}\n")
        sys.exit(_NOT_FOUND)
    _become(command, environment_for(os.environ))


def command_for(arguments: Sequence[str]) -> list[str] | None:
    """Return the command that runs the program; None if there is no such program."""
    program = arguments[0]
    if program in {"-m", "-c"} or _is_python_file(Path(program)):
        return [sys.executable, *arguments]
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    found = shutil.which(program, path=places)
    if found is not None:
        return [found, *arguments[1:]]
    # A folder comes after the commands: `backportkit run env` is the command, even beside a folder `env`.
    return [sys.executable, *arguments] if Path(program).is_dir() else None


def _is_python_file(program: Path) -> bool:
    return program.suffix in _PYTHON and program.is_file()


def environment_for(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with which each Python arms its patches at its start, and passes them to its children."""
    entries = environment.get("PYTHONPATH", "").split(os.pathsep)
    rest = [entry for entry in entries if entry != _SITE] if any(entries) else []
    return {**environment, "PYTHONPATH": os.pathsep.join([_SITE, *rest])}


def _become(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    sys.stdout.flush()
    if os.name == "nt":  # pragma: no cover -- os.execve returns to the shell there before the program has ended
        import subprocess

        sys.exit(subprocess.run(command, env=environment, check=False).returncode)  # noqa: S603 -- what was asked for
    os.execve(command[0], list(command), environment)  # noqa: S606 -- no shell is wanted
