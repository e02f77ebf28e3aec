"""Tell which patches came too late in a test, or were lost or left behind in it, to the harm of other tests."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from backportkit.declaration.registry import declared_patches
from backportkit.engine import verbs
from backportkit.errors import BackportWarning, ConflictError, NotAppliedError
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.registry import Declared
    from backportkit.errors import BackportError
    from backportkit.integrations.pytest import Moment

_LOST_IN = "it was lost in {}, and the tests after that run without it"
_UNDONE = 'take it out for that test alone: @pytest.mark.unpatched("{}")'
_REPLACED = "undo that at the end of the test, as monkeypatch does; in a block of unpatched, by monkeypatch.context()"
_LEFT = "put back what stood there before the block of provided ends"
_run = pytest.StashKey["_Run"]()
_last = pytest.StashKey[tuple[list[tuple[int, ...]], frozenset[str]]]()


def applied(config: pytest.Config) -> frozenset[str]:
    """Return the ids of the patches in effect. They are read back only if something has changed since the last look."""
    seen = verbs.seen()
    if _last not in config.stash or config.stash[_last][0] != seen:
        config.stash[_last] = seen, frozenset(verbs.applied_ids())
    return config.stash[_last][1]


class _Run:
    """Facts of a run.

    `own` has the patches that were declared before its first test, by their ids; `known` has the ids of those that have
    been in effect, and `left` the ids of those that the last test has left behind, or one before it.
    """

    def __init__(self, before: Moment) -> None:
        self.own = before.declared
        self.known: set[str] = set()
        self.left: frozenset[str] = frozenset()


def warnings(item: pytest.Item, before: Moment) -> Iterator[BackportWarning]:
    """Yield a warning for each patch that a test has lost or left behind, and each that came too late for others."""
    run = item.config.stash.setdefault(_run, _Run(before))
    left = _left_behind()  # first, since that changes what is in effect
    now = applied(item.config)
    run.known |= before.applied | left
    gone = [one for one in map(before.declared.get, sorted(before.applied - now)) if one and _is_gone(one, run)]
    lost = [one for one in _declared(before.applied - now - left) if _is_lost(one)]
    late = [one for one in _declared(now - run.known) if _is_late(one, before)]
    stays = _declared(left - run.left)
    run.known |= now
    run.left = left
    yield from (_warning(_withdrawn(one, item.nodeid)) for one in gone)
    yield from (_warning(_lost(one, item.nodeid)) for one in lost)
    yield from (_warning(_late(one, item.nodeid)) for one in late)
    yield from (_warning(_stays(one, item.nodeid)) for one in stays)


def _left_behind() -> frozenset[str]:
    """Return the ids of patches of `provided` that cannot be taken out, after all others have been."""
    testing: Any = sys.modules.get("backportkit.testing")
    return frozenset() if testing is None else frozenset(one.id for one in testing.withdraw_left())


def _declared(ids: frozenset[str]) -> list[Declared]:
    """Return these patches without those that nobody knows any more."""
    return [found for found in map(declared_patches.find, sorted(ids)) if found is not None]


def _is_gone(declared: Declared, run: _Run) -> bool:
    """Tell whether nobody knows a patch any more. What a test declares for itself, it may withdraw."""
    return declared_patches.find(declared.id) is None and (declared.installed or declared.id in run.own)


def _is_late(declared: Declared, before: Moment) -> bool:
    """Tell whether a target was loaded before the test. What the application declares in a test is for that test."""
    is_for_all = declared.installed or declared.id in before.declared
    return is_for_all and not before.modules.isdisjoint(declared.patch.modules)


def _is_lost(declared: Declared) -> bool:
    """Tell whether the patch will not come back by itself: no block ends that has taken it out, or import begins."""
    is_loaded = all(name in sys.modules for name in declared.patch.modules)
    return is_loaded and not verbs.is_in_block(declared.id)


def _lost(declared: Declared, test: str) -> NotAppliedError:
    found = next(one for one in verbs.survey()[0] if one.id == declared.id)
    return NotAppliedError(
        _LOST_IN.format(test),
        patch=declared.id,
        found=f"{found.state}, {found.reason}",
        next_step=_UNDONE.format(declared.id) if found.state == State.REVERTED else _REPLACED,
    )


def _withdrawn(declared: Declared, test: str) -> NotAppliedError:
    return NotAppliedError(
        _LOST_IN.format(test),
        patch=declared.id,
        found="withdrawn by unregister(), so that nobody declares it any more",
        next_step=_UNDONE.format(declared.id),
    )


def _late(declared: Declared, test: str) -> NotAppliedError:
    return NotAppliedError(
        f"it was applied as late as in {test}, and tests before that may have run without it",
        patch=declared.id,
        found=f"{', '.join(declared.patch.modules)} loaded before",
        next_step="call backportkit.apply_all() in conftest.py",
    )


def _stays(declared: Declared, test: str) -> ConflictError:
    return ConflictError(
        f"it was left behind in {test}, and the tests after that may run with it",
        patch=declared.id,
        found="undoing it at the end of its block of provided was refused, and is so at the end of the test",
        next_step=_LEFT,
    )


def _warning(error: BackportError) -> BackportWarning:
    return BackportWarning(str(error))
