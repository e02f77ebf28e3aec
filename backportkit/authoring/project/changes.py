"""Write what belongs to a project: all of it, or nothing."""

from __future__ import annotations

import shutil
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from backportkit.activation import placing
from backportkit.authoring.project.pyproject import ProjectError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    Undo = list[Callable[[], object]]


class Changes(NamedTuple):
    """The files to write, by path: those that are new, and those that get another content; and those to delete."""

    new: Mapping[Path, bytes]
    changed: Mapping[Path, bytes]
    gone: Sequence[Path] = ()

    @property
    def touched(self) -> list[Path]:
        """The files that are there and do not stay as they are."""
        return [*self.changed, *self.gone]


def write(changes: Changes) -> None:
    """Write and delete all files, or none. Raises ProjectError.

    What is there is replaced at once: whoever reads it sees the old content or the new one. Links are followed.
    """
    undo: Undo = []
    try:
        for path, content in changes.new.items():
            _make(path, content, undo)
        for path, content in changes.changed.items():
            _replace(path.resolve(), content, undo)
        for path in changes.gone:
            _delete(path, undo)
    except BaseException as error:
        for step in reversed(undo):
            with suppress(OSError):
                step()
        if not isinstance(error, OSError):
            raise
        raise ProjectError(
            f"the project cannot be written: {error}", next_step="nothing is changed; mend that"
        ) from error
    _remove_empty({path.parent for path in changes.gone})


def _make(path: Path, content: bytes, undo: Undo) -> None:
    for folder in [one for one in reversed(path.parents) if not one.exists()]:
        folder.mkdir()
        undo.append(folder.rmdir)
    with path.open("xb") as file:
        undo.append(path.unlink)
        file.write(content)


def _replace(path: Path, content: bytes, undo: Undo) -> None:
    mode = path.stat().st_mode & 0o777
    undo.append(partial(placing.place, path, path.read_bytes(), mode))
    placing.place(path, content, mode)


def _delete(path: Path, undo: Undo) -> None:
    undo.append(partial(placing.place, path, path.read_bytes(), path.stat().st_mode & 0o777))
    path.unlink()


def _remove_empty(folders: Iterable[Path]) -> None:
    """Remove folders in which nothing is left but what Python has compiled, and those around them."""
    for folder in folders:
        for place in (folder, *folder.parents):
            if not place.is_dir() or {one.name for one in place.iterdir()} - {"__pycache__"}:
                break
            shutil.rmtree(place, ignore_errors=True)
