"""Say in the header of a run how many patches there are, where they stand, and which digest they have."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from backportkit.declaration.registry import SHIPPED
from backportkit.reports import process
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DIGITS = 12
_USUAL = (State.APPLIED, State.WAITING, State.DORMANT)


def lines() -> list[str]:
    """Return the line, and below it the errors of providers that cannot be read; nothing if there is no patch.

    Patches that come with backportkit and are not for this environment do not count.
    """
    found, errors = process.survey()
    shown = [one for one in found["patches"] if one["state"] != State.DORMANT or one["provider"] not in SHIPPED]
    said = [f"{_counts(shown)}; digest {found['digest'][:_DIGITS]}"] if shown else []
    return [f"backportkit: {one}" for one in (*said, *map(str, errors))]


def _counts(records: Iterable[Mapping[str, Any]]) -> str:
    """Return the number of patches in each state, and the ids of those that are in an unusual one."""
    states = Counter(one["state"] for one in records)
    return ", ".join(f"{states[state]} {state}{_named(state, records)}" for state in State if states[state])


def _named(state: State, records: Iterable[Mapping[str, Any]]) -> str:
    ids = [one["id"] for one in records if one["state"] == state]
    return "" if state in _USUAL else f" ({', '.join(ids)})"
