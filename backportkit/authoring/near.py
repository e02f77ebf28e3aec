"""Choose which releases are read where two are named: those near them, and more while the outermost have the bug."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring import lineage
from backportkit.authoring.spans import NothingToWriteError
from backportkit.upstream.uv import checked_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.authoring.new import History
    from backportkit.upstream.index import Release

_LEAST = 2  # release lines beyond those of the two releases, on either side


def narrowed(history: History) -> History:
    """Return a history of the releases that matter, which are read thereby; of all, where no two are named.

    The outermost release line of it on either side has none of the bodies with the bug.
    """
    wanted = history.wanted
    if wanted.buggy is None or wanted.fixed_in is None or not wanted.is_named or wanted.ranges or wanted.since:
        return history
    lines = list(dict.fromkeys(lineage.line_of(one.version) for one in history.releases))
    named = sorted(lines.index(lineage.line_of(checked_version(one))) for one in (wanted.buggy, wanted.fixed_in))
    reach = _LEAST
    while reach < len(lines):
        kept = lines[max(named[0] - reach, 0) : named[1] + reach + 1]
        some = [one for one in history.releases if lineage.line_of(one.version) in kept]
        found = history._replace(releases=some, unread={}, known={})
        if _is_enough(found, history.releases):
            return found
        reach *= 2
    return history


def _is_enough(history: History, every: Sequence[Release]) -> bool:
    """Tell whether the first and the last release line that was read have none of the bodies with the bug."""
    try:
        fix = history.find(history.wanted.targets)
    except NothingToWriteError:
        return False
    broken = {lineage.line_of(fix.rows[place].version) for place in (*fix.broken, *fix.beyond)}
    ends = [(history.releases[place], every[place]) for place in (0, -1)]
    return all(own is outermost or lineage.line_of(own.version) not in broken for own, outermost in ends)


def notes(history: History, every: Sequence[Release]) -> Iterator[str]:
    """Say which releases were read, where others were not."""
    if len(history.releases) < len(every):
        first, last = (history.releases[place].version for place in (0, -1))
        number = f"{len(history.releases)} releases of {len(every)}"
        yield f"{first} to {last} were read, {number}: a target in place of the two releases has all read"
