"""Take out of a project's notices what is said of code that is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

_NAMES = ("NOTICE*", "THIRD*PARTY*", "LICENSES/*", "LICENSE*", "COPYING*")


def without(root: Path, gone: Collection[Path]) -> Iterator[tuple[Path, bytes]]:
    """Yield the notices of a project, each without the sections about files and folders that are gone.

    A section begins with a line that has the path first, and a colon after it.
    """
    deleted = {one.relative_to(root).as_posix() for one in [*gone, *_folders(gone)]}
    for path in dict.fromkeys(path for name in _NAMES for path in sorted(root.glob(name)) if path.is_file()):
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        made = "".join(_kept(text.splitlines(keepends=True), root, deleted))
        if made != text:
            end = text[len(text.rstrip()) :]
            yield path, f"{made.rstrip()}{end}".encode("utf-8", "surrogateescape")


def _folders(gone: Collection[Path]) -> Iterator[Path]:
    """Yield the folders of which nothing is left."""
    for folder in {path.parent for path in gone}:
        inner = [one for one in folder.rglob("*") if one.is_file() and one.suffix != ".pyc"]
        if inner and all(one in gone for one in inner):
            yield folder


def _kept(lines: list[str], root: Path, deleted: Collection[str]) -> Iterator[str]:
    is_gone = False
    for line in lines:
        name, colon, _ = line.partition(":")
        if colon and "/" in name and _is_path(root, name):
            is_gone = name.rstrip("/") in deleted
        if not is_gone:
            yield line


def _is_path(root: Path, name: str) -> bool:
    return " " not in name and (root / name).exists()
