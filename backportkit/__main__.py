"""`python -m backportkit`, and the console script of the same name."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line.

    `run` becomes its program at once, without our libraries: deployments use it, too, and may not have them.
    """
    if sys.argv[1:2] == ["run"] and sys.argv[2:] not in ([], ["--help"]):
        from backportkit.cli.run import run

        run(sys.argv[2:])
    from backportkit.cli.app import app

    app()


def _leave_the_working_directory() -> None:
    """Take the working directory out of `sys.path`. `python -m` puts it first; the console script does not.

    A file there, such as a `json.py`, would be executed in the place of a module of the standard library.
    """
    try:
        here = os.getcwd()  # noqa: PTH109 -- pathlib is what could be found there
    except OSError:  # pragma: no cover -- it was deleted, and coverage does not start there
        here = ""
    if sys.path[0] in ("", here):
        del sys.path[0]


if __name__ == "__main__":
    _leave_the_working_directory()
    main()
