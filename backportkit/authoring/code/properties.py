"""Take a property as one thing of several functions, of which a fix may have changed one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring.code import attributes
from backportkit.authoring.code.piece import ACCESSORS, Piece
from backportkit.source.definitions import decorators
from backportkit.source.reader import FUNCTIONS
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Iterator, Sequence

    from backportkit.authoring.code.having import Having
    from backportkit.authoring.releases.sources import Sources
    from backportkit.authoring.releases.spans import Fix, Row
    from backportkit.source.found import Function

_DECORATORS = {"fget": "property", "fset": "{}.setter", "fdel": "{}.deleter"}


def meant(place: Place, node: ast.stmt, fix: Fix, sources: Sources) -> tuple[Place, ast.stmt]:
    """Return what is patched for a changed target, with its definition.

    For a property whose other functions stay it is the getter, `Class.name.fget`. A function of a property is without
    the decorator that makes it one.
    """
    each = [_functions(row, place, sources) for row in (*fix.ends, fix.source)]
    is_property = all(decorators(one["fget"])[:1] == ["property"] for one in each if "fget" in one)
    has_others = any(len(one) > 1 for one in each)
    own = Place(place.module, (*place.path, "fget")) if is_property and has_others else place
    return own, attributes.bare(node) if own.path[-1] in ACCESSORS else node


def added(place: Place, having: Having) -> Piece | None:
    """Return a member that the fix has added: of a property that it has added, the whole; None if there is none."""
    outer = whole(place)
    place = place if having.has(having.fix.newest_broken, outer) else outer
    found = having.added(place)
    if found is None:
        return None
    node, source = found
    return Piece(place, attributes.bare(node) if place.path[-1] in ACCESSORS else node, source, is_new=True)


def whole(place: Place) -> Place:
    """Return the property that a function of it is in; the place itself for anything else."""
    return Place(place.module, place.path[:-1]) if place.path[-1] in ACCESSORS else place


def taken(pieces: Iterable[Piece]) -> set[Place]:
    """Return the places of pieces, for a getter also that of its property."""
    places = {one.place for one in pieces}
    return places | {whole(one) for one in places if one.path[-1] == "fget"}


def others(piece: Piece, fix: Fix, sources: Sources) -> Iterator[Piece]:
    """Yield the setter and the deleter that come with a property which the patch has as a whole."""
    is_whole = piece.is_member and piece.place.path[-1] not in ACCESSORS and isinstance(piece.node, FUNCTIONS)
    found = _functions(fix.source, piece.place, sources) if is_whole else {}
    for part, node in found.items():
        place = Place(piece.place.module, (*piece.place.path, part))
        if part != "fget":
            yield Piece(place, attributes.bare(node), piece.source, is_new=True)


def _functions(row: Row, place: Place, sources: Sources) -> dict[str, Function]:
    """Return the functions of a property by their names; of any other function, itself as `fget`."""
    if len(place.path) == 1 or place.path[-1] in ACCESSORS:
        return {}
    library = sources.library(row, place.module)
    found = {part: library.find(place.module, (*place.path, part)).functions for part in _DECORATORS}
    return {part: functions[-1] for part, functions in found.items() if functions}


def edited(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces that are edits of their own: a property that is there as a whole has its functions."""
    places = {one.place for one in pieces}
    return [one for one in pieces if whole(one.place) == one.place or whole(one.place) not in places]


def is_shared(piece: Piece, members: Sequence[Piece]) -> bool:
    """Tell whether a class has several functions of one property."""
    return sum(whole(one.place) == whole(piece.place) for one in members) > 1


def decorated(piece: Piece, text: str, members: Sequence[Piece]) -> str:
    """Return the text of a member of a class, with the decorator by which it is one function of a property."""
    part, name = piece.place.path[-1], piece.name
    if part not in ACCESSORS or not is_shared(piece, members):
        return text
    first = next(one for one in members if whole(one.place) == whole(piece.place))
    begun = f"    {name} = property()\n\n" if piece is first and part != "fget" else ""
    return f"{begun}    @{_DECORATORS[part].format(name)}\n{text}"


def reference(piece: Piece, members: Sequence[Piece]) -> str:
    """Return the name that leads to a member in the class that is written, `name` or `name.fset`."""
    part = piece.place.path[-1]
    return f"{piece.stored}.{part}" if part in ACCESSORS and is_shared(piece, members) else piece.stored
