"""`python -m backportkit`, and the console script of the same name."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line.

    `run` becomes its program at once: it is used in deployments, too, whose processes need none of our libraries.
    """
    if sys.argv[1:2] == ["run"] and sys.argv[2:] not in ([], ["--help"]):
        from backportkit.cli.run import run

        run(sys.argv[2:])
    from backportkit.cli.app import app

    app()


def _leave_the_working_directory() -> None:
    """Take the working directory out of `sys.path`, where `python -m` puts it first; the console script has none.

    A file there, such as a `json.py`, would be executed in the place of a module of the standard library.
    """
    try:
        here = os.getcwd()  # noqa: PTH109 -- pathlib is what could be found there
    except OSError:  # pragma: no cover -- somebody has deleted it, and coverage does not start there
        here = ""
    if sys.path[0] in ("", here):
        del sys.path[0]


if __name__ == "__main__":
    _leave_the_working_directory()
    main()
