"""Find the proof of a patch that `backportkit prove --output` has written into a project."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit.proof.record import Matrix

if TYPE_CHECKING:
    from collections.abc import Iterator

_ELSEWHERE = frozenset({"build", "dist", "node_modules", "site-packages"})


def find(patch_id: str, folder: Path) -> tuple[Path, Matrix] | None:
    """Return the newest file that proves a patch, and its content; None if there is none."""
    found = [(path, matrix) for path in _files(f"{patch_id}.json", folder) if (matrix := _read(path)) is not None]
    about = [(path, matrix) for path, matrix in found if matrix.patch == patch_id]
    return max(about, key=lambda one: one[0].stat().st_mtime_ns, default=None)


def _files(name: str, folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if not _is_apart(Path(parent, one)))
        if name in files:
            yield Path(parent, name)


def _is_apart(folder: Path) -> bool:
    """Tell whether a folder is hidden, an environment, or has built or installed files."""
    return folder.name.startswith(".") or folder.name in _ELSEWHERE or (folder / "pyvenv.cfg").exists()


def _read(path: Path) -> Matrix | None:
    try:
        return Matrix.model_validate_json(path.read_bytes())
    except (OSError, ValueError, RecursionError):  # it is another file of that name, or written by another release
        return None
