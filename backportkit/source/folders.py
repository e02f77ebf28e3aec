"""Walk folders for files, and tell which modules Python files are."""

from __future__ import annotations

import os
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


INSTALLED = frozenset({"site-packages", "dist-packages"})
_ENVIRONMENT = "pyvenv.cfg"


def files_below(top: Path, is_searched: Callable[[Path], bool], is_wanted: Callable[[str], bool]) -> Iterator[Path]:
    """Yield the files below a folder whose names are wanted, in order, from all folders that are to be searched."""
    for place, folders, files in os.walk(top):
        folders[:] = sorted(name for name in folders if is_searched(Path(place, name)))
        paths = (Path(place, name) for name in sorted(files) if is_wanted(name))
        yield from filter(Path.is_file, paths)  # no pipe: reading one waits for its writer


def is_apart(folder: Path) -> bool:
    """Tell whether a folder is hidden, or is an environment."""
    return folder.name.startswith(".") or (folder / _ENVIRONMENT).exists()


def is_of_others(folder: Path) -> bool:
    """Tell whether a folder is an environment, or has what is installed there."""
    return folder.name in INSTALLED or (folder / _ENVIRONMENT).exists()


def is_own(path: Path, project: Path) -> bool:
    """Tell whether a file is a project's own: it is below its folder, and not in an environment within."""
    if not path.is_relative_to(project):
        return False
    return not any(is_of_others(folder) for folder in takewhile(project.__ne__, path.parents))


def is_package(folder: Path) -> bool:
    """Tell whether a folder is a package, other than a namespace package."""
    return folder.name.isidentifier() and (folder / "__init__.py").is_file()


def module_in(path: Path) -> tuple[Path, str]:
    """Return the folder to import a file from, and the file's name as a module there."""
    names = [] if path.stem == "__init__" else [path.stem]
    folder = path.parent
    while is_package(folder):
        names.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(names)


def beside(path: Path) -> list[str]:
    """Return the paths of what lies in the folder that a path leads to; none if there is no such folder."""
    try:
        return [str(one) for one in path.parent.iterdir()]
    except (OSError, ValueError):  # it is too long, or has a null byte in it
        return []
