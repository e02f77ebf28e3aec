"""Find the releases that have the bug by the ranges that an advisory names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from backportkit.authoring.releases.spans import Fix, NothingToWriteError, row_of
from backportkit.upstream.uv import checked_version

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from backportkit.authoring.releases.spans import Asked, Row


def find(rows: Sequence[Row], ranges: Sequence[str], asked: Asked) -> Fix:
    """Return the fix that ends these ranges. Its bodies are of the release that is named, or of the project's branch.

    Raises NothingToWriteError if no release after one of them has another body.
    """
    branches = [inside for text in ranges if (inside := _inside(rows, text))]
    broken = {place for inside in branches for place in inside}
    ends = {inside[-1]: _end(rows, inside) for inside in branches}
    fixed = sorted({end for end in ends.values() if end is not None and end not in broken})
    if asked.fixed_in is not None:
        last, at = _named(rows, ranges, broken, asked.fixed_in)
        others = [one for one in fixed if one not in {ends[last], at}]
    elif fixed:
        at = next((one for one in fixed if asked.newest is not None and rows[one].version > asked.newest), fixed[-1])
        others = [one for one in fixed if one != at]
    else:
        raise _without_change(ranges)
    return Fix(rows, tuple(sorted(broken)), (*others, at))


def _inside(rows: Sequence[Row], text: str) -> list[int]:
    """Return the places of the rows in a range that can be compared."""
    inside = [place for place, row in enumerate(rows) if _range(text).contains(row.version, prereleases=True)]
    return [place for place in inside if rows[place].is_whole and rows[place].is_released]


def _end(rows: Sequence[Row], inside: Sequence[int]) -> int | None:
    """Return the place of the row after a range, if it has another body; else None."""
    after = inside[-1] + 1
    return after if after < len(rows) and _is_other(rows, inside[-1], after) else None


def _is_other(rows: Sequence[Row], before: int, after: int) -> bool:
    return rows[after].is_whole and rows[after].bodies != rows[before].bodies


def _named(rows: Sequence[Row], ranges: Sequence[str], broken: AbstractSet[int], version: str) -> tuple[int, int]:
    """Return the places of the last row with the bug before a release, and of that release.

    Raises NothingToWriteError if it does not end a range.
    """
    at = rows.index(row_of(rows, version))
    last = max((place for place in broken if place < at), default=None)
    if at in broken or last is None or not _is_other(rows, last, at):
        raise NothingToWriteError(
            f"{version} is no release with the fix of {', '.join(ranges)}",
            found="it has the bug, as the advisory says" if at in broken else "it has no other body than before",
            next_step="name another one by --fixed-in, or what else the fix has changed",
        )
    return last, at


def _without_change(ranges: Sequence[str]) -> NothingToWriteError:
    return NothingToWriteError(
        f"no release after {', '.join(ranges)} has another body",
        next_step="name the release with the fix by --fixed-in, or what else the fix has changed",
    )


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
