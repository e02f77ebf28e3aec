"""Write a file aside and move it into place: nobody sees half of it, and its mode does not depend on the umask."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def place(path: Path, content: bytes, mode: int) -> None:
    """Put a file with this content and these permissions at a path, in the place of what is there.

    A link at the path is replaced and not followed. If the file cannot be put there, raises an OSError that names the
    path, and leaves what was there.
    """
    try:
        if path.is_dir() and not path.is_symlink():  # which os.replace calls busy, or says nothing of
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        _write_aside(path, content, mode)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _write_aside(path: Path, content: bytes, mode: int) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, mode)  # noqa: PTH101 -- mkstemp names its file by a text
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        raise


@contextmanager
def keeping_time(folder: Path) -> Iterator[None]:
    """Give a folder the time of its last change back after the block.

    A manifest has these times as stamps, and moving it and RECORD into place changes them. Raises OSError if the folder
    is not the user's own.
    """
    before = folder.stat()
    yield
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
