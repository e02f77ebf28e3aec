"""`python -m backportkit`, and the console script of the same name."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; say what to install where its libraries are missing."""
    try:
        from backportkit.cli.app import app
    except ModuleNotFoundError as error:
        sys.exit(f"backportkit: the command line needs {error.name}: pip install 'backportkit[cli]'")
    app()


if __name__ == "__main__":
    main()
