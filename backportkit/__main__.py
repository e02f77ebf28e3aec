"""`python -m backportkit`, and the console script of the same name."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; say what to install where its libraries are missing.

    `run`, `activate` and `deactivate` need none of them: they are for where programs are deployed, too.
    """
    if sys.argv[1:2] == ["run"] and sys.argv[2:] not in ([], ["--help"]):
        from backportkit.cli.run import run

        run(sys.argv[2:])
    if sys.argv[1:] in (["activate"], ["deactivate"]):
        _without_typer(sys.argv[1])
        return
    try:
        from backportkit.cli.app import app
    except ModuleNotFoundError as error:
        sys.exit(f"backportkit: the command line needs {error.name}: pip install 'backportkit[cli]'")
    app()


def _without_typer(command: str) -> None:
    from importlib import import_module

    from backportkit.errors import BackportError

    try:
        getattr(import_module(f"backportkit.cli.{command}"), command)()
    except BackportError as error:
        sys.stderr.write(f"backportkit: {error}\n")
        sys.exit(2)


def _leave_the_working_directory() -> None:
    """Take the working directory out of `sys.path`, where `python -m` puts it first; the console script has none.

    A file there, such as a `json.py`, would be executed in the place of a module of the standard library.
    """
    if sys.path[0] in ("", os.getcwd()):  # noqa: PTH109 -- pathlib is what could be found there
        del sys.path[0]


if __name__ == "__main__":
    _leave_the_working_directory()
    main()
