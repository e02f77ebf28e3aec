"""Tell of which files nothing is left, and which imports of them go along."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.retire.mentions import EVERYTHING
from backportkit.authoring.retire.units import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from backportkit.authoring.retire.tree import Tree
    from backportkit.authoring.retire.units import File, Unit

_FRAME = frozenset({Kind.DOCSTRING, Kind.FUTURE, Kind.EXPORTS, Kind.CONDITION})
_OURS = "backportkit"
_BESIDE = frozenset({"__init__.py", "__pycache__", "py.typed"})


class Emptied(NamedTuple):
    """The files of which nothing is left, and all units that are removed."""

    files: dict[Path, File]
    removed: set[Unit]


def find(tree: Tree, removed: set[Unit], named: Collection[str]) -> Emptied:
    """Return the files of which nothing is left without these units; imports of such files go, too.

    Modules stay that somebody else names.
    """
    found = Emptied({}, {*removed})
    while more := next((one for one in _next(tree, found) if one[0].module not in named), None):
        file, imports = more
        found.files[file.path] = file
        found.removed.update(imports, file.units)
    return found


def _next(tree: Tree, found: Emptied) -> Iterator[tuple[File, list[Unit]]]:
    for file in _candidates(tree, found):
        if file.path not in found.files and _is_empty(file, found):
            imports = _imports_of(tree, file, found)
            if imports is not None:
                yield file, imports


def _candidates(tree: Tree, found: Emptied) -> list[File]:
    """Return the files that have lost something, and the packages that have lost a module."""
    lost = {one.file.path: one.file for one in found.removed}
    outer = [folder / "__init__.py" for path in found.files for folder in (path.parent, path.parent.parent)]
    return [*lost.values(), *(tree.file(path) for path in outer if path in tree.paths)]


def _is_empty(file: File, found: Emptied) -> bool:
    if file.is_package and ("." not in file.module or _has_others(file, found)):
        return False
    left = [one for one in file.units if one not in found.removed and one.kind not in _FRAME]
    return all(one.kind is Kind.IMPORT and _is_ours(one) for one in left) and bool(file.units)


def _is_ours(unit: Unit) -> bool:
    return all(f"{name}.".startswith(f"{_OURS}.") for name in unit.mentions.dotted)


def _has_others(file: File, found: Emptied) -> bool:
    """Tell whether the folder of a package has anything else that stays."""
    beside = [one for one in file.path.parent.iterdir() if one.name not in _BESIDE]
    inner = [path for one in beside for path in ([one] if one.is_file() else one.rglob("*")) if path.is_file()]
    return any(path not in found.files and path.suffix != ".pyc" for path in inner)


def _imports_of(tree: Tree, file: File, found: Emptied) -> list[Unit] | None:
    """Return the imports of a file that nothing needs; None if something needs the file."""
    names = {name for name, path in tree.modules.items() if path == file.path}
    imports: list[Unit] = []
    for other in tree.mentioning({name.rpartition(".")[2] for name in names}):
        left = [one for one in other.units if one not in found.removed] if other is not file else []
        for unit in left:
            meant = {name for name in unit.mentions.dotted if any(f"{name}.".startswith(f"{one}.") for one in names)}
            if meant and not _is_needless(unit, meant, names, left):
                return None
            imports += [unit] if meant else []
    return imports


def _is_needless(unit: Unit, meant: set[str], names: set[str], left: list[Unit]) -> bool:
    """Tell whether a unit imports a module for nothing but its declarations."""
    if unit.kind is not Kind.IMPORT or not meant <= {*names, *(f"{name}.{EVERYTHING}" for name in names)}:
        return False
    bound = {name for name in unit.binds if not any(one.startswith(f"{name}.") for one in meant)}
    users = (one for one in left if one is not unit and one.kind is not Kind.EXPORTS)
    return not any(bound & one.mentions.names for one in users)
