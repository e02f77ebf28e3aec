"""Tell which releases come after a fix, and which are of a branch that lacks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from packaging.version import Version

    from backportkit.authoring.releases.spans import Row

_LINE = 2  # numbers of a version that its release line has: 1.26 of 1.26.18


def with_fix(rows: Sequence[Row], fixed: AbstractSet[int], broken: AbstractSet[int]) -> set[int]:
    """Return the places of the rows with the fix, and of those that come after one of them.

    Rows with the bug that come after a fix have another body than it: the fix was taken back, or made elsewhere.
    Where it is made once more after them, in the same lines, they have the bug again.
    """
    lineage = _Lineage(rows)
    found: set[int] = set()
    for place in range(len(rows)):
        is_again = place in broken and any(lineage.follows(place, one) for one in fixed)
        if place in fixed or (lineage.before(place) in found and not is_again):
            found.add(place)
    return found


class _Lineage:
    """The order in which releases were made from each other: by their release lines, and by the days of these."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._lines = [line_of(row.version) for row in rows]
        self._dates = [row.release.date for row in rows]
        self._begun: dict[tuple[int, ...], datetime] = {}
        for line, date in zip(self._lines, self._dates, strict=True):
            if date is not None:
                self._begun[line] = min(date, self._begun.get(line, date))

    def follows(self, one: int, other: int) -> bool:
        """Tell whether the other row was made from the one: it is higher, and of its line or of one that is younger.

        1.26.18 was released after 2.0.0, so that 2.0.1 does not follow it. Without days, the versions alone count.
        """
        date, begun = self._dates[one], self._begun.get(self._lines[other])
        is_younger = self._lines[one] == self._lines[other] or date is None or begun is None or date <= begun
        return one < other and is_younger

    def before(self, place: int) -> int | None:
        """Return the row that this one follows next; None if there is none."""
        return next((one for one in reversed(range(place)) if self.follows(one, place)), None)


def line_of(version: Version) -> tuple[int, ...]:
    """Return the release line of a version."""
    return (version.epoch, *(*version.release, 0)[:_LINE])
