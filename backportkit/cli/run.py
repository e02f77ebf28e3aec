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


_SITE = str(Path(__file__).resolve().parents[1] / "run_site")
_PYTHON = frozenset({".py", ".pyc", ".pyw", ".pyz"})


def run(program: list[str]) -> None:
    """Run a program with the patches of this environment armed; exit with 127 if there is no such program."""
    command = command_for(program)
    if command is None:
        from backportkit.cli.exit_codes import ExitCode
        from backportkit.printable import seen  # needs re

        sys.stderr.write(f"backportkit: no such program: {seen(program[0])}\n")
        sys.exit(ExitCode.NO_PROGRAM)  # as a shell ends for a command that is not there
    _become(command, environment_for(os.environ))


def command_for(arguments: Sequence[str]) -> list[str] | None:
    """Return the command that runs the program; None if there is no such program.

    A name without a folder is a command first: a file or folder of that name may lie in the working directory by chance
    or by somebody's intent. With a folder before it, `./name`, it is the file.
    """
    program, *rest = arguments
    if program in {"-m", "-c"} or (os.path.dirname(program) and _is_python(program)):  # noqa: PTH120
        return [sys.executable, *arguments]
    found = _find_command(program)
    if found is not None:
        return [found, *rest]
    return [sys.executable, *arguments] if _is_python(program) else None


def _is_python(program: str) -> bool:
    """Tell whether a path is that of a file or folder for the interpreter."""
    path = Path(program)
    return path.is_dir() or (path.suffix in _PYTHON and path.is_file())


def _find_command(program: str) -> str | None:
    """Return the path of a command beside this interpreter or in an absolute folder on the PATH; None if none is there.

    Relative entries and empty ones mean the working directory, where `shutil.which` looks by itself on Windows.
    """
    if os.path.dirname(program):  # noqa: PTH120 -- pathlib drops the dot of `./name`
        return None if Path(program).is_dir() else shutil.which(program)
    folders = [str(Path(sys.executable).parent), *os.environ.get("PATH", os.defpath).split(os.pathsep)]
    suffixes = ["", *os.environ.get("PATHEXT", "").split(os.pathsep)] if os.name == "nt" else [""]
    absolute = [folder for folder in folders if os.path.isabs(folder)]  # noqa: PTH117
    paths = (str(Path(folder, program + suffix)) for folder in absolute for suffix in suffixes)
    return next(filter(None, map(shutil.which, paths)), None)


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
