"""Look modules up for one run of a command. Each module is read once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from backportkit.source.lookup import Library

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.declaration.reference import Reference
    from backportkit.source.found import Found
    from backportkit.source.modules import Source


@cache
def library(folder: str | None = None) -> Library:
    """Return the modules as they are installed here, or in a given folder."""
    return Library(folder)


def find(module: str, path: Sequence[str], folder: str | None = None) -> Found:
    """Return the definition that `path` (Class, ..., name) leads to in a module."""
    return library(folder).find(module, path)


def named(reference: Reference) -> Found:
    """Return the definition that a reference names."""
    return find(reference.module, path_of(reference))


def path_of(reference: Reference) -> list[str]:
    """Return the names in a reference that lead from its module to the object."""
    return reference.partition(":")[2].split(".")


def read(module: str) -> Source | None:
    """Return a module as it is installed here; None if there is none."""
    return library().modules.read(module)
