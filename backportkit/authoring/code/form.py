"""Choose the form of a patch: one decorated function or class, or edits that name what is in a module of its own."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.asked import by_hand
from backportkit.authoring.code import imports, names, verbatim
from backportkit.authoring.code.piece import ACCESSORS
from backportkit.authoring.releases.spans import NothingToWriteError
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.authoring.code.piece import Piece


class Mirror(NamedTuple):
    """A class with the members that are patched in the class of that name, `module:path`."""

    module: str
    path: tuple[str, ...]
    members: tuple[Piece, ...]

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.path[-1]

    @property
    def target(self) -> str:
        """The class as a declaration writes it."""
        return f"{self.module}:{'.'.join(self.path)}"


class Decorated(NamedTuple):
    """A patch that is one decorated function, or with `mirror` one decorated class; and what is added to the module."""

    changed: Piece
    mirror: Mirror | None
    beside: tuple[Piece, ...]

    @property
    def target(self) -> str:
        """The target of the decorator."""
        return self.changed.target if self.mirror is None else self.mirror.target

    @property
    def bodies(self) -> tuple[Piece, ...]:
        """The definition that is decorated."""
        return (self.changed,) if self.mirror is None else self.mirror.members


def decorated(pieces: Sequence[Piece]) -> Decorated | None:
    """Return the patch as one decorated function or class; None if it is none."""
    beside = tuple(one for one in pieces if one.is_new and len(one.place.path) == 1)
    bodies = tuple(one for one in pieces if one not in beside)
    changed = next((one for one in pieces if not one.is_new), None)
    if changed is None:
        return None
    owners = {(one.place.module, one.owner) for one in bodies}
    is_one = len(owners) == 1 and (len(bodies) == 1 or bool(changed.owner))
    if not is_one or any(one.place.module != changed.place.module for one in beside):
        return None
    if any(one.misfit for one in bodies) and len(bodies) + len(beside) > 1:  # the others keep their signatures
        return None
    own = {one.name for one in pieces}
    if not all(_can_stand(one, own) for one in pieces):
        return None
    if len(bodies) == 1 and not _needs_class(changed):
        return Decorated(changed, None, beside)
    has_parts = any(one.place.path[-1] in ACCESSORS for one in bodies)  # for which no name in a class stands
    mirror = Mirror(changed.place.module, changed.owner, bodies)
    return None if has_parts else Decorated(changed, mirror, beside)


def _can_stand(piece: Piece, own: set[str]) -> bool:
    """Tell whether a piece can be defined before the module of the target is imported."""
    if piece.is_foreign or piece.of_class:
        return False
    if piece.is_import:
        return names.is_of_python(imports.own_line(piece))
    if isinstance(piece.node, ast.ClassDef) or (not piece.is_function and not _is_plain(piece)):
        return False
    made = piece.needed - own
    return all(names.is_of_python(imports.line_of(piece.source, name)) for name in made)


def _is_plain(piece: Piece) -> bool:
    """Tell whether a value that is new can be given where the patch is declared."""
    return piece.is_new and (piece.value is not None or len(piece.place.path) == 1)


def _needs_class(piece: Piece) -> bool:
    if len(piece.place.path) == 1:
        return False
    return bool(getattr(piece.node, "decorator_list", [])) or verbatim.needs_class(piece.node)


def mirrors(pieces: Sequence[Piece]) -> list[Mirror]:
    """Return the classes that hold what is patched in classes of one module.

    Raises NothingToWriteError if one name means two.
    """
    found: dict[tuple[str, tuple[str, ...]], list[Piece]] = {}
    named = {Place(one.place.module, (*one.owner, name)) for one in pieces for name in one.of_class}
    for one in pieces:
        if one.is_member and (one.value is None or one.place in named):
            found.setdefault((one.place.module, one.owner), []).append(one)
    made = [Mirror(module, path, tuple(members)) for (module, path), members in found.items()]
    alone = {one.name for one in pieces if not one.is_member}
    known = [*(one.name for one in made), *alone]
    twice = sorted({name for name in known if known.count(name) > 1})
    if twice:
        raise NothingToWriteError(
            f"one patch cannot hold all of what is called {', '.join(twice)}",
            found=", ".join(one.target for one in pieces),
            next_step=f"write a patch for each, or {by_hand.WAY}",
        )
    return made
