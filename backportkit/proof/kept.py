"""Find the proof of a patch that `backportkit prove --output` has written into a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import regular_file
from backportkit.proof.record import Matrix
from backportkit.source import folders

if TYPE_CHECKING:
    from pathlib import Path

_ELSEWHERE = frozenset({"build", "dist", "node_modules", "site-packages"})


def find(patch_id: str, folder: Path) -> tuple[Path, Matrix] | None:
    """Return the newest file that proves a patch, and its content; None if there is none."""
    files = folders.files_below(folder, _is_searched, f"{patch_id}.json".__eq__)
    found = [(path, matrix) for path in files if (matrix := read(path)) is not None]
    about = [(path, matrix) for path, matrix in found if matrix.patch == patch_id]
    return max(about, key=lambda one: one[0].stat().st_mtime_ns, default=None)


def _is_searched(folder: Path) -> bool:
    return not (folder.name in _ELSEWHERE or folders.is_apart(folder))


def read(path: Path) -> Matrix | None:
    """Return the proof in a file; None if it is no proof, or of another release."""
    try:
        return Matrix.model_validate_json(regular_file.read(path))
    except (OSError, ValueError, RecursionError):  # it is another file of that name, or written by another release
        return None
