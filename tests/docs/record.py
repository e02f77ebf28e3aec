"""Write what commands say into the pages of docs/: `python tests/docs/record.py`. `test_recorded` compares."""

# ruff: noqa: T201 - a script that says what it has written

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from command_page import with_commands
from finding_page import with_findings
from readme_page import with_check
from scan_page import with_facts
from state_page import with_status
from tutorial_page import with_tutorial

DOCS = Path(__file__).parents[2] / "docs"


# Each makes a page anew, in an empty folder.
PAGES = {
    "../README.md": with_check,
    "commands.md": lambda page, _: with_commands(page),
    "findings.md": with_findings,
    "scan.md": lambda page, _: with_facts(page),
    "states.md": with_status,
    "patches-by-hand.md": with_tutorial,
    "tutorial.md": with_tutorial,
}


def recorded(name: str, folder: Path) -> str:
    """Return a page as commands make it now. An empty folder is needed to run them in."""
    return PAGES[name]((DOCS / name).read_text("utf-8"), folder)


def main() -> None:
    sys.path.append(str(DOCS.parent / "tests"))
    for name in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            (DOCS / name).write_text(recorded(name, Path(folder)), "utf-8")
        print(f"written: {(DOCS / name).resolve().relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
