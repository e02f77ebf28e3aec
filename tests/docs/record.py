"""Write what commands say into the pages of docs/: `python tests/docs/record.py`. `test_recorded` compares."""

# ruff: noqa: T201 - a script that says what it has written

from __future__ import annotations

import tempfile
from pathlib import Path

from command_page import with_commands
from finding_page import with_findings

DOCS = Path(__file__).parents[2] / "docs"


def recorded(name: str, folder: Path) -> str:
    """Return a page as commands make it now. An empty folder is needed to run them in."""
    page = (DOCS / name).read_text("utf-8")
    return with_commands(page) if name == "commands.md" else with_findings(page, folder)


PAGES = ("commands.md", "findings.md")


def main() -> None:
    for name in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            (DOCS / name).write_text(recorded(name, Path(folder)), "utf-8")
        print(f"written: docs/{name}")


if __name__ == "__main__":
    main()
