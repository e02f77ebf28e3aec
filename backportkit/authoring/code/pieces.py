"""Collect what a patch has to bring: the changed definitions, and what upstream added with them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.authoring.asked import by_hand
from backportkit.authoring.code import (
    attributes,
    calls,
    classes,
    constants,
    dependents,
    implicit,
    names,
    order,
    origins,
    others,
    overriding,
    properties,
    verbatim,
)
from backportkit.authoring.code.piece import ACCESSORS, Piece
from backportkit.authoring.releases.spans import NothingToWriteError
from backportkit.source.found import Kind
from backportkit.source.reader import DEFINITIONS
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    from backportkit.authoring.code.having import Having
    from backportkit.authoring.code.others import Question
    from backportkit.authoring.releases.sources import Sources
    from backportkit.authoring.releases.spans import Fix, Row
    from backportkit.source.found import Found
    from backportkit.source.lookup import Library


class Pieces:
    """The pieces of one patch.

    Attributes:
        also: Methods that the fix has changed, too, and that set what the pieces use.
        unfit: The rows with the bug that lack a name which the pieces use and other rows have.
        notes: What could not be known, a sentence each.
    """

    def __init__(self, having: Having) -> None:
        self._fix, self._sources, self._having = having.fix, having.sources, having
        self._ends = having.fix.ends
        self._found: dict[Place, Piece] = {}
        self._inside: dict[Place, list[str]] = {}
        self.also: list[Place] = []
        self.unfit: list[Row] = []
        self.notes: list[str] = []
        self._questions: list[Question] = []

    @property
    def all(self) -> list[Piece]:
        """The pieces; those that are new come first, since the others use them."""
        found = [one._replace(inside=tuple(self._inside.get(one.place, ()))) for one in self._found.values()]
        return [*order.by_need(one for one in found if one.is_new), *(one for one in found if not one.is_new)]

    @property
    def questions(self) -> list[str]:
        """The attributes of which nobody knows whether the releases with the bug have them, a sentence each."""
        return [one.said for one in self._questions if not one.is_answered(self._found.values())]

    def change(self, at: int, place: Place) -> None:
        """Take a target that the fix has changed, the one at this place among the targets, and what it needs."""
        piece = self._changed(at, place)
        if piece.misfit is not None:
            self._note(f"calls of {piece.target} may fail, see that the patch has all who make them: {piece.misfit}")
        self._take(piece)
        if not isinstance(piece.node, DEFINITIONS):
            self._follow(piece)
            self._note(constants.made_otherwise(self._found[piece.place], self._fix.newest_broken, self._sources))

    def _changed(self, at: int, place: Place) -> Piece:
        fix = self._fix
        node = self._sources.definition(fix.source, place)
        _check_class(fix, self._sources, place, node)
        place, node = properties.meant(place, node, fix, self._sources)
        source = self._sources.module(fix.source, place.module)
        piece = Piece(place, node, source, misfit=_misfit(fix, self._sources, at, place, node))
        if fix.source.bodies[at].identity == fix.newest_broken.bodies[at].identity:
            return self._remade(at, piece)
        if not isinstance(node, DEFINITIONS):
            return piece
        original, fixed = (tuple(fix.fingerprints(at, places)) for places in (fix.broken, fix.fixed))
        return piece._replace(original=original, fixed=fixed)

    def _remade(self, at: int, piece: Piece) -> Piece:
        """Return what is written for what it is made of: over another body than its own, upstream's cannot stand."""
        own = self._fix.source.bodies[at]
        self.unfit += [row for row in self._ends if row.bodies[at].identity != own.identity]
        is_body = isinstance(piece.node, DEFINITIONS)
        return piece._replace(original=tuple(self._fix.fingerprints(at, self._fix.broken)) if is_body else ())

    def _need_attributes(self, piece: Piece) -> None:
        """Need the attributes of other objects that a piece takes, and that its body before the fix did not."""
        library = self._library(piece.place.module)
        for name in others.new_in(piece, self._having.before(piece.place), self._brought, library):
            place = others.member(piece, name, self._brought, self._having)
            asked = others.question(piece, name, self._having, library) if place is None else None
            self._questions += [] if asked is None else [asked]
            needed = asked.constant if asked is not None else place
            if needed is not None:
                self._need(piece, needed)

    def add(self, place: Place) -> None:
        """Take a member of a class that the fix has added, and what it needs."""
        piece = properties.added(place, self._having)
        if piece is not None and piece.place not in self._found:
            _check_class(self._fix, self._sources, piece.place, piece.node)
            self._take(piece)

    def _take(self, piece: Piece) -> None:
        piece, told = constants.whole(piece)
        self._note(told)
        self._found[piece.place] = piece
        for name in sorted(names.uses(piece.node).called | piece.needed):
            self._need(piece, Place(piece.source.module, (name,)))
        of_instance = attributes.of_instance(piece.node) if piece.owner and piece.is_function else []
        for name in [*of_instance, *sorted(piece.of_class)]:
            self._need(piece, Place(piece.place.module, (*piece.owner, name)))
        for place in origins.within(piece.source, piece.node, self._library(piece.source.module)):
            if self._having.is_in_all(place.module):
                self._need(piece, place)
        for owner, name in sorted(attributes.of_others(piece.node, piece.instance)):
            self._look_at(piece, Place(piece.source.module, (owner, name)))
        for place in overriding.of(piece, self._having):
            self._need(piece, place)
        for one in properties.others(piece, self._fix, self._sources):
            self._take(one)
        self._need_attributes(piece)

    def _library(self, module: str) -> Library:
        return self._sources.library(self._fix.source, module)

    def _note(self, told: str | None) -> None:
        self.notes += [] if told is None else [told]

    def _look_at(self, piece: Piece, place: Place) -> None:
        """Take a new member of a class that a piece names; say where a class does not have an attribute yet."""
        found, member = self._having.find(place), self._having.member(place)
        is_module = origins.module_of(piece.source, place.path[0], self._library(piece.source.module)) is not None
        is_told = found.kind in {Kind.FUNCTION, Kind.CLASS, Kind.VALUE} and not is_module
        if place.path[0] in self._new or not is_told:
            return
        if member is not None:
            self._need(piece, member)
        elif place.path[0]:
            self._note_lacking(piece, place, self._having.lacking(place))

    def _follow(self, piece: Piece) -> None:
        """Take along what the module makes of a constant, which would keep the old value; say what does keep it."""
        places, told = dependents.following(piece, lambda place: why_not(self._fix, self._sources, place))
        self.also += [one for one in places if one not in self._found and one not in self.also]
        self._note(told)

    @property
    def _new(self) -> set[str]:
        return {one.name for one in self._found.values() if one.is_new}

    @property
    def _brought(self) -> set[str]:
        """The names of what is new as a whole, and not an import of something that was there."""
        return {one.name for one in self._found.values() if one.is_new and not one.is_import}

    def _need(self, piece: Piece, place: Place) -> None:
        """Take what a piece uses if the releases with the bug do not have it."""
        place = self._having.home(place)
        found = self._having.find(place)
        if place in self._found or found.inherited or not self._having.is_own(place.module):
            return
        if _is_untold(found, place) or (found.kind is Kind.MISSING and found.copied is None):
            self._need_set(piece, place)
            return
        lacking = self._having.lacking(place)
        if len(lacking) < len(self._ends):
            if not self._imports(piece, place, lacking):
                self._note_lacking(piece, place, lacking)
            return
        if self._having.is_field(place):
            way = f"is a field of {place.path[-2]}, instances do not have it before the fix: change what is written"
            self._note(f"{place.path[-1]!r}, which {piece.target} uses, {way}")
            return
        origin = self._having.origin(place)
        if origin is not None:
            self._need(piece, origin)
        added = self._having.imported(place) if origin in self._found else self._having.added(place)
        if added is None:
            self.notes.append(f"{place.path[-1]!r}, which {piece.target} uses, is new, and has to be written by hand")
            return
        inherited = self._having.inherited(place)
        functions = [function for one in inherited for function in one.functions]
        misfit = calls.misfit(functions, added[0], in_class=True)
        self._take(Piece(place, *added, is_new=not inherited, misfit=misfit))
        self._note(self._having.untold_in_words(place))

    def _imports(self, piece: Piece, place: Place, lacking: list[Row]) -> bool:
        """Tell whether a piece can have the import of a name that some releases lack; have its body begin with it.

        A branch that lacks it is left out where it can be: it is likely to lack more.
        """
        is_own = place == Place(piece.source.module, place.path[:1])
        line = names.own_import(piece.source, place.path[-1]) if is_own else None
        if not lacking or line is None or self._fix.without(lacking) != self._fix:
            return not lacking
        origin = self._having.find(place).copied
        if not all(self._having.can_import(row, origin) for row in lacking):
            return False
        if piece.is_foreign or isinstance(piece.node, ast.ClassDef):  # it stands beside its imports
            return names.is_of_python(line)
        is_written = verbatim.has_lines(piece.source, piece.node)
        lines = self._inside.setdefault(piece.place, [])
        lines += [line] if is_written and line not in lines else []
        return is_written

    def _note_lacking(self, piece: Piece, place: Place, lacking: list[Row]) -> None:
        if not lacking:
            return
        versions, name = ", ".join(str(row.version) for row in lacking), ".".join(place.path)
        is_everywhere = len(lacking) == len(self._ends)
        way = "change what is written" if is_everywhere else "narrow the range"
        self.notes.append(f"{name!r}, which {piece.target} uses, is not in {versions}: {way}")
        self.unfit += [] if is_everywhere else lacking

    def _need_set(self, piece: Piece, place: Place) -> None:
        """Take along the method that sets an attribute of instances, where the releases with the bug do not know it."""
        if len(place.path) == 1 or implicit.is_special(place.path[-1]) or self._having.mentions(place):
            return
        also = self._having.setters(place)
        self.also += [one for one in also if one not in self._found and one not in self.also]
        told = f"the attribute {place.path[-1]!r}, which {piece.target} uses, is new: see who sets it"
        self._note(None if also else told)


