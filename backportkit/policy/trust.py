"""Read a policy only if nobody else can have written it."""

from __future__ import annotations

import os
import stat

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def read(path: str) -> tuple[bytes, str]:
    """Return the content of a file, and why it is not to be believed; empty if it is.

    It is not if its owner is neither root nor the user of this process, or if others may write to it. On Windows, where
    a file has no such mode, every file is believed. Raises OSError if it cannot be read.
    """
    # A pipe must not make a start wait for its writer.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        reason = _why_distrusted(os.fstat(descriptor))
        return file.read() if stat.S_ISREG(os.fstat(descriptor).st_mode) else b"", reason


def _why_distrusted(found: os.stat_result) -> str:
    if not stat.S_ISREG(found.st_mode):
        return "is no regular file"
    if os.name == "nt":
        return ""
    if found.st_uid not in {0, os.geteuid()}:
        return f"belongs to the user {found.st_uid}, who is neither root nor the user of this process, {os.geteuid()}"
    return "can be written by others than its owner" if found.st_mode & _OTHERS else ""
