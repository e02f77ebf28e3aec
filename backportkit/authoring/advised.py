"""Find the releases that have the bug by the ranges that an advisory names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from backportkit.authoring.spans import Fix, NothingToWriteError

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


def reached(ranges: Sequence[str], fix: Fix) -> list[str]:
    """Return those of the ranges that have a release with the bug which the patch is for."""
    versions = [fix.rows[place].version for place in fix.broken]
    return [text for text in ranges if any(_range(text).contains(one, prereleases=True) for one in versions)]


def _range(text: str) -> SpecifierSet:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier as error:
        raise NothingToWriteError(f"{text!r} is no range", expected="one such as '>=2.0,<2.0.7'") from error
