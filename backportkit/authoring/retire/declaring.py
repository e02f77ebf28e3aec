"""Find what declares a patch: a decorator, a call of `register`, or an entry of a file of patches."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.retire.units import Kind
from backportkit.errors import BackportError
from backportkit.source import folders, location

if TYPE_CHECKING:
    from pathlib import Path

    from backportkit.authoring.retire.tree import Tree
    from backportkit.authoring.retire.units import Unit
    from backportkit.declaration.registry import Declared

_BY_HAND = "take the declaration out by hand"


class RetireError(BackportError, ValueError):
    """A patch cannot be taken out of the project."""


class Entry(NamedTuple):
    """An entry of a file of patches, numbered from 1."""

    path: Path
    number: int


def find(tree: Tree, declared: Declared) -> Unit | Entry:
    """Return what declares a patch. Raises RetireError if it is outside of the project or cannot be understood."""
    path, entry = location.file_of(declared.place).resolve(), location.entry_of(declared.place)
    if not folders.is_own(path, tree.root):
        raise RetireError(
            f"comes with {declared.provider}, and is not declared in this project",
            patch=declared.id,
            found=declared.place,
            next_step="update that instead; an id in `enable` can be deleted",
        )
    if location.file_of(declared.place).is_symlink():
        raise RetireError(
            "is declared in a file that a link leads to, whose users have another name of it",
            patch=declared.id,
            found=f"{declared.place.partition(' ')[0]}, a link to {location.relative(path)}",
            next_step="put the file in the place of the link, or take the declaration out by hand",
        )
    return _unit(tree, path, declared) if entry is None else Entry(path, entry[1])


def _unit(tree: Tree, path: Path, declared: Declared) -> Unit:
    line = location.of(declared.place)[1] or 0
    units = [one for one in tree.file(path).units if _is_around(one, line)] if path in tree.paths else []
    found = next((one for one in units if one.kind is Kind.DECORATOR or _is_call(one)), None)
    if found is None:
        raise RetireError(
            "is declared in a way that cannot be taken out",
            patch=declared.id,
            expected="@backport on a function or class, or a call of register, at the top of a module",
            found=f"{location.relative(path)}:{line}" + (f": {tree.unread[path]}" if path in tree.unread else ""),
            next_step=_BY_HAND,
        )
    return found


def _is_around(unit: Unit, line: int) -> bool:
    return unit.node.lineno <= line <= (unit.node.end_lineno or 0)


def _is_call(unit: Unit) -> bool:
    """Tell whether a unit is a call of ours that declares, be it that its result has a name."""
    is_plain = isinstance(unit.node, ast.Expr | ast.Assign | ast.AnnAssign)
    return is_plain and unit.file.reader.is_declaring(getattr(unit.node, "value", unit.node))


def loading(tree: Tree, path: Path) -> list[Unit]:
    """Return the calls of `load` that name a file."""
    files = tree.mentioning([path.name])
    return [one for file in files for one in file.units if _is_call(one) and path.name in _texts(one.node)]


def _texts(node: ast.AST) -> set[object]:
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
