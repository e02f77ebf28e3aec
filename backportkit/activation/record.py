"""Keep backportkit's RECORD, the list by which it is uninstalled, and tell which of the files in it have changed.

Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit.activation import executed, placing
from backportkit.declaration import metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_COLUMNS = 3  # path, hash, size


def find(folder: Path) -> Path | None:
    """Return the RECORD in a folder of packages.

    Returns None if backportkit is not installed there, or by something that keeps no such list.
    """
    paths = (Path(found.path) / "RECORD" for found in metadata.copies("backportkit"))
    return next((path for path in paths if path.is_file() and path.parent.parent.samefile(folder)), None)


def list_files(folder: Path, files: Iterable[Path], ours: Iterable[Path]) -> None:
    """List these files, and no others of `ours`, with their hashes and sizes. The times of folders stay the same."""
    path = find(folder)
    if path is None:
        return
    names = {one.name for one in ours}
    rows = [row for row in _rows(path) if row[0] not in names]
    rows += [[one.name, _hash(content := one.read_bytes()), str(len(content))] for one in files]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    with placing.keeping_time(path.parent):
        placing.place(path, text.getvalue().encode(), stat.S_IMODE(path.stat().st_mode))


def changed(folder: Path, ours: Iterable[Path]) -> dict[Path, str]:
    """Return the listed files that are not as the list says, and those of `ours` that are not listed; each with why."""
    path = find(folder)
    if path is None:
        return {}
    try:
        rows = _rows(path)
    except (ValueError, csv.Error) as error:
        return {path: f"cannot be read: {error}"}
    listed = {row[0] for row in rows}
    missing = {one: f"is not listed in {path}" for one in ours if one.name not in listed}
    files = (Path(os.path.normpath(folder / name)) for name in listed)  # a script is at ../../../bin/NAME
    code = executed.suspicious(folder, files)
    return missing | dict(code) | dict(_unlike(folder, path, rows))


def _rows(path: Path) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(path.read_text("utf-8"), newline="")) if row]


def _unlike(folder: Path, record: Path, rows: list[list[str]]) -> Iterator[tuple[Path, str]]:
    for row in rows:
        if len(row) != _COLUMNS:
            yield record, f"has a line that is no entry: {','.join(row)}"
            continue
        file = folder / row[0]
        why = _why_unlike(file, *row[1:])
        if why is not None:
            yield file, why


def _why_unlike(file: Path, digest: str, size: str) -> str | None:
    """Return why a file is not as an entry says; None if it is. Bytecode is listed without a hash, and may go."""
    if not file.is_file():
        return None if file.suffix == ".pyc" and not digest else "is missing"
    if not digest:
        return None
    content = file.read_bytes()
    is_same = digest == _hash(content) and size in {"", str(len(content))}
    return None if is_same else "is not what RECORD says"


def _hash(content: bytes) -> str:
    return f"sha256={base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip('=')}"
