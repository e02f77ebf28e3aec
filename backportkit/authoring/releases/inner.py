"""Tell which members of a class a fix has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring.asked import by_hand
from backportkit.authoring.releases.spans import NothingToWriteError
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    from backportkit.authoring.releases.spans import Fix


def members(fix: Fix, at: int, place: Place) -> tuple[list[Place], dict[Place, str]]:
    """Return the members of the class at this place among the targets that the fix has changed.

    With them comes a sentence about each that is new or gone.

    Raises NothingToWriteError if there are none.
    """
    new, old = fix.source.bodies[at].members, fix.newest_broken.bodies[at].members
    changed = [name for name in new if name in old and new[name] != old[name]]
    added = [name for name in new if name not in old]
    target = f"{place.module}:{'.'.join(place.path)}"
    if not changed:
        raise NothingToWriteError(
            f"no member of {target} has changed",
            found=f"new are {', '.join(added)}" if added else "another base, decorator or name",
            next_step=f"name the function that the fix has changed, or {by_hand.WAY}",
        )
    gone = [name for name in old if name not in new]
    left = [(added, "is new"), (gone, "is gone")]
    said = {_of(place, name): f"{name!r} of {target} {what}" for names, what in left for name in names}
    notes = {one: f"{text}: see whether the fix needs that" for one, text in said.items()}
    return [_of(place, name) for name in changed], notes


def _of(place: Place, name: str) -> Place:
    return Place(place.module, (*place.path, *name.split(".")))
