"""Make the pictures of a terminal in docs/pictures: `python tests/docs/pictures.py`. Each is of a real run.

`backportkit` is run as a terminal of 72 columns would have it, in colour, and rich draws what it has printed. The
first picture needs the package index; the other one is of examples of docs/findings.md.
"""

# ruff: noqa: T201 - a script that says what it has written

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from finding_page import PAGE, run, write_world
from rich.console import CONSOLE_SVG_FORMAT, Console
from rich.terminal_theme import MONOKAI
from rich.text import Text
from walk import plain

if TYPE_CHECKING:
    from collections.abc import Collection

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
WIDTH = 72

# The name of the file, the command in it, and the headings of docs/findings.md whose patches the project has.
PICTURES: dict[str, tuple[str, tuple[str, ...]]] = {
    "prove": ("prove requests-cve-2024-47081", ()),
    "diff": ("diff shop-102", ("BK102",)),
}

# A site that needs no network asks for no fonts: https://github.com/Textualize/rich/blob/master/rich/_export_format.py
_FONTS = re.compile(r"\s*@font-face \{\{.*?\}\}", re.DOTALL)
_FORMAT = _FONTS.sub("", CONSOLE_SVG_FORMAT)


def seen(command: str, codes: Collection[str]) -> str:
    """Return what a command prints to a terminal, with its colours, in a project with the patches of these codes."""
    with tempfile.TemporaryDirectory() as folder:
        write_world(PAGE.read_text("utf-8"), Path(folder), codes)
        said = run(Path(folder), command, FORCE_COLOR="1", COLUMNS=str(WIDTH), TERM="xterm-256color")
    return plain(said)


def draw(name: str, command: str, said: str) -> str:
    """Return an SVG of a terminal in which the command was typed and has said that."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ ", "bold green") + Text(f"backportkit {command}", "bold"))
    console.print(Text.from_ansi(said.rstrip() + "\n"))  # the last line would lose what is below its letters
    return console.export_svg(title="", theme=MONOKAI, code_format=_FORMAT, unique_id=f"picture-{name}")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, (command, codes) in PICTURES.items():
        path = FOLDER / f"{name}.svg"
        path.write_text(draw(name, command, seen(command, codes)), "utf-8")
        print(f"written: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
