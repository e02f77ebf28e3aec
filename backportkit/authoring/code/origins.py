"""Find the modules that have what another module imports from them, or takes as an attribute of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.authoring.code import names
from backportkit.source.definitions import dotted
from backportkit.source.reader import absolute
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.source.lookup import Library
    from backportkit.source.modules import Source


def of(source: Source, name: str) -> Place | None:
    """Return the place that a module imports a name from; None if `from ... import` does not give it the name."""
    node = names.definition(source, name)
    if not isinstance(node, ast.ImportFrom):
        return None
    return next(place for bound, place in _imported(source, node) if bound == name)


def within(source: Source, node: ast.stmt, library: Library) -> list[Place]:
    """Return the names of other modules that a definition imports where it runs, or takes as attributes of them."""
    uses = names.uses(node)
    inner = [] if isinstance(node, ast.ImportFrom) else [*ast.walk(node)]
    imported = [place for one in inner if isinstance(one, ast.ImportFrom) for _, place in _imported(source, one)]
    taken = [dotted(one) for one in inner if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Load)]
    found = [_named(source, parts, library) for parts in taken if parts and parts[0] in uses.called | uses.made]
    return list(dict.fromkeys([*imported, *(one for one in found if one is not None)]))


def module_of(source: Source, name: str, library: Library) -> str | None:
    """Return the module that a global name of a module stands for; None if it is something else."""
    node = names.definition(source, name) if name else None
    if isinstance(node, ast.Import):
        return next((one.name for one in node.names if one.asname == name), name)
    place = of(source, name) if isinstance(node, ast.ImportFrom) else None
    inner = f"{place.module}.{place.path[0]}" if place is not None else ""
    return inner if inner and library.modules.read(inner) is not None else None


def _imported(source: Source, node: ast.ImportFrom) -> Iterator[tuple[str, Place]]:
    """Yield the names that an import binds, each with the place that it is taken from."""
    for one in node.names:
        yield one.asname or one.name, Place(absolute(source.package, node), (one.name,))


def _named(source: Source, parts: Sequence[str], library: Library) -> Place | None:
    """Return the place that `module.name` leads to, over however many modules; None if it begins with no module."""
    first, *inner, last = parts
    module = module_of(source, first, library)
    for part in inner:
        module = f"{module}.{part}" if module is not None else None
    if module is None or library.modules.read(module) is None or library.modules.read(f"{module}.{last}") is not None:
        return None
    return Place(module, (last,))
