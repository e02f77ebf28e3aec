"""Refuse a place for the modules of a patch where they would hide another module, or be one that others look for."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from backportkit.authoring.project import packaged
from backportkit.authoring.project.pyproject import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from backportkit.authoring.project.plan import Destination

# Files that a tool runs by their names: in any folder, and in the root of the code.
_RUN = {"conftest": "pytest"}
_RUN_IN_ROOT = _RUN | {"setup": "setuptools", "sitecustomize": "Python", "usercustomize": "Python"}
_MODULES = frozenset({".py", ".pyc", ".pyd", ".so"})


def check(where: Destination) -> None:
    """Raise ProjectError for a place that is no good for a patch."""
    reason = next(_reasons(where), None)
    if reason is not None:
        file = where.folder / f"{where.name}.py"
        raise ProjectError(
            f"{file.relative_to(where.root).as_posix()} cannot be the module of a patch: {reason}",
            next_step="name another file by --into",
        )


def _reasons(where: Destination) -> Iterator[str]:
    if not where.folder.resolve().is_relative_to(where.root.resolve()):
        yield f"its folder is {where.folder.resolve()}, outside of the project"
    if runner := (_RUN if where.package else _RUN_IN_ROOT).get(where.name):
        yield f"{runner} runs a file of this name"
    for folder in where.folders:
        hidden = None if _is_package(folder) else _module_beside(folder)
        if hidden is not None:
            yield f"the package {folder.name} would hide {hidden.relative_to(where.root).as_posix()}"
    if _is_package(where.folder / where.name):
        yield f"the package {where.module} is there, and hides it"
    top = where.module.partition(".")[0]
    if not _is_own(where, top) and (other := _other(top, where.upstream)):
        yield f"it would hide {other}"


def _is_package(folder: Path) -> bool:
    return (folder / "__init__.py").is_file()


def _module_beside(folder: Path) -> Path | None:
    """Return the file of a module that has the name of a folder."""
    found = folder.parent.glob(f"{folder.name}.*") if folder.parent.is_dir() else ()
    return next((path for path in sorted(found) if path.suffix in _MODULES), None)


def _is_own(where: Destination, top: str) -> bool:
    """Tell whether a top-level package is there, or has a name such as `tests`, by which others are seldom imported."""
    return bool(where.folders) and (where.folders[-1].is_dir() or top in packaged.LEFT_OUT)


def _other(top: str, upstream: str) -> str | None:
    """Return the module of others that has a top-level name, in words; None if there is none."""
    if top in sys.stdlib_module_names:
        return f"{top} of the standard library"
    if top == upstream:
        return f"{top}, which is patched"
    return f"{top}, which is installed" if _is_installed(top) else None


def _is_installed(top: str) -> bool:
    """Tell whether a module can be found by a top-level name. Nothing is imported for that."""
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):  # what is loaded already may have no spec
        return True
