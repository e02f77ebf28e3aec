"""Choose which releases are read where two are named: those near them, and more while the outermost have the bug."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring.releases import lineage
from backportkit.authoring.releases.spans import NothingToWriteError
from backportkit.upstream.uv import checked_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.authoring.new.draft import History
    from backportkit.upstream.index import Release

_LEAST = 2  # release lines beyond those of the two releases, on either side


def narrowed(history: History) -> History:
    """Return a history of the releases that matter, which are read thereby; of all, where no two are named.

    The outermost release lines of it have none of the bodies with the bug.
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
    """Tell whether no release of the first and the last line that was read has the bug, and none of the first the fix.

    With the fix, the first one is of another branch that was fixed.
    """
    try:
        fix = history.find(history.wanted.targets)
    except NothingToWriteError:
        return False
    own = [body.identity for body in fix.source.bodies]
    fixed = {lineage.line_of(row.version) for row in fix.rows if [body.identity for body in row.bodies] == own}
    broken = {lineage.line_of(fix.rows[place].version) for place in (*fix.broken, *fix.beyond)}
    first, last = (history.releases[place] for place in (0, -1))
    is_first_other = first is every[0] or lineage.line_of(first.version) not in broken | fixed
    return is_first_other and (last is every[-1] or lineage.line_of(last.version) not in broken)


def notes(history: History, every: Sequence[Release]) -> Iterator[str]:
    """Say which releases were read, where others were not."""
    if len(history.releases) < len(every):
        first, last = (history.releases[place].version for place in (0, -1))
        number = f"{len(history.releases)} releases of {len(every)}"
        yield f"{first} to {last} were read, {number}: a target in place of the two releases has all read"
