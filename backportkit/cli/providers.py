"""Tell which patches are of the providers that `--provider` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.engine import on_error, problems
from backportkit.names import fits, fits_any, normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backportkit.errors import UnknownPatchError


def check(names: Sequence[str], known: Iterable[str]) -> None:
    """Raise UnknownPatchError for a name or pattern that fits no provider."""
    here = sorted(set(known))
    wrong = [_unknown(name, here) for name in names if not any(_fits(one, name) for one in here)]
    on_error.raise_all(wrong, "found")


def has(names: Sequence[str], provider: str) -> bool:
    """Tell whether a provider is among those that are named; all are where none is named."""
    return not names or fits_any(normalised(provider), map(normalised, names))


def _fits(provider: str, name: str) -> bool:
    return fits(normalised(provider), normalised(name))


def _unknown(name: str, here: list[str]) -> UnknownPatchError:
    from difflib import get_close_matches

    error = problems.no_provider(name, here)
    nearest = get_close_matches(name, here, n=1)
    error.next_step = f"did you mean '{nearest[0]}'?" if nearest else "name one that `backportkit status --all` shows"
    return error
