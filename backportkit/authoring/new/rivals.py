"""Refuse a patch that would be in the way of another one of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from backportkit.authoring.releases.spans import NothingToWriteError
from backportkit.check import conflicts
from backportkit.declaration.registry import Declared, declared_patches

if TYPE_CHECKING:
    from backportkit.check.project import Project
    from backportkit.declaration.record import Patch


def check(patch: Patch, project: Project) -> None:
    """Raise NothingToWriteError if a patch of the project claims a target of this one, in the same range."""
    new = Declared(patch, project.name, "")
    known = [one for one in declared_patches if _is_of(one, project)]
    found = next(conflicts.judge([new], known, project.settings), None)
    if found is not None:
        raise NothingToWriteError(
            f"{found.target} is patched already",
            found=found.message,
            next_step="delete that one, separate the two ranges, or write one patch of all the targets",
        )


def _is_of(declared: Declared, project: Project) -> bool:
    return not declared.installed or canonicalize_name(declared.provider) == canonicalize_name(project.name)
