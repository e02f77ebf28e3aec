"""Tell which of backportkit's installed files a start executes and nobody should believe.

RECORD says nothing of who may write a file, of files that lie beside those it lists, nor of kept bytecode.
"""

from __future__ import annotations

import importlib.util
import marshal
import os
from typing import TYPE_CHECKING

from backportkit import bootstrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_LEVELS = ("", "1", "2")  # of optimization
_HEAD = 16  # bytes before the code, of which the first are of the release of Python
_SUFFIXES = frozenset({".py", ".pyc", ".so", ".pyd"})
_KEPT = "__pycache__"


def suspicious(folder: Path, listed: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the files and folders of an installation in a folder that are not to be believed, each with why.

    `listed` are the files that RECORD lists.
    """
    files = [path for path in listed if path.is_file()]
    inside = [path for path in files if folder in path.parents]
    folders = {above for path in inside for above in path.parents if above == folder or folder in above.parents}
    for path in (*sorted(folders), *files):
        if why := _why_open(path):
            yield path, why
    yield from _unlisted(folders - {folder}, inside)
    for path in inside:
        if path.suffix == ".py":
            yield from _unlike_source(path)


def _why_open(path: Path) -> str:
    """Say that others may write a file or folder; empty if they may not."""
    if os.name == "nt":  # it has no modes that tell, and opens no folders
        return ""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    try:
        bootstrap.check_writers(handle)
    except ValueError as error:
        return str(error)
    finally:
        os.close(handle)
    return ""


def _unlisted(folders: Iterable[Path], listed: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield what can be imported out of our folders and is not in the list."""
    tops = [one for one in sorted(folders) if one.parent not in folders]
    known = {*listed}
    for path in (one for top in tops for one in sorted(top.rglob("*"))):
        if path.suffix in _SUFFIXES and path.parent.name != _KEPT and path not in known:
            yield path, "is not listed in RECORD"


def _unlike_source(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files of bytecode that Python would execute for a source, and that are not made of it."""
    for level in _LEVELS:
        kept = path.__class__(importlib.util.cache_from_source(str(path), optimization=level))
        if kept.is_file() and not _is_made_of(kept, path, int(level or 0)):
            yield kept, f"is not the bytecode of {path}"


def _is_made_of(kept: Path, source: Path, level: int) -> bool:
    content = kept.read_bytes()
    if content[: len(importlib.util.MAGIC_NUMBER)] != importlib.util.MAGIC_NUMBER:
        return True  # of another release: Python writes it anew
    try:
        found = marshal.loads(content[_HEAD:])  # noqa: S302 -- each start executes it
        expected = compile(source.read_bytes(), str(source), "exec", dont_inherit=True, optimize=level)
    except (EOFError, TypeError, ValueError, SyntaxError):
        return False
    return bool(found == expected)
