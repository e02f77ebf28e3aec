"""Tell whether a class or mapping that a body has made anew is still in use, or kept alive by our records alone."""

from __future__ import annotations

import gc
import os
import sys
from types import FrameType
from typing import TYPE_CHECKING

from backportkit.layers.layer import Change, Layer
from backportkit.layers.search import loaded_modules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_OURS = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 -- to compare the beginnings of texts
# An object that so many others lead to counts as in use: to find out would take too long, since all objects that there
# are get compared with each of these (https://docs.python.org/3/library/gc.html#gc.get_referrers).
_ENOUGH = 300


def is_in_use(owner: Any) -> bool:
    """Tell whether anything leads to an object except our records and the objects that only they keep alive.

    Goes from referrer to referrer until it comes to a loaded module or a running function. Walks the whole heap a few
    times. That is for a body that has run again: for a class or mapping of the former body that no name leads to.
    Who holds what `gc.freeze` has set aside cannot be found out, so that it counts as in use.
    """
    if _is_frozen(owner):
        return True
    roots = {id(attributes) for _, attributes in loaded_modules()} | {id(value) for value in _variables()}
    level: tuple[Any, ...] = (owner,)
    seen = {id(owner)}
    made = []  # keeps alive what is made here, so that no identity is used a second time
    while level:
        if len(seen) > _ENOUGH or not roots.isdisjoint(map(id, level)):
            return True
        # A tuple is handed over as it is; of a list a tuple would be made, which 3.13 takes for a referrer.
        seen.add(id(level))
        made.append(level)
        found = [each for each in gc.get_referrers(*level) if id(each) not in seen]
        seen.update(map(id, found))
        level = tuple([each for each in found if not isinstance(each, FrameType | Layer | Change)])
        del found  # it would be met as a referrer of what it holds
    return False


def _is_frozen(owner: Any) -> bool:
    """Tell whether `gc.freeze` has set an object aside, which hides from `gc` whoever holds it.

    A count is no answer: Python 3.12.1 starts with objects of its own set aside.
    """
    return bool(gc.get_freeze_count()) and gc.is_tracked(owner) and not any(each is owner for each in gc.get_objects())


def _variables() -> Iterator[Any]:
    """Return the objects in variables of running functions but ours, which the garbage collector does not see."""
    for frame in _frames():
        if not frame.f_code.co_filename.startswith(_OURS):
            yield from list(frame.f_locals.values())


def _frames() -> Iterator[FrameType]:
    for frame in sys._current_frames().values():  # noqa: SLF001 -- documented, for debuggers
        current: FrameType | None = frame
        while current is not None:
            yield current
            current = current.f_back
