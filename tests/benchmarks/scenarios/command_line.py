"""Run the command line."""

from __future__ import annotations

TITLE = "The command line"
SIZE, SIZES = "", (0,)
UNIT, REPEATS = "process", None
BASE = "bare"
RUN = "import sys; sys.argv = ['backportkit', *{!r}]; from backportkit.__main__ import main; main()"
LINES = {
    "--help": ["--help"],
    "status": ["status"],
    "status --json": ["status", "--json"],
    "check": ["check"],
    "explain": ["explain", "python-cve-2025-8194"],
    "status --help": ["status", "--help"],
}
LIBRARIES = {"import typer": "import typer", "import rich.table": "import rich.console, rich.table"}
SOURCES = {"bare": "pass"} | LIBRARIES | {way: RUN.format(line) for way, line in LINES.items()}
WAYS = dict.fromkeys(SOURCES)
PLACES = dict.fromkeys(SOURCES, "command-line")
