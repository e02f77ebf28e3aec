"""Tell which patches of the project in the working directory it has outgrown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.errors import BackportError
from backportkit.source import folders, location

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.declaration.registry import Declared


def told(dormant: Iterable[Declared]) -> str:
    """Return the command that retires those of the patches which are dead; empty if there are none."""
    here = location.here()
    own = [one for one in dormant if here is not None and folders.is_own(location.file_of(one.place), here)]
    if not own or here is None or not (here / "pyproject.toml").is_file():
        return ""
    from backportkit.check import life, scope  # needed for a project's own patches only

    try:
        dead = [one.id for one in own if life.outgrown(scope.subject_of(one))]
    except BackportError:  # has been told
        return ""
    past = "is a patch" if len(dead) == 1 else "are patches"
    return f"here {past} that the project has outgrown: backportkit retire {' '.join(dead)}" if dead else ""
