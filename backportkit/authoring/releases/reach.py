"""Leave out of a range the branches of which the project can use no release, unless the user has given their fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring.releases.spans import Fix, NothingToWriteError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.version import Version

    from backportkit.authoring.releases.spans import Row

ALL_THE_SAME = "nothing is to be patched here; --fixed-in VERSION writes the patch all the same"


def within(fix: Fix, allowed: Sequence[Version]) -> Fix:
    """Return the fix of the branches that have a release which the project allows; nothing allowed: of all.

    Raises NothingToWriteError if there are none.
    """
    left = _of(fix, allowed) if allowed else fix.runs
    if not left:
        first, last = fix.rows[fix.broken[0]], fix.rows[fix.broken[-1]]
        raise NothingToWriteError(
            "the project can use no release that has the bug",
            expected=f"one of {span([first, last])}",
            found=span_of(allowed),
            next_step=ALL_THE_SAME,
        )
    return _without_others(fix, left)


def within_or_given(fix: Fix, allowed: Sequence[Version]) -> Fix:
    """Return the fix of the same branches, and of the one that was fixed by the release or the diff which was given."""
    own = fix.rows.index(fix.newest_broken)
    usable = _of(fix, allowed) if allowed else fix.runs
    return _without_others(fix, [run for run in fix.runs if run in usable or own in run])


def _of(fix: Fix, allowed: Sequence[Version]) -> list[list[int]]:
    return [run for run in fix.runs if any(fix.rows[place].version in allowed for place in run)]


def _without_others(fix: Fix, left: Sequence[list[int]]) -> Fix:
    smaller = fix.of_runs(left)
    return smaller._replace(beyond=tuple(place for place in fix.broken if place not in smaller.broken))


def notes(fix: Fix) -> Iterator[str]:
    """Say which branches are left out, and how to take them in."""
    others = fix._replace(broken=fix.beyond)
    if not fix.beyond:
        return
    spans = ", ".join(span([fix.rows[run[0]], fix.rows[run[-1]]]) for run in others.runs)
    ends = [run[-1] + 1 for run in others.runs]
    after = " or ".join(str(fix.rows[end].version) for end in ends if end < len(fix.rows) and fix.rows[end].is_released)
    way = f", and --fixed-in {after} takes it in" if after else ""
    yield f"the bug is in {spans}, too: that is left out, since the project can use none of it{way}"


def span(rows: Sequence[Row]) -> str:
    """Return the first and the last release of rows, in words."""
    return span_of([row.version for row in rows])


def span_of(versions: Sequence[Version]) -> str:
    """Return the first and the last of versions, in words."""
    first, last = versions[0], versions[-1]
    return f"{first} to {last}" if first != last else str(first)
