"""Tell which patches came too late in a test, or were lost in it, so that other tests run without them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from backportkit.declaration.registry import declared_patches
from backportkit.engine import verbs
from backportkit.errors import BackportWarning, NotAppliedError
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.registry import Declared
    from backportkit.integrations.pytest import Moment

_UNDONE = 'take it out for that test alone: @pytest.mark.unpatched("{}")'
_REPLACED = "put back what stood there at the end of the test, as the fixture monkeypatch does"
_known = pytest.StashKey[set[str]]()  # the ids of patches that have been in effect in this run
_last = pytest.StashKey[tuple[list[tuple[int, ...]], frozenset[str]]]()


def applied(config: pytest.Config) -> frozenset[str]:
    """Return the ids of the patches in effect. They are read back only if something has changed since the last look."""
    seen = verbs.seen()
    if _last not in config.stash or config.stash[_last][0] != seen:
        config.stash[_last] = seen, frozenset(verbs.applied_ids())
    return config.stash[_last][1]


def warnings(item: pytest.Item, before: Moment) -> Iterator[BackportWarning]:
    """Yield a warning for each patch that a test has lost, and for each that came too late for the tests before it."""
    now = applied(item.config)
    known = item.config.stash.setdefault(_known, set())
    known |= before.applied
    late = [one for one in _declared(now - known) if _is_late(one, before)]
    lost = [one for one in _declared(before.applied - now) if _is_lost(one)]
    known |= now
    yield from (_warning(_lost(one, item.nodeid)) for one in lost)
    yield from (_warning(_late(one, item.nodeid)) for one in late)


def _declared(ids: frozenset[str]) -> list[Declared]:
    """Return these patches without those that nobody knows any more."""
    return [found for found in map(declared_patches.find, sorted(ids)) if found is not None]


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
        f"it was lost in {test}, and the tests after that run without it",
        patch=declared.id,
        found=f"{found.state}, {found.reason}",
        next_step=_UNDONE.format(declared.id) if found.state == State.REVERTED else _REPLACED,
    )


def _late(declared: Declared, test: str) -> NotAppliedError:
    return NotAppliedError(
        f"it was applied as late as in {test}, and tests before that may have run without it",
        patch=declared.id,
        found=f"{', '.join(declared.patch.modules)} loaded before",
        next_step="call backportkit.apply_all() in conftest.py",
    )


def _warning(error: NotAppliedError) -> BackportWarning:
    return BackportWarning(str(error))
