"""Find what a module makes of a constant as it runs: other constants, and defaults of functions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.code import names, verbatim
from backportkit.source import made
from backportkit.source.reader import DEFINITIONS, FUNCTIONS, statements
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from backportkit.authoring.code.piece import Piece
    from backportkit.source.modules import Source

_HEADS = ("test", "iter", "subject", "items")  # of statements whose blocks are looked at one by one
_COMPOUND = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)


class Dependents(NamedTuple):
    """The objects that a module makes of a constant.

    Attributes:
        places: The constants and functions that have to be made anew, the functions for their defaults.
        others: The other statements, which only running the module would repeat, quoted.
    """

    places: tuple[Place, ...]
    others: tuple[str, ...]


class _Stated(NamedTuple):
    """A statement at the top of a module, or of the class in it with this path."""

    path: tuple[str, ...]
    node: ast.stmt

    @property
    def read(self) -> list[ast.AST]:
        """The names that it reads as the module runs. A block is a statement of its own."""
        node = self.node
        if isinstance(node, FUNCTIONS):
            made = [*node.args.defaults, *node.args.kw_defaults, *node.decorator_list]
            return [inner for one in made if one is not None for inner in ast.walk(one)]
        heads = [getattr(node, head, None) for head in _HEADS] if isinstance(node, _COMPOUND) else [node]
        flat = (one for head in heads for one in (head if isinstance(head, list) else [head]) if one is not None)
        return [inner for one in flat for inner in ast.walk(one)]

    def says(self) -> set[str]:
        """Return the names and the attributes that it reads, as they are written."""
        loaded = [one for one in self.read if isinstance(getattr(one, "ctx", None), ast.Load)]
        plain = {ast.unparse(one) for one in loaded if isinstance(one, ast.Name | ast.Attribute)}
        return plain | {name for one in self.read for name in names.filled(one)}


def of(source: Source, place: Place) -> Dependents:
    """Return what is made of a constant of a module, and of what is made of it, over however many."""
    assert source.tree is not None
    stated = list(_stated(source.tree.body, ()))
    found, others = [place], []
    for one in found:
        own = {id(each) for each in _own(source.tree, one, stated)}
        for user in (each for each in stated if id(each.node) not in own and _is_made_of(source, each, one)):
            places = [Place(source.module, (*user.path, name)) for name in _anew(user, one)]
            found += [each for each in places if each not in found]
            others += [] if places else [_quoted(source, user.node)]
    return Dependents(tuple(found[1:]), tuple(dict.fromkeys(others)))


def following(piece: Piece, why_not: Callable[[Place], str | None]) -> tuple[list[Place], str | None]:
    """Return what follows a constant of a patch, and a sentence about what keeps the old value; None for nothing.

    `why_not` says of a place why a patch cannot have it.
    """
    found = of(piece.source, piece.place)
    reasons = {place: why_not(place) for place in found.places}
    others = [*found.others, *filter(None, reasons.values())]
    told = f"{piece.target} keeps its old value in what is made as the module runs: {'; '.join(others)}"
    return [place for place, reason in reasons.items() if reason is None], told if others else None


def _stated(body: Sequence[ast.stmt], path: tuple[str, ...]) -> Iterator[_Stated]:
    for node in statements(body):
        if isinstance(node, ast.ClassDef):
            yield from _stated(node.body, (*path, node.name))
        else:
            yield _Stated(path, node)


def _own(tree: ast.Module, place: Place, stated: Sequence[_Stated]) -> list[ast.stmt]:
    """Return the statements that make a constant itself."""
    name, path = place.path[-1], place.path[:-1]
    own = [one.node for one in stated if one.path == path and name in names.bound(one.node)]
    return own if path or not own else [*own, *made.statements(tree, own[-1], name)]


def _is_made_of(source: Source, stated: _Stated, place: Place) -> bool:
    """Tell whether a statement takes a constant, or makes something by a call of the class that has it."""
    *owner, name = place.path
    said = stated.says()
    if stated.path == tuple(owner):
        return name in said
    if owner:
        return ".".join(place.path) in said or (not stated.path and any(_calls(one, owner) for one in stated.read))
    return name in said and name not in names.bound_in(source, stated.path)


def _calls(node: ast.AST, owner: Sequence[str]) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == ".".join(owner)


def _anew(stated: _Stated, place: Place) -> list[str]:
    """Return what a statement binds by a value or default; nothing for what only running the module repeats."""
    node, name = stated.node, place.path[-1]
    if isinstance(node, FUNCTIONS):
        return [node.name] if name in names.defaults(node) else []
    is_by_name = name in stated.says() and isinstance(node, ast.Assign | ast.AnnAssign)
    return names.bound(node) if is_by_name else []


def _quoted(source: Source, node: ast.stmt) -> str:
    return f"the decorators of {node.name}" if isinstance(node, DEFINITIONS) else verbatim.quoted(source, node)
