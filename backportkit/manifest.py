"""Write a manifest, and read the judgements behind its head.

A start reads the head alone (`bootstrap.read`). Head and judgements have a checksum each, so that damage is noticed.
"""

from __future__ import annotations

import os

from backportkit import bootstrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def content(head: Sequence[str], judged: Iterable[str]) -> bytes:
    """Return the content of a manifest: the lines of its head, as `bootstrap.Head` reads them, and those behind it."""
    rest = _encoded("\n".join(judged))
    lines = [bootstrap.environment(), bootstrap.checksum(rest), *head]
    first = _encoded("\n".join(lines))
    return bootstrap.first_line(first) + first + rest


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def judged(head: bootstrap.Head) -> list[str]:
    """Return the lines behind the head.

    Raises OSError, or ValueError if somebody else may write them, if they are damaged or if they are those of another
    head.
    """
    with open(head.path, "rb") as file:  # noqa: PTH123 -- a start has no pathlib
        bootstrap.check_writers(file.fileno())
        file.seek(head.end)
        rest = file.read()
    if bootstrap.checksum(rest) != head.judged:
        raise ValueError("is damaged")
    return rest.decode("utf-8", "surrogateescape").splitlines()


def stamp_of_file(path: str) -> str:
    """Return when a file was changed last, in nanoseconds, and its size in bytes; an empty text if it is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return ""
    return f"{found.st_mtime_ns} {found.st_size}"


def is_unchanged(path: str, stamp: str) -> bool:
    """Tell whether a file is still as it was when `stamp_of_file` gave this stamp."""
    (time, _, size), (time_now, _, size_now) = stamp.partition(" "), stamp_of_file(path).partition(" ")
    return size == size_now and bootstrap.is_same(time, time_now)
