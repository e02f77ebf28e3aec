"""Read a file that somebody else may have written: a regular one, and none that is too large."""

from __future__ import annotations

import os
import stat

LARGEST = 64 << 20  # bytes


class UnfitError(OSError):
    """A file that cannot be a document, whatever is in it."""


def read(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a file.

    Raises OSError; UnfitError, which is one, if it is no regular file, such as a pipe or a device, which would be
    waited for or never end, and if it is larger than 64 MiB.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise UnfitError("it is no regular file")
        return checked(file.read(LARGEST + 1))


def checked(content: bytes) -> bytes:
    """Return a content that was read up to one byte beyond the limit. Raises UnfitError if it is larger."""
    if len(content) > LARGEST:
        raise UnfitError(f"it is larger than {LARGEST >> 20} MiB")
    return content


def _without_waiting(path: str, flags: int) -> int:
    """Open a path as `open` does, but do not wait for the writer of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
