"""Read what the project of a run declares, as the commands do in its folder."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from backportkit.check import project, scope
from backportkit.declaration.registry import declared_patches
from backportkit.errors import DeclarationError
from backportkit.names import normalised
from backportkit.source import location

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from backportkit.check.project import Project
    from backportkit.declaration.registry import Declared
    from backportkit.errors import BackportError


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Let the project's own code be imported for the length of a block, installed or not."""
    before = sys.path[:]
    project.make_importable(folder)
    try:
        yield
    finally:
        sys.path[:] = before


def read(folder: Path) -> list[BackportError]:
    """Read the modules that a project's pyproject.toml names; return the errors of those that cannot be read."""
    with importable(folder):
        return scope.read_project(folder)


def patches(folder: Path) -> list[Declared]:
    """Return the patches that a project declares, of all that have been read: in its modules, or in its tests.

    Raises DeclarationError if there is none: a proof of nothing would succeed.
    """
    own = project.read(folder)
    found = [one for one in declared_patches if not one.internal and _is_of(own, one)]
    if not found:
        raise DeclarationError(
            "there is no patch to prove",
            expected=f"one that {folder / 'pyproject.toml'} leads to, or that a conftest.py or a test declares",
            next_step="name the modules that declare patches under [tool.backportkit] there",
        )
    return found


def _is_of(own: Project, declared: Declared) -> bool:
    named = [*(entry.module for entry in own.entry_points), *own.modules]
    if any(f"{declared.module}.".startswith(f"{module}.") for module in named):
        return True
    is_by_name = bool(own.name) and normalised(declared.provider) == normalised(own.name)
    return is_by_name or project.above(location.file_of(declared.place)) == own.folder
