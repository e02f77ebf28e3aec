"""The record of one edit of a patch that is to be written."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit.authoring.code import annotated, attributes, names, verbatim
from backportkit.source import private
from backportkit.source.reader import DEFINITIONS, FUNCTIONS

if TYPE_CHECKING:
    from backportkit.source.modules import Source
    from backportkit.upstream.history import Place

ACCESSORS = frozenset({"fget", "fset", "fdel"})


class Piece(NamedTuple):
    """One edit of the patch, with what upstream has written for it.

    Attributes:
        place: The target.
        node: Upstream's statement: a definition, an assignment or an import.
        source: The module that has it.
        is_new: Whether nothing is there before the fix.
        original: The fingerprints of the bodies with the bug.
        fixed: The fingerprints of the bodies with the fix.
        misfit: The first call that a body with the bug takes and this one does not, in words; None if it takes all.
        later: The statements that fill or replace the value of a constant after the first one has made it.
        inside: The imports that its body has to begin with.
    """

    place: Place
    node: ast.stmt
    source: Source
    is_new: bool = False
    original: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    misfit: str | None = None
    later: tuple[ast.stmt, ...] = ()
    inside: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The target as a declaration writes it, with the names that classes have when the module has run."""
        return f"{self.place.module}:{'.'.join(private.stored_path(self.place.path))}"

    @property
    def name(self) -> str:
        """The name that the statement binds."""
        return self.node.name if isinstance(self.node, DEFINITIONS) else self.place.path[-1]

    @property
    def stored(self) -> str:
        """The name that the dictionary of its class has for it."""
        return private.stored(self.owner[-1], self.name) if self.owner else self.name

    @property
    def is_foreign(self) -> bool:
        """True if another module has it, so that it sees other globals than the target's."""
        return self.source.module != self.place.module

    @property
    def is_member(self) -> bool:
        """True if it is in a class, or is a function of a property."""
        return len(self.place.path) > 1

    @property
    def is_import(self) -> bool:
        """True if it is an import."""
        return isinstance(self.node, ast.Import | ast.ImportFrom)

    @property
    def label(self) -> str:
        """The name for an id; of a setter or deleter, with that word."""
        part = self.place.path[-1]
        return f"{self.name}_{part}" if part in ACCESSORS - {"fget"} else self.name

    @property
    def owner(self) -> tuple[str, ...]:
        """The path of the class that it is in; empty for what is in none."""
        return self.place.path[: -2 if self.place.path[-1] in ACCESSORS else -1]

    @property
    def instance(self) -> str:
        """The name by which a method knows its instance; empty for what is no method."""
        return attributes.first_parameter(self.node) if self.is_member else ""

    @property
    def made(self) -> frozenset[str]:
        """The names that are looked up where it is defined."""
        return names.uses(self.node).made.union(*(names.read_by(one) for one in self.later))

    @property
    def needed(self) -> frozenset[str]:
        """The names that have to be there where it is defined: those of annotations, too."""
        return self.made | annotated.evaluated(self.source, self.node)

    @property
    def of_class(self) -> frozenset[str]:
        """The names among them that its class has."""
        return self.needed & names.bound_in(self.source, self.owner)

    @property
    def value(self) -> tuple[Any] | None:
        """The value of a constant, in a tuple, if JSON can say it; else None."""
        return None if self.later else verbatim.plain_value(self.node)

    @property
    def is_function(self) -> bool:
        """True if it is a function or method."""
        return isinstance(self.node, FUNCTIONS)
