"""Make the pictures of a terminal in docs/pictures: `python tests/docs/pictures.py`. Each is of a real run.

`backportkit` is run as a terminal of 72 columns would have it, in colour, and rich draws what it has printed.
"""

# ruff: noqa: T201 - a script that says what it has written

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import CONSOLE_SVG_FORMAT, Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
WIDTH = 72

# The name of the file, and the command in it.
PICTURES = {
    "prove": ["backportkit", "prove", "python-cve-2025-8194"],
}

# A site that needs no network asks for no fonts: https://github.com/Textualize/rich/blob/master/rich/_export_format.py
_FONTS = re.compile(r"\s*@font-face \{\{.*?\}\}", re.DOTALL)
_FORMAT = _FONTS.sub("", CONSOLE_SVG_FORMAT)


def run(command: list[str]) -> str:
    """Return what a command prints to a terminal, with its colours."""
    env = os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    program, *arguments = command
    path = Path(sys.executable).with_name(program)
    return subprocess.run([path, *arguments], env=env, capture_output=True, text=True, check=False).stdout


def draw(command: list[str], said: str) -> str:
    """Return an SVG of a terminal in which the command was typed and has said that."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ ", "bold green") + Text(" ".join(command), "bold"))
    console.print(Text.from_ansi(said.rstrip()))
    return console.export_svg(title="", theme=MONOKAI, code_format=_FORMAT, unique_id=f"picture-{command[1]}")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, command in PICTURES.items():
        path = FOLDER / f"{name}.svg"
        path.write_text(draw(command, run(command)), "utf-8")
        print(f"written: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
