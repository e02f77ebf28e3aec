"""Format the texts as the project does: by ruff, if the project has settings for it and it is there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit.check import toml

if TYPE_CHECKING:
    from collections.abc import Iterable

_FILES = ("ruff.toml", ".ruff.toml")
_BEFORE = re.compile(r"^\nfrom __future__ import annotations$", re.MULTILINE)


def is_wanted(root: Path) -> bool:
    """Tell whether a project has settings for ruff."""
    if any((root / name).is_file() for name in _FILES):
        return True
    return bool(toml.table(toml.read(root / "pyproject.toml"), "tool", "ruff"))


def program() -> str | None:
    """Return ruff, beside this interpreter or on the PATH; None if it is not there."""
    beside = shutil.which("ruff", path=str(Path(sys.executable).parent))
    return beside or shutil.which("ruff")


def text(written: str, path: Path, ruff: str, root: Path) -> str:
    """Return the text of a file that is to be written, with the layout and the `noqa` that the project's rules ask for.

    A text that ruff cannot format is returned as it is.
    """
    sorted_ = _run(ruff, ["check", "--fix-only", "--quiet", "--select", "I"], written, path, root) or written
    laid_out = _run(ruff, ["format", "--quiet"], sorted_, path, root) or sorted_
    codes = sorted(set(_complaints(ruff, laid_out, path, root)))
    return _BEFORE.sub(rf"# ruff: noqa: {', '.join(codes)}\n\g<0>", laid_out, count=1) if codes else laid_out


def _complaints(ruff: str, written: str, path: Path, root: Path) -> Iterable[str]:
    said = _run(ruff, ["check", "--quiet", "--exit-zero", "--output-format", "json"], written, path, root)
    return (str(one["code"]) for one in json.loads(said or "[]") if one["code"])


def _run(ruff: str, arguments: list[str], written: str, path: Path, root: Path) -> str:
    done = subprocess.run(  # noqa: S603 -- the project's own ruff
        [ruff, *arguments, "--stdin-filename", str(path), "-"],
        input=written,
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
        encoding="utf-8",
    )
    return done.stdout if not done.returncode else ""
