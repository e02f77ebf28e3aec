"""Write a manifest, and read what stands behind its head: what was judged of the patches of each provider.

A start reads the head alone (`bootstrap.read`). Each of the two has a checksum, so that damage is noticed.
"""

from __future__ import annotations

import os

from backportkit import bootstrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def content(head: Sequence[str], judged: Iterable[str]) -> bytes:
    """The content of a manifest: the lines of its head, as `bootstrap.Head` reads them, and those behind."""
    rest = _encoded("\n".join(judged))
    lines = [bootstrap.environment(), bootstrap.checksum(rest), *head]
    first = _encoded("\n".join(lines))
    return bootstrap.first_line(first) + first + rest


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def judged(head: bootstrap.Head) -> list[str]:
    """The lines behind the head. Raises OSError, or ValueError if they are damaged or not those of that head."""
    with open(head.path, "rb") as file:  # noqa: PTH123 -- a start has no pathlib
        file.seek(head.end)
        rest = file.read()
    if bootstrap.checksum(rest) != head.judged:
        raise ValueError("is damaged")
    return rest.decode("utf-8", "surrogateescape").splitlines()


def stamp_of_file(path: str) -> str:
    """When a file was changed last, in nanoseconds, and its size in bytes; empty if it is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return ""
    return f"{found.st_mtime_ns} {found.st_size}"


def is_unchanged(path: str, stamp: str) -> bool:
    """Tell whether a file is the one that `stamp_of_file` has given a stamp for."""
    (time, _, size), (time_now, _, size_now) = stamp.partition(" "), stamp_of_file(path).partition(" ")
    return size == size_now and bootstrap.is_same(time, time_now)
