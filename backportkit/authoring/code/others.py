"""Find whose the attributes are that upstream's code takes of other objects than its instance."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.code import attributes, holders, names, origins
from backportkit.source.reader import FUNCTIONS
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from backportkit.authoring.code.having import Having
    from backportkit.authoring.code.piece import Piece
    from backportkit.source.lookup import Library


class Question(NamedTuple):
    """An attribute that upstream's code takes of something, and did not before. Source does not tell of what.

    Attributes:
        target: The target whose code takes it.
        name: The attribute.
        having: The classes near that have one, as `module:Class`.
        constant: The one constant of that name that the fix has added to a module: settings are read from such ones.
    """

    target: str
    name: str
    having: tuple[str, ...]
    constant: Place | None

    @property
    def said(self) -> str:
        """The question in words."""
        who = holders.in_words(self.having)
        if self.constant is not None:
            who = f"{self.constant.module}:{self.name} comes along, see that it is that one"
        return f"{self.target} takes the attribute {self.name!r}, and did not before: {who}"

    def is_answered(self, pieces: Iterable[Piece]) -> bool:
        """Tell whether one of the pieces is a member of that name, or sets it."""
        return any(self.name in _given(one) for one in pieces)


def _given(piece: Piece) -> set[str]:
    own = {piece.name} if piece.is_member and piece.is_new else set()
    inner = piece.node.body if isinstance(piece.node, ast.ClassDef) else []
    return own | attributes.stored(piece.node) | {name for one in inner for name in names.bound(one)}


def new_in(piece: Piece, before: ast.AST | None, brought: Collection[str], library: Library) -> list[str]:
    """Return the attributes of other objects that upstream's code takes, and did not before the fix.

    Those of what the patch brings are left out, and so are those of modules, which are looked up there.
    """
    known = set() if before is None else {name for _, name in attributes.of_others(before, piece.instance)}
    told = known | {one.path[-1] for one in origins.within(piece.source, piece.node, library)}
    return sorted({name for name in _taken(piece, brought) if name not in told})


def _taken(piece: Piece, brought: Collection[str]) -> Iterator[str]:
    for node, own in _bodies(piece):
        for owner, name in attributes.of_others(node, own):
            roots = {owner} if owner else attributes.roots(node, name)
            is_of_python = all(names.is_module_of_python(piece.source, root) for root in roots)
            if owner not in brought and not is_of_python:
                yield name


def _bodies(piece: Piece) -> list[tuple[ast.stmt, str]]:
    """Return the code of a piece, each with the name of its instance: of a class, that of its methods."""
    if not isinstance(piece.node, ast.ClassDef):
        return [(piece.node, piece.instance)]
    return [(one, attributes.first_parameter(one)) for one in piece.node.body if isinstance(one, FUNCTIONS)]


def member(piece: Piece, name: str, brought: Collection[str], having: Having) -> Place | None:
    """Return the member of that name of a class that upstream's code or an annotation of it names; None for none."""
    used = names.uses(piece.node)
    found = (
        having.member(Place(piece.place.module, (one, name)))
        for one in sorted(used.called | used.said)
        if one not in brought
    )
    return next((one for one in found if one is not None), None)


def question(piece: Piece, name: str, having: Having, library: Library) -> Question | None:
    """Return the question whose an attribute is; None where the modules with the bug name it already."""
    module = piece.place.module
    if having.mentions(Place(module, (name,))):
        return None
    who = holders.of(library, having.sources.module(having.fix.source, module), name)
    return Question(piece.target, name, tuple(who), None if who else having.constant(name))
