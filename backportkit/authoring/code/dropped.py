"""Find who reads the attributes of an instance that the methods of a patch set no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.code import attributes
from backportkit.authoring.releases.spans import NothingToWriteError
from backportkit.source import fingerprint
from backportkit.source.reader import FUNCTIONS
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Sequence

    from backportkit.authoring.code.piece import Piece
    from backportkit.authoring.releases.sources import Sources
    from backportkit.authoring.releases.spans import Fix, Row


class Reader(NamedTuple):
    """A method that is not in the patch, and reads what a method of the patch has set before the fix.

    Attributes:
        place: The method.
        setter: The method of the patch.
        names: The attributes.
        is_changed: Whether the fix has changed the reader, too.
    """

    place: Place
    setter: Place
    names: tuple[str, ...]
    is_changed: bool

    @property
    def said(self) -> str:
        """The possible harm, in words."""
        setter = f"{self.setter.module}:{'.'.join(self.setter.path)}"
        reader = ".".join(self.place.path)
        way = "set it, or take along what reads it"
        return f"{setter} sets {', '.join(self.names)} no longer, and {reader} reads that: {way}"


def readers(pieces: Sequence[Piece], fix: Fix, sources: Sources) -> list[Reader]:
    """Return who reads what the pieces set no longer."""
    owners = dict.fromkeys(Place(one.place.module, one.owner) for one in pieces if _is_changed_method(one))
    return [reader for owner in owners for reader in _of_class(owner, pieces, fix, sources)]


def _is_changed_method(piece: Piece) -> bool:
    return piece.is_member and piece.is_function and not piece.is_new


def _of_class(owner: Place, pieces: Sequence[Piece], fix: Fix, sources: Sources) -> Iterator[Reader]:
    own = [one for one in pieces if (one.place.module, one.owner) == owner]
    still = {one.name for one in own}.union(*(attributes.stored(one.node) for one in own))
    others = _methods(sources, fix.newest_broken, owner)
    now = _methods(sources, fix.source, owner)
    for one in filter(_is_changed_method, own):
        before = others.get(one.name)
        gone = attributes.set_by(before) - still if before is not None else set()
        for name, other in others.items():
            read = gone.intersection(attributes.of_instance(other))
            if read and name not in {each.name for each in own}:
                is_changed = name in now and fingerprint.of_node(now[name]) != fingerprint.of_node(other)
                yield Reader(Place(owner.module, (*owner.path, name)), one.place, tuple(sorted(read)), is_changed)


def _methods(sources: Sources, row: Row, owner: Place) -> dict[str, ast.stmt]:
    """Return the methods that the body of a class has; none where only running its module tells."""
    try:
        node = sources.definition(row, owner)
    except NothingToWriteError:
        return {}
    return {one.name: one for one in getattr(node, "body", ()) if isinstance(one, FUNCTIONS)}
