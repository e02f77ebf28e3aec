"""Show what changed between two releases, and have the user pick what of it becomes a patch."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from backportkit.authoring.asked import difference as differences
from backportkit.authoring.asked.changed import How, named
from backportkit.authoring.asked.files import UnusableError
from backportkit.cli import tables
from backportkit.cli.printing import complain, escape, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.authoring.asked.changed import Change
    from backportkit.authoring.asked.difference import Difference

_COLUMNS = ("", "change", "lines", "kind", "what")


def pick(difference: Difference, only: Sequence[str]) -> list[Change]:
    """Return the changes that are named; without names, those that the user picks from a list on a terminal.

    Elsewhere the list is printed, and UnusableError says how to choose.
    """
    if only:
        return differences.choose(difference, only)
    _show(difference)
    if not difference.choosable:
        return []
    chosen = _asked(difference) if sys.stdin.isatty() and sys.stdout.isatty() else []
    if not chosen:
        raise UnusableError(
            "nothing was chosen, and nothing is written",
            next_step="name what the fix is by --only, a number of the list or a name, once or several times",
        )
    return chosen


def words(text: str) -> list[str]:
    """Return the numbers and names in an answer, be there spaces or commas between them."""
    return text.replace(",", " ").split()


def _show(difference: Difference) -> None:
    numbers = {id(one): str(at) for at, one in enumerate(difference.choosable, 1)}
    tables.show_lines(_COLUMNS, [_row(one, numbers.get(id(one), "")) for one in difference.changes], cut=[])
    for note in difference.notes:
        say(note)


def _row(change: Change, number: str) -> tuple[str, ...]:
    added, removed = change.counts
    moved = f" to {named(change.after.place)}" if change.how is How.MOVED and change.after else ""
    lines = "" if moved else f"+{added} -{removed}"
    slightly = " (annotations or the order of imports alone)" if change.is_slight and not moved else ""
    what = f"{change.name}{moved}{slightly}"
    return tuple(map(escape, (number, change.how.value, lines, change.item.kind.value, what)))


def _asked(difference: Difference) -> list[Change]:
    """Ask for numbers of the list or names, until all of them are right. Nothing is an answer, too, and so is `q`."""
    while True:
        answer = words(input("which of them are the fix? numbers or names, nothing or q to write nothing: "))
        try:
            return [] if answer == ["q"] else differences.choose(difference, answer)
        except UnusableError as error:
            error.next_step = "give numbers or names of the list"
            complain(str(error))
