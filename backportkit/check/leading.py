"""Group entry points: by the provider that has them, and by the module that they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from backportkit.declaration import discovery
from backportkit.providers_on_disk import GROUP, OFFERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.declaration.discovery import EntryPoint
    from backportkit.declaration.registry import Declared


def by_provider() -> dict[str, list[EntryPoint]]:
    """Return the entry points of all installed distributions, by the normalised name of the distribution."""
    found: dict[str, list[EntryPoint]] = {}
    for entry_points in discovery.entry_points(GROUP, OFFERS).values():
        for entry_point in entry_points:
            found.setdefault(canonicalize_name(discovery.provider_of(entry_point)), []).append(entry_point)
    return found


def by_module(entry_points: Iterable[EntryPoint]) -> list[list[EntryPoint]]:
    """Return entry points in groups, each of those that lead to one module."""
    groups: dict[str, list[EntryPoint]] = {}
    for entry_point in entry_points:
        groups.setdefault(entry_point.value, []).append(entry_point)
    return list(groups.values())


def leads_to(entry_point: EntryPoint, declared: Declared) -> bool:
    """Tell whether the module of an entry point is the one that declares a patch, or a package above it."""
    return f"{declared.module}.".startswith(f"{entry_point.module}.")
