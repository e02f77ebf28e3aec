"""Write down which releases have the bug, as requirements."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.version import Version

    from backportkit.authoring.releases.spans import Fix

_LEAST = 2  # numbers of a version that stay, also if they are zeros


def requirements(package: str, fix: Fix) -> list[str]:
    """Return a requirement for each run of releases with the bug that follow each other."""
    return [f"{package}>={short(first)}" + (f",<{short(after)}" if after else "") for first, after in _runs(fix)]


def is_open(fix: Fix) -> bool:
    """Tell whether the newest release has the bug."""
    return any(after is None for _, after in _runs(fix))


def _runs(fix: Fix) -> Iterator[tuple[Version, Version | None]]:
    """Yield the first release of each run, and the one after its last; None if there is none."""
    known = {*fix.broken}
    for place in fix.broken:
        if place - 1 not in known:
            end = next(one for one in range(place, len(fix.rows) + 1) if one not in known)
            after = fix.rows[end] if end < len(fix.rows) else None
            yield fix.rows[place].version, after.version if after is not None and after.is_released else None


def short(version: Version) -> str:
    """Return a version without the zeros at its end: 2.5 for 2.5.0."""
    numbers = [*version.release]
    while len(numbers) > _LEAST and not numbers[-1]:
        numbers.pop()
    short = ".".join(map(str, numbers))
    return short if str(version) == ".".join(map(str, version.release)) else str(version)
