"""Say in the header of a run how many patches there are and where they stand, and if asked for their digest."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from backportkit.declaration.registry import SHIPPED
from backportkit.engine import on_error, verbs
from backportkit.integrations.pytest import off
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from backportkit.patch_status import PatchStatus

_DIGITS = 12
_USUAL = (State.APPLIED, State.WAITING, State.DORMANT)


def lines(config: pytest.Config) -> list[str]:
    """Return the line, and below it the errors of providers that cannot be read; nothing if there is no patch.

    Patches that come with backportkit and are not for this environment do not count. The digest, for which all code of
    patches is read, takes as long as all the rest: it is for `pytest -v`. Where all are off, nothing is
    read.
    """
    if on_error.all_disabled():
        return [f"backportkit: all off ({off.by(config)})"]
    found, errors = verbs.glance()
    shown = [one for one in found if one.state != State.DORMANT or one.provider not in SHIPPED]
    digest = f"; digest {_digest()}" if config.option.verbose > 0 else ""
    said = [f"{_counts(shown)}{digest}"] if shown else []
    return [f"backportkit: {one}" for one in (*said, *map(str, errors))]


def _digest() -> str:
    from backportkit.reports import process

    found: str = process.survey()[0]["digest"]
    return found[:_DIGITS]


def _counts(patches: Sequence[PatchStatus]) -> str:
    """Return the number of patches in each state, and the ids of those that are in an unusual one."""
    states = Counter(one.state for one in patches)
    return ", ".join(f"{states[state]} {state}{_named(state, patches)}" for state in State if states[state])


def _named(state: State, patches: Sequence[PatchStatus]) -> str:
    ids = [one.id for one in patches if one.state == state]
    return "" if state in _USUAL else f" ({', '.join(ids)})"
