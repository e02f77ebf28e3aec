"""Write the imports of the files that a patch is made of."""

from __future__ import annotations

import ast
from itertools import chain
from typing import TYPE_CHECKING

from backportkit.authoring.code import names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from backportkit.authoring.code.piece import Piece
    from backportkit.source.modules import Source

WIDTH = 100  # of the lines that are ours


def at_top(pieces: Iterable[Piece]) -> list[str]:
    """Return the imports that definitions need where they stand, and those that are added themselves."""
    pieces = list(pieces)
    return _all(pieces, _made(pieces))


def of_body(pieces: Iterable[Piece]) -> list[str]:
    """Return the same for a module that is imported after the target. Classes see its globals, and no others."""
    pieces = list(pieces)
    alone = [one for one in pieces if isinstance(one.node, ast.ClassDef) or one.is_foreign]
    called = [(one.source, name) for one in alone for name in names.uses(one.node).called]
    return _all(pieces, [*called, *_made(pieces)])


def _made(pieces: Iterable[Piece]) -> list[tuple[Source, str]]:
    """Return the names that definitions find in their modules, and not in their classes."""
    return [(one.source, name) for one in pieces for name in one.needed - one.of_class]


def _all(pieces: Iterable[Piece], wanted: Iterable[tuple[Source, str]]) -> list[str]:
    """Return the imports of names that no piece brings, and those that are pieces."""
    pieces = list(pieces)
    own = {one.name for one in pieces}
    lines = {line_of(source, name) for source, name in wanted if name not in own}
    return sorted(lines | {own_line(one) for one in pieces if one.is_import} | _classes(pieces, own))


def _classes(pieces: Iterable[Piece], own: Collection[str]) -> set[str]:
    """Return the imports of the classes that definitions of their members take other members from."""
    places = [one.place for one in pieces if one.of_class - {*own}]
    return {f"from {one.module} import {one.path[0]} as {aliased(one.path[0])}" for one in places}


def aliased(name: str) -> str:
    """Return the name that a class of the target has beside the class with upstream's code, which has its name."""
    return f"_{name}"


def for_checkers(pieces: Iterable[Piece], own: Sequence[str], there: Iterable[str]) -> list[str]:
    """Return the imports of the other names that the code uses: it finds them in the target's module."""
    found = []
    for piece in pieces:
        used = names.uses(piece.node)
        found += [(piece.source, name) for name in {*used.called, *piece.needed, *used.said} - {*own, piece.name}]
    lines = {line_of(source, name) for source, name in found if names.definition(source, name) is not None}
    return sorted(lines - {*there})


def own_line(piece: Piece) -> str:
    """Return an import that the target's module gets, written so that it means the same elsewhere."""
    line = names.import_of(piece.source, piece.node, piece.name)
    assert line is not None
    return line


def line_of(source: Source, name: str) -> str:
    """Return the import of a name of a module: its own import, if that means the same elsewhere; else one from it."""
    node = names.definition(source, name)
    own = names.import_of(source, node, name) if node is not None else None
    if own is not None and (own.startswith("import ") or names.is_of_python(own)):
        return own
    return f"from {source.module} import {name}"


def ordered(lines: Iterable[str]) -> list[str]:
    """Return imports in the order that isort gives them, with those of one module in one line."""
    merged: dict[str, list[str]] = {}
    for line in lines:
        head, sign, name = line.partition(" import ")
        merged.setdefault(head if sign else line, []).append(name)
    written = [f"{head} import {', '.join(sorted(found))}" if found[0] else head for head, found in merged.items()]
    own = sorted((one for one in written if names.is_of_python(one)), key=_order)
    others = sorted((one for one in written if not names.is_of_python(one)), key=_order)
    return list(chain(own, [""] if own and others else [], others))


def wrapped(line: str, indent: str = "") -> str:
    """Return an import, with a name in each line where it would be too long for one."""
    head, sign, names_ = line.partition(" import ")
    if len(indent) + len(line) <= WIDTH or "," not in names_:
        return f"{indent}{line}".rstrip()
    inner = "".join(f"{indent}    {name},\n" for name in names_.split(", "))
    return f"{indent}{head}{sign}(\n{inner}{indent})"


def _order(line: str) -> tuple[bool, str]:
    return line.startswith("from "), line
