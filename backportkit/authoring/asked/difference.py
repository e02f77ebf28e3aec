"""The record of what a change of upstream's comes to, before somebody has chosen what of it becomes a patch."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit import alike
from backportkit.authoring.asked import by_hand
from backportkit.authoring.asked.changed import Change, How, Kind
from backportkit.authoring.asked.files import UnusableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from backportkit.authoring.asked.wanted import Wanted

_MOST = 50  # definitions that one patch can be read with
_CLOSE = 3  # names that are shown beside an unknown one


class Difference(NamedTuple):
    """A change of upstream's, by the definitions in it.

    Attributes:
        package: The distribution.
        buggy: A release before the change.
        fixed_in: The first release that has the change; None if none has it yet.
        changes: The definitions that it changed.
        fixed_sources: By module, the text of it with the change, where no release has it.
        notes: What is left to a person, and why.
    """

    package: str
    buggy: str
    fixed_in: str | None
    changes: tuple[Change, ...]
    fixed_sources: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()

    @property
    def choosable(self) -> list[Change]:
        """The changes that can be asked for: functions and values in what was there before, and new members of it.

        What was added to a module comes along with what uses it.
        """
        return [one for one in self.changes if _is_choosable(one)]

    @property
    def usual(self) -> list[Change]:
        """The changes that are taken where nobody chooses: those of more than annotations, if there are any."""
        return [one for one in self.choosable if not one.is_slight] or self.choosable


def _is_choosable(change: Change) -> bool:
    if change.item.kind is Kind.CLASS or _is_about_the_release(change):
        return False
    return change.how is How.CHANGED or (change.how is How.ADDED and len(change.item.place.path) > 1)


def _is_about_the_release(change: Change) -> bool:
    """Tell whether a value says something about its module alone, as `__version__` and `__all__` do."""
    name = change.item.place.path[-1]
    return change.item.kind is Kind.VALUE and name.startswith("__") and name.endswith("__")


def choose(difference: Difference, names: Sequence[str]) -> list[Change]:
    """Return the changes of those names: `module:Class.name`, an end of it, or its number among those to choose from.

    Raises UnusableError for any other.
    """
    chosen = [one for name in names for one in _named(difference, name)]
    return list(dict.fromkeys(chosen))


def _named(difference: Difference, name: str) -> list[Change]:
    """Return the change of a name; of a class, those of its members."""
    numbered = dict(enumerate(difference.choosable, 1))
    if name.isdecimal() and int(name) in numbered:
        return [numbered[int(name)]]
    found = [one for one in difference.choosable if _is_named(one, name)]
    inner = [one for one in difference.choosable if _is_end(one.name.rpartition(".")[0], name)]
    owners = {one.name.rpartition(".")[0] for one in inner}
    if len(found) == 1 or (not found and len(owners) == 1):
        return found or inner
    if found or owners:
        raise UnusableError(
            f"several of the changed definitions are called {name}",
            found=", ".join([*(one.name for one in found), *sorted(owners)]),
            next_step="name one of them whole",
        )
    known = [one.name for one in difference.choosable]
    raise UnusableError(
        f"there is no change of {name} in {difference.package} {difference.fixed_in or ''}".rstrip(),
        expected=", ".join(alike.names(name, known, _CLOSE, 0.3)) or None,
        next_step="call the command without --only: it shows what changed",
    )


def _is_named(change: Change, name: str) -> bool:
    return _is_end(change.name, name)


def _is_end(whole: str, name: str) -> bool:
    return whole == name or whole.endswith((f":{name}", f".{name}"))


def wanted(difference: Difference, changes: Sequence[Change], said: Wanted) -> Wanted:
    """Return the patch that is to be made of these changes, with what else was said about it.

    Raises UnusableError if there are none, or too many.
    """
    if not changes:
        raise UnusableError(
            "nothing changed that a patch could carry",
            found="\n".join(difference.notes) or "comments, docstrings or layout alone",
            next_step=by_hand.WAY,
        )
    if len(changes) > _MOST:
        raise UnusableError(
            f"{len(changes)} definitions changed, and a patch has {_MOST} at most",
            next_step="name those that are the fix by --only NAME",
        )
    targets = tuple(change.item.place for change in changes if change.how is How.CHANGED)
    return said._replace(
        package=difference.package,
        targets=targets,
        added=tuple(change.item.place for change in changes if change.how is How.ADDED),
        beside=difference.changes,
        buggy=difference.buggy,
        fixed_in=said.fixed_in or difference.fixed_in,
        fixed_sources=difference.fixed_sources,
    )
