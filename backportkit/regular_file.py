"""Read a file that somebody else may have written: a regular one, and none that is too large."""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

LARGEST = 64 << 20  # bytes


class UnfitError(OSError):
    """A file that cannot be a document, whatever is in it."""


def read(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a file.

    Raises OSError; UnfitError, which is one, if it is no regular file, such as a pipe or a device, which would be
    waited for or never end, and if it is larger than 64 MiB.
    """
    with opened(path) as file:
        return checked(file.read(LARGEST + 1))


def opened(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a file to be read. Raises OSError; UnfitError, which is one, if it is no regular file."""
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 -- whoever asks for it closes it
    try:
        check(file.fileno())
    except UnfitError:
        file.close()
        raise
    return file


def check(descriptor: int) -> None:
    """Raise UnfitError if what is open is no regular file."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise UnfitError("it is no regular file")


def checked(content: bytes) -> bytes:
    """Return a content that was read up to one byte beyond the limit. Raises UnfitError if it is larger."""
    if len(content) > LARGEST:
        raise UnfitError(f"it is larger than {LARGEST >> 20} MiB")
    return content


def _without_waiting(path: str, flags: int) -> int:
    """Open a path as `open` does, but do not wait for the writer of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
