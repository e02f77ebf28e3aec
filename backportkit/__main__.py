"""`python -m backportkit`, and the console script of the same name."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; say what to install where its libraries are missing.

    `run` needs none of them, and loads none: they would cost more than many a program.
    """
    if sys.argv[1:2] == ["run"] and sys.argv[2:] not in ([], ["--help"]):
        from backportkit.cli.run import run

        run(sys.argv[2:])
    try:
        from backportkit.cli.app import app
    except ModuleNotFoundError as error:
        sys.exit(f"backportkit: the command line needs {error.name}: pip install 'backportkit[cli]'")
    app()


if __name__ == "__main__":
    main()
