"""Show what a command is about to change in the files of a project."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from backportkit.cli.diff import style
from backportkit.cli.printing import console, lined

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from backportkit.authoring.project.changes import Changes


def show(root: Path, changes: Changes) -> None:
    """Print the differences of all files that are written, and the names of those that are deleted."""
    after: Mapping[Path, bytes] = {**changes.new, **changes.changed, **dict.fromkeys(changes.gone, b"")}
    for path in sorted(after):
        _show(path.relative_to(root).as_posix(), path.read_bytes() if path.exists() else b"", after[path])


def _show(name: str, before: bytes, after: bytes) -> None:
    """Print what changes in a file, and of a file that goes its name alone."""
    out = console()
    old, new = (one.decode("utf-8", "replace").splitlines() for one in (before, after))
    if old and not new:
        out.print(lined(f"--- {name}, deleted", "bold"), soft_wrap=True)
        return
    for line in difflib.unified_diff(old, new, name if old else "/dev/null", name, lineterm=""):
        out.print(lined(line, style(line)), soft_wrap=True)
