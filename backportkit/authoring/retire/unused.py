"""Tell what nothing uses any more once some units of a project are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.retire.units import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from backportkit.authoring.retire.tree import Tree
    from backportkit.authoring.retire.units import Unit

_REMOVABLE = frozenset({Kind.IMPORT, Kind.DEFINITION})
_SILENT = frozenset({Kind.DOCSTRING, Kind.FUTURE, Kind.CONDITION})


class Question(NamedTuple):
    """A question for what is unused.

    Attributes:
        tree: The project.
        gone: The units that are removed in any case.
        named: The units that they name as their own, for which being listed in `__all__` is no use.
        used: The dotted names that are used by others than Python files.
        is_kept: Tells of a unit whether it stays although nothing in the project uses it.
    """

    tree: Tree
    gone: Collection[Unit]
    named: Collection[Unit]
    used: Collection[str]
    is_kept: Callable[[Unit], bool]


def find(asked: Question) -> set[Unit]:
    """Return the units that were used by those that are gone, and by nothing else."""
    reached = _reached(asked)
    return reached - _live(asked, reached)


def _reached(asked: Question) -> set[Unit]:
    """Return the units that those that are gone use, directly or by way of others."""
    found = {*asked.named} - {*asked.gone}
    left = [*asked.gone, *found]
    while left:
        unit = left.pop()
        meant = [one for user in (unit, *conditions(unit)) for one in asked.tree.meant_by(user)]
        new = {one for one in meant if one.kind in _REMOVABLE and not asked.is_kept(one)} - found - {*asked.gone}
        found |= new
        left += new
    return found


def _live(asked: Question, reached: set[Unit]) -> set[Unit]:
    """Return those of the units that something else uses."""
    live: set[Unit] = set()
    left = [one for name in asked.used for one in asked.tree.named(name) if one in reached]
    for root in _roots(asked, reached):
        listed = asked.named if root.kind is Kind.EXPORTS else ()
        left += [one for one in asked.tree.meant_by(root) if one in reached and one not in listed]
    while left:
        unit = left.pop()
        if unit not in live:
            live.add(unit)
            users = (unit, *conditions(unit))
            left += [one for user in users for one in asked.tree.meant_by(user) if one in reached]
    return live


def _roots(asked: Question, reached: set[Unit]) -> Iterator[Unit]:
    """Yield the units that stay, of the files in which one of those that are reached may be used."""
    files = {one.file.path: one.file for one in (*reached, *asked.gone)}
    words = {file.module.rpartition(".")[2] for file in files.values()}
    files |= {file.path: file for file in asked.tree.mentioning(words)}
    for unit in [one for file in files.values() for one in file.units]:
        if not (unit in reached or unit in asked.gone or unit.kind in _SILENT):
            yield unit
            yield from conditions(unit)


def conditions(unit: Unit) -> Iterator[Unit]:
    """Yield the conditions that a unit stands under."""
    outer = unit.parent
    while outer is not None:
        yield outer
        outer = outer.parent
