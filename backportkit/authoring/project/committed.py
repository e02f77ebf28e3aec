"""Tell whether git can undo a change: whether the files that it touches are committed as they are."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from backportkit.authoring.project.pyproject import ProjectError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FORCE = "or give --force"


def check(root: Path, paths: Sequence[Path]) -> None:
    """Raise ProjectError unless these files are committed in git as they are."""
    git = shutil.which("git")
    names = [path.relative_to(root).as_posix() for path in paths]
    if git is None or _run(git, root, "rev-parse", "--is-inside-work-tree").strip() != "true":
        raise ProjectError(
            f"{root} is not in git, which would undo the change",
            next_step=f"call the command in a repository where git is on the PATH, {_FORCE}",
        )
    known = _run(git, root, "ls-files", "-z", "--", *names).split("\0")
    changed = [line[3:] for line in _run(git, root, "status", "--porcelain", "-z", "--", *names).split("\0") if line]
    wrong = sorted({*changed, *(name for name in names if name not in known)})
    if wrong:
        raise ProjectError(
            "what is to be changed is not committed, so that git could not undo it",
            found=", ".join(wrong),
            next_step=f"commit or restore it, {_FORCE}",
        )


def _run(git: str, root: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 -- git
        [git, *arguments], cwd=root, capture_output=True, text=True, check=False, encoding="utf-8", errors="replace"
    )
    return done.stdout
