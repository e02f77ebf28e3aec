"""Find the releases that have the bug by the ranges that an advisory names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from backportkit.authoring.spans import Fix, NothingToWriteError
from backportkit.upstream.uv import checked_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.authoring.spans import Row


def find(rows: Sequence[Row], ranges: Sequence[str]) -> Fix:
    """Return the fix that ends these ranges. Raises NothingToWriteError if no release after one has another body."""
    broken: set[int] = set()
    fixed = []
    for text in ranges:
        inside = [place for place, row in enumerate(rows) if _range(text).contains(row.version, prereleases=True)]
        inside = [place for place in inside if rows[place].is_whole and rows[place].is_released]
        broken.update(inside)
        after = inside[-1] + 1 if inside else len(rows)
        if after < len(rows) and rows[after].is_whole and rows[after].bodies != rows[after - 1].bodies:
            fixed.append(after)
    fixed = [place for place in fixed if place not in broken]
    if not fixed:
        raise NothingToWriteError(
            f"no release after {', '.join(ranges)} has another body",
            next_step="name the release with the fix by --fixed-in, or what else the fix has changed",
        )
    return Fix(rows, tuple(sorted(broken)), tuple(sorted(fixed)))


def narrowed(ranges: Sequence[str], since: str | None, versions: Sequence[Version]) -> tuple[str, ...]:
    """Return ranges without the versions that are older than `since`, of those that have one that is not.

    Raises NothingToWriteError if none is left.
    """
    if since is None or not ranges:
        return tuple(ranges)
    oldest = checked_version(since)
    newer = [one for one in versions if one >= oldest]
    left = [text for text in ranges if any(_range(text).contains(one, prereleases=True) for one in newer)]
    if not left:
        raise NothingToWriteError(
            f"no release in {', '.join(ranges)} is {oldest} or newer", next_step="name an older one by --since"
        )
    return tuple(_from(_range(text), oldest) for text in left)


def _from(specifiers: SpecifierSet, oldest: Version) -> str:
    """Return a range that begins with a version, or where it did if that is newer."""
    firsts = [Version(one.version) for one in specifiers if one.operator == ">="]
    ends = [str(one) for one in specifiers if one.operator != ">="]
    return ",".join([f">={max([oldest, *firsts])}", *ends])


def reached(ranges: Sequence[str], fix: Fix) -> list[str]:
    """Return those of the ranges that have a release with the bug which the patch is for."""
    versions = [fix.rows[place].version for place in fix.broken]
    return [text for text in ranges if any(_range(text).contains(one, prereleases=True) for one in versions)]


def _range(text: str) -> SpecifierSet:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier as error:
        raise NothingToWriteError(f"{text!r} is no range", expected="one such as '>=2.0,<2.0.7'") from error
