"""Format the texts as the project does: by ruff, if the project has settings for it and it is there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit.activation import placing
from backportkit.check import toml

if TYPE_CHECKING:
    from collections.abc import Iterable

_FILES = ("ruff.toml", ".ruff.toml")
_NEEDLESS = "RUF100"
_CODE = re.compile(r"\b[A-Z]+\d+\b")
_UNSORTED, _SORTED = "# isort: off\n", "# isort: on\n"
_ALL = re.compile(r"^# ruff: noqa\n", re.MULTILINE)
_PLACE = re.compile(r"^# mypy: ignore-errors\n|(?=^\nfrom __future__ import annotations$)", re.MULTILINE)


def is_wanted(root: Path) -> bool:
    """Tell whether a project has settings for ruff."""
    if any((root / name).is_file() for name in _FILES):
        return True
    return bool(toml.table(toml.read(root / "pyproject.toml"), "tool", "ruff"))


def program() -> str | None:
    """Return ruff, beside this interpreter or on the PATH; None if it is not there."""
    beside = shutil.which("ruff", path=str(Path(sys.executable).parent))
    return beside or shutil.which("ruff")


def in_place(paths: Iterable[Path], root: Path) -> None:
    """Format the new files of a project, if it has settings for ruff and ruff is there.

    They are written before: the rules for docstrings look at the packages that a file is in.
    """
    ruff = program() if is_wanted(root) else None
    if ruff is None:
        return
    for path in paths:
        made = text(path.read_text("utf-8"), path, ruff, root)
        placing.place(path, made.encode(), path.stat().st_mode & 0o777)


def moved(content: bytes, path: Path, root: Path) -> bytes:
    """Return a file that stood elsewhere, with the layout of its new place, and without a needless `noqa`.

    It is returned as it is if the project has no settings for ruff, or ruff is not there.
    """
    ruff = program() if is_wanted(root) else None
    if ruff is None:
        return content
    before = content.decode("utf-8")
    fixed = _run(ruff, ["check", "--fix-only", "--quiet", "--fixable", f"I,{_NEEDLESS}"], before, path, root) or before
    return (_run(ruff, ["format", "--quiet"], fixed, path, root) or fixed).encode()


def text(written: str, path: Path, ruff: str, root: Path) -> str:
    """Return the text of a file that is to be written, with the layout and the `noqa` that the project's rules ask for.

    A text that ruff cannot format is returned as it is.
    """
    sorted_ = _with_sorted_imports(_ALL.sub("", written), path, ruff, root)
    laid_out = _run(ruff, ["format", "--quiet"], sorted_, path, root) or sorted_
    codes = {code for code, _ in _complaints(ruff, laid_out, path, root)}
    needless = [said for code, said in _complaints(ruff, _excused(laid_out, codes), path, root) if code == _NEEDLESS]
    kept = codes - {word for said in needless for word in _CODE.findall(said)}
    left = {code for code, _ in _complaints(ruff, _excused(laid_out, kept), path, root)}  # needless, and not so
    return _excused(laid_out, kept | left | {_NEEDLESS} if left else kept)


def _with_sorted_imports(written: str, path: Path, ruff: str, root: Path) -> str:
    """Return a text with its imports in order, but for those in upstream's bodies, which stay as they are."""
    kept = written.replace("# fmt: off\n", f"# fmt: off\n{_UNSORTED}").replace("# fmt: on\n", f"{_SORTED}# fmt: on\n")
    found = _run(ruff, ["check", "--fix-only", "--quiet", "--select", "I"], kept, path, root) or kept
    return found.replace(_UNSORTED, "").replace(_SORTED, "")


def _excused(written: str, codes: Iterable[str]) -> str:
    """Return a text that says which rules it does not keep."""
    listed = ", ".join(sorted({*codes}))
    return _PLACE.sub(rf"\g<0># ruff: noqa: {listed}\n", written, count=1) if listed else written


def _complaints(ruff: str, written: str, path: Path, root: Path) -> list[tuple[str, str]]:
    """Return the code and the message of each rule that a text does not keep."""
    said = _run(ruff, ["check", "--quiet", "--exit-zero", "--output-format", "json"], written, path, root)
    return [(str(one["code"]), str(one["message"])) for one in json.loads(said or "[]") if one["code"]]


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