def _misfit(fix: Fix, sources: Sources, at: int, place: Place, node: ast.stmt) -> str | None:
    """Describe a call that one of the bodies with the bug takes, and the fixed one does not; None for none."""
    if place.path[-1] in ACCESSORS:
        return None
    bodies = {row.bodies[at].fingerprint: row for row in map(fix.rows.__getitem__, fix.broken)}
    found = (sources.library(row, place.module).find(place.module, place.path) for row in bodies.values())
    before = [function for one in found for function in one.functions]
    return calls.misfit(before, node, in_class=len(place.path) > 1)


def _check_class(fix: Fix, sources: Sources, place: Place, node: ast.stmt) -> None:
    """Raise NothingToWriteError where the old class has been made of its members before a patch can come."""
    owner = Place(place.module, place.path[:-1])
    if not owner.path or place.path[-1] in ACCESSORS:
        return
    old, new = (sources.definition(row, owner) for row in (fix.newest_broken, fix.source))
    reason = classes.why_too_late(old, new, node)
    if reason is not None:
        raise NothingToWriteError(
            f"{owner.module}:{'.'.join(place.path)} cannot be patched: {reason}",
            next_step=f"leave it out and see what else needs it, or {by_hand.WAY}",
        )


def why_not(fix: Fix, sources: Sources, place: Place) -> str | None:
    """Say why a patch cannot have a definition of the fix; None if it can."""
    try:
        _check_class(fix, sources, place, sources.definition(fix.source, place))
    except NothingToWriteError as error:
        return str(error)
    return None


def _is_untold(found: Found, place: Place) -> bool:
    """Tell whether a class does not show a member, which may be an attribute of its instances."""
    return found.kind is Kind.UNKNOWN and not found.nodes and len(place.path) > 1
