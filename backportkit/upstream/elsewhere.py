"""Look for a target that a release does not have where it was: under another name, or in another module."""

from __future__ import annotations

import ast
from copy import copy
from typing import TYPE_CHECKING

from backportkit.source import fingerprint
from backportkit.source.found import Kind
from backportkit.source.reader import DEFINITIONS, statements
from backportkit.upstream.modules import library, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.upstream.archive import Archive
    from backportkit.upstream.body import Body

_MOST = 8  # modules that are read to find where a target went


def find(archive: Archive, body: Body, module: str, path: Sequence[str], other: Archive) -> str | None:
    """Return where a release has the body that another one has at a target; None if it is not found nearby.

    The same module is searched for the body under another name. Then the target is looked for in modules that have the
    same last name, and in those of the same package that the other release does not have.
    """
    modules = library(archive, module)
    source = modules.modules.read(module)
    tree = None if source is None else source.tree
    if tree is not None:
        for place, node in _definitions(tree.body, ()):
            if _under_name(node, path[-1]) == body.fingerprint:
                return f"{module}:{'.'.join(place)}"
    for name in _near(module, archive, other)[:_MOST]:
        if modules.find(name, path).kind in {Kind.FUNCTION, Kind.CLASS, Kind.VALUE}:
            return f"{name}:{'.'.join(path)}"
    return None


def _definitions(body: Sequence[ast.stmt], outer: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], ast.stmt]]:
    """Yield the definitions of a body and of the classes in it, each with the names that lead there."""
    for statement in statements(body):
        if isinstance(statement, DEFINITIONS):
            yield (*outer, statement.name), statement
        if isinstance(statement, ast.ClassDef):
            yield from _definitions(statement.body, (*outer, statement.name))


def _under_name(node: ast.stmt, name: str) -> str:
    """Return the fingerprint that a definition would have under another name; empty if it is nested too deeply."""
    renamed = copy(node)
    renamed.name = name  # type: ignore[attr-defined]
    try:
        return fingerprint.of_node(renamed)
    except RecursionError:
        return ""


def _near(module: str, archive: Archive, other: Archive) -> list[str]:
    """Return the modules to look in, those with the same last name first."""
    package, _, last = module.rpartition(".")
    added = archive.paths.keys() - other.paths.keys()
    names = {path: name_of(path) for path in archive.paths if path.endswith(".py")}
    alike = [name for name in names.values() if name.rpartition(".")[2] == last and name != module]
    beside = [name for path, name in names.items() if path in added and f"{name}.".startswith(f"{package or module}.")]
    return list(dict.fromkeys([*sorted(alike), *sorted(beside)]))
