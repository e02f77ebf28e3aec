"""Tell which distributions have a package, by the metadata of all that are installed."""

from __future__ import annotations

from functools import cache
from importlib.metadata import packages_distributions  # costs four starts
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def of(package: str) -> list[str]:
    """Return the names of the distributions that have a package; none if nobody knows."""
    return sorted(set(_owners().get(package, ())))


@cache
def _owners() -> Mapping[str, list[str]]:
    try:
        return packages_distributions()
    except Exception:  # noqa: BLE001 -- the metadata of some distribution is broken
        return {}
