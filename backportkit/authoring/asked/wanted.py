"""The record of a patch that is to be written. All that asks for one, whatever it starts from, ends in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.asked.changed import How

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backportkit.authoring.asked.changed import Change
    from backportkit.upstream.history import Place


class Wanted(NamedTuple):
    """A fix of upstream's that is to become one patch.

    Attributes:
        package: The distribution that has the targets.
        targets: The functions, classes or constants that the fix changed; each becomes an edit. What the fix added
            beside them is found from here.
        added: Members of classes that the fix has added, and that come along whether a target uses them or not.
        beside: What else the fix has changed, or the release with it, as far as it is known.
        buggy: A release that has the bug; None for the last one before the fix.
        fixed_in: The release that has the fix; None for the one with the last change of the first target.
        is_named: Whether the user has named that release: its branch is in range, also if the project cannot use it.
        fixed_sources: By module, the text of it with the fix, where no release has it yet.
        ranges: The releases with the bug as an advisory tells them, a specifier for each branch: `>=2.0,<2.0.7`. They
            take the place of those that are found by the bodies.
        since: The oldest release that the patch is for, whatever bodies it and the next ones have; None: the range has
            only the bodies that were changed.
        fixes: The address of upstream's change, if it is known.
        references: Further addresses.
        resolves: The ids of the advisory.
        summary: What goes wrong without the fix, in one line, if it is known.
        id: The id of the patch; None for one that is made of `package` and `fixes`.
    """

    package: str
    targets: tuple[Place, ...]
    added: tuple[Place, ...] = ()
    beside: tuple[Change, ...] = ()
    buggy: str | None = None
    fixed_in: str | None = None
    is_named: bool = False
    fixed_sources: Mapping[str, str] = {}
    ranges: tuple[str, ...] = ()
    since: str | None = None
    fixes: str | None = None
    references: tuple[str, ...] = ()
    resolves: tuple[str, ...] = ()
    summary: str | None = None
    id: str | None = None

    @property
    def new(self) -> tuple[Place, ...]:
        """The additions of the fix, or of the release with it, as far as they are known."""
        return tuple(one.item.place for one in self.beside if one.how is How.ADDED)
