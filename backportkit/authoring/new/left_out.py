"""Tell what changed along with the fix and is left out of a patch, though it uses what the patch takes, or is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring.asked import changed
from backportkit.authoring.asked.changed import How, Kind, named
from backportkit.authoring.code import attributes, names, properties
from backportkit.authoring.code.piece import Piece
from backportkit.source.definitions import dotted
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Iterator, Sequence

    from backportkit.authoring.asked.changed import Change, Item
    from backportkit.authoring.releases.sources import Sources
    from backportkit.authoring.releases.spans import Fix, Row
    from backportkit.source.lookup import Library

_OF_CALLS = frozenset({"__init__", "__new__", "__post_init__"})  # who calls the class uses them


def notes(pieces: Sequence[Piece], fix: Fix, sources: Sources, beside: Iterable[Change]) -> Iterator[str]:
    """Yield a sentence for each change that is left out, of those in `beside` and in the modules of the targets."""
    taken = properties.taken(pieces)
    told = {one.item.place: one for one in [*_changed(pieces, fix, sources), *beside]}
    for place, change in told.items():
        if place not in taken and not change.is_slight:
            yield from _said(change, pieces, fix, sources)


def _changed(pieces: Sequence[Piece], fix: Fix, sources: Sources) -> Iterator[Change]:
    """Yield what the modules of changed targets define otherwise than the last release with the bug."""
    for module in dict.fromkeys(one.place.module for one in pieces if not one.is_new):
        old, new = (sources.module(row, module).text for row in (fix.newest_broken, fix.source))
        yield from changed.between(module, old, new)


def _said(change: Change, pieces: Sequence[Piece], fix: Fix, sources: Sources) -> Iterator[str]:
    """Say that the patch uses what has changed, or else that what has changed or is gone uses the patch."""
    is_changed = change.how is How.CHANGED
    users = [one.target for one in pieces if is_changed and _uses(one, change.item.place, fix.source, sources)]
    relation = "" if users else _relation(change, pieces, fix, sources)
    if users:
        use = f"{', '.join(users)} {'use' if users[1:] else 'uses'} it"
        yield f"{change.name} changed in the same release, {use}, and it is left out: see whether the fix needs it"
    elif relation and is_changed:
        yield f"{change.name} changed in the same release, {relation}, and is left out: see whether the fix needs it"
    elif relation and change.how is How.REMOVED:
        yield f"{change.name} is gone in the same release, {relation}, and stays: see whether it works with the fix"


def _relation(change: Change, pieces: Sequence[Piece], fix: Fix, sources: Sources) -> str:
    """Say what a function that is left out has to do with the patch: it stays as it was, and meets the fixed bodies."""
    if change.item.kind is not Kind.FUNCTION:
        return ""
    both = [(item, row) for item, row in ((change.before, fix.newest_broken), (change.after, fix.source)) if item]
    for verb, tells in (("uses", _is_used), ("overrides", _overrides)):
        found = [one.target for one in pieces if any(tells(one, item, row, sources) for item, row in both)]
        if found:
            return f"{verb} {', '.join(found)}"
    return ""


def _is_used(piece: Piece, item: Item, row: Row, sources: Sources) -> bool:
    """Tell whether a function that is left out uses what a piece brings. Imports are no part of a fix."""
    if piece.is_import or sources.library(row, item.place.module).modules.read(item.place.module) is None:
        return False
    user = Piece(item.place, item.node, sources.module(row, item.place.module))
    return _uses(user, piece.place, row, sources)


def _overrides(piece: Piece, item: Item, row: Row, sources: Sources) -> bool:
    """Tell whether a method stands in place of the one that a piece brings, in a class that is based on its class."""
    *owner, name = item.place.path
    if not owner or name != piece.place.path[-1]:
        return False
    library = sources.library(row, item.place.module)
    theirs = library.find(piece.place.module, piece.place.path).nodes
    bases = [base for one in library.find(item.place.module, owner).nodes for base in getattr(one, "bases", ())]
    return any(_is_of_base(item, base, theirs, library) for base in bases)


def _is_of_base(item: Item, base: ast.expr, theirs: Sequence[ast.AST], library: Library) -> bool:
    path = dotted(base)
    found = library.find(item.place.module, [*path, item.place.path[-1]]).nodes if path else ()
    return any(one is other for one in found for other in theirs)


def _uses(piece: Piece, place: Place, row: Row, sources: Sources) -> bool:
    """Tell whether upstream's code names a definition, or takes an attribute of that name."""
    place = properties.whole(place)
    *outer, name = place.path
    if not outer or name in _OF_CALLS:
        return _names(piece, place.module, outer[-1] if outer else name)
    if name in attributes.of_instance(piece.node):
        own = Place(piece.place.module, (*piece.owner, name))
        found = sources.library(row, own.module).find(own.module, own.path)
        return own == place or found.inherited == named(Place(place.module, tuple(outer)))
    used = attributes.of_others(piece.node, piece.instance)
    return any(one == name and not names.is_module_of_python(piece.source, owner) for owner, one in used)


def _names(piece: Piece, module: str, name: str) -> bool:
    """Tell whether a global name of upstream's code is that of a module, by its own definition or by an import."""
    for used in names.uses(piece.node).called | piece.made:
        node = names.definition(piece.source, used)
        line = None if node is None else names.import_of(piece.source, node, used)
        if line is None and (piece.source.module, used) == (module, name):
            return True
        if (line or "").partition(" as ")[0] == f"from {module} import {name}":
            return True
    return False
