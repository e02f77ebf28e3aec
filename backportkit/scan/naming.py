"""Tell which part of a dotted name is the module, and which names lead on from there."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

from backportkit.scan import owners
from backportkit.source import specs

if TYPE_CHECKING:
    from collections.abc import Callable

    from backportkit.scan.file import File
    from backportkit.scan.values import Ref


def split(
    place: Ref, file: File, is_module: Callable[[str], bool | None], names: int = 1
) -> tuple[str, tuple[str, ...]]:
    """Return the module of a place, and the names from there.

    Known are what the file imports as a module, what `is_module` tells, and Python's own modules. Else names in lower
    case that others follow are taken for modules. `names` is the number of the last ones that are in a module.
    """
    module, path = place.module, list(place.path)
    imported = _imported_as_modules(file)
    while len(path) > names:
        name = f"{module}.{path[0]}"
        known = True if name in imported else _of_python(name) if _is_of_python(name) else is_module(name)
        if not (path[0].islower() if known is None else known):
            break
        module = name
        path.pop(0)
    return module, tuple(path)


def _imported_as_modules(file: File) -> frozenset[str]:
    found: set[str] = set()
    for node in file.statements:
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return frozenset(part for name in found for part in _parents(name))


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: index + 1]) for index in range(len(parts))]


def _is_of_python(name: str) -> bool:
    """Tell whether Python has the package. Setuptools may stand in for distutils, also where Python has it."""
    return owners.of(name) == owners.PYTHON and name.partition(".")[0] != "distutils"


@cache
def _of_python(name: str) -> bool | None:
    """Tell whether Python has a module; None where this Python has not even its package, such as distutils in 3.12."""
    try:
        if name == "os.path" or specs.find(name) is not None:
            return True
        return None if specs.find(name.partition(".")[0]) is None else False
    except (specs.FinderError, ValueError):
        return None
