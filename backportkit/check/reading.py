"""Look modules up for one run of a command: as they are installed here, or as other releases have them."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING

from backportkit.source import private
from backportkit.source.found import Found, Kind
from backportkit.source.lookup import Library

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.declaration.reference import Reference
    from backportkit.source.modules import Source


_instead: ContextVar[Library | None] = ContextVar("_instead", default=None)


@contextmanager
def instead(library: Library) -> Iterator[None]:
    """Look modules up in another library for the length of a `with` block."""
    token = _instead.set(library)
    try:
        yield
    finally:
        _instead.reset(token)


def library() -> Library:
    """Return the modules as they are installed here, each of which is read once, or those of `instead`."""
    return _instead.get() or _installed()


def is_installed() -> bool:
    """Tell whether modules are looked up as they are installed here."""
    return _instead.get() is None


@cache
def _installed() -> Library:
    return Library()


def find(module: str, path: Sequence[str]) -> Found:
    """Return the definition that `path` (Class, ..., name) leads to in a module that has run."""
    found, stored = library().find(module, path), private.stored_path(path)
    if found.nodes and stored != tuple(path):
        reason = f"{module}:{'.'.join(path)} is {'.'.join(stored)} when the module has run"
        return Found(Kind.MISSING, source=found.source, reason=reason)
    return found


def named(reference: Reference) -> Found:
    """Return the definition that a reference names."""
    return find(reference.module, path_of(reference))


def path_of(reference: Reference) -> list[str]:
    """Return the names in a reference that lead from its module to the object."""
    return reference.partition(":")[2].split(".")


def read(module: str) -> Source | None:
    """Return a module; None if there is none."""
    return library().modules.read(module)
