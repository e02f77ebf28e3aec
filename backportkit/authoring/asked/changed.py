"""Tell which definitions two versions of a module, or two releases, do not have alike. Nothing is executed."""

from __future__ import annotations

import ast
import difflib
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from backportkit.source import fingerprint, modules
from backportkit.source.definitions import part_of
from backportkit.source.reader import DEFINITIONS, FUNCTIONS, first_line, statements
from backportkit.source.slight import is_slight
from backportkit.upstream.body import names
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class How(Enum):
    """The way in which a definition changed."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"


class Kind(Enum):
    """The kind of a definition, as far as a change of it is concerned."""

    FUNCTION = "function"
    CLASS = "class"  # its bases, decorators and arguments; one that is added or removed with all its members
    VALUE = "value"


class Item(NamedTuple):
    """A definition in one version of a module.

    Attributes:
        place: Its module and the names that lead there.
        kind: Its kind.
        node: Its statement.
        lines: The lines of it, without what a class has in its body.
    """

    place: Place
    kind: Kind
    node: ast.stmt
    lines: tuple[str, ...]

    @property
    def span(self) -> range:
        """The numbers of its lines, from 1 on."""
        first = first_line(self.node)
        return range(first, first + len(self.lines))


class Change(NamedTuple):
    """A definition that two versions do not have alike.

    Attributes:
        how: The way in which it changed.
        before: The definition before; None if it was added.
        after: The definition after; None if it was removed.
    """

    how: How
    before: Item | None
    after: Item | None

    @property
    def item(self) -> Item:
        """The definition before, or the one that was added."""
        either = self.before or self.after
        assert either is not None
        return either

    @property
    def name(self) -> str:
        """The target that it would be, as `module:Class.name`."""
        return named(self.item.place)

    @property
    def is_slight(self) -> bool:
        """True if only annotations, or the order of imports, are others than before."""
        return self.before is not None and self.after is not None and is_slight(self.before.node, self.after.node)

    @property
    def counts(self) -> tuple[int, int]:
        """The number of lines that were added, and of those that were removed."""
        before = self.before.lines if self.before else ()
        after = self.after.lines if self.after else ()
        marks = [line[:1] for line in difflib.unified_diff(before, after, n=0, lineterm="")][2:]
        return marks.count("+"), marks.count("-")


def named(place: Place) -> str:
    """Return a place as users write it."""
    return f"{place.module}:{'.'.join(place.path)}"


def between(module: str, old: str, new: str) -> list[Change]:
    """Return what two texts of a module define differently, in the order of the newer one; then what is gone.

    Comments, layout and docstrings do not count. Raises SyntaxError or ValueError if one of them is no Python.
    """
    before, after = items(module, old), items(module, new)
    changes = [_changed(before.get(place), item) for place, item in after.items()]
    gone = [Change(How.REMOVED, item, None) for place, item in before.items() if place not in after]
    return _whole_classes([one for one in changes if one is not None] + gone)


def _changed(before: Item | None, after: Item) -> Change | None:
    if before is None:
        return Change(How.ADDED, None, after)
    return None if _are_alike(before, after) else Change(How.CHANGED, before, after)


def _whole_classes(changes: Sequence[Change]) -> list[Change]:
    """Leave out what came or went with the whole class that it is in."""
    ends = {How.ADDED, How.REMOVED}
    classes = {(one.how, one.item.place) for one in changes if one.how in ends and one.item.kind is Kind.CLASS}
    return [one for one in changes if not any((one.how, outer) in classes for outer in _outer(one.item.place))]


def _outer(place: Place) -> list[Place]:
    return [Place(place.module, place.path[:length]) for length in range(1, len(place.path))]


def _are_alike(before: Item, after: Item) -> bool:
    if before.lines == after.lines:  # parsed alike in either text, and compared a hundred times as fast
        return True
    return before.kind is after.kind and spelled(before) == spelled(after)


def spelled(item: Item) -> str:
    """Return the fingerprint of a definition; of a class, of what is not in its body."""
    if isinstance(item.node, ast.ClassDef):
        header = (*item.node.bases, *item.node.keywords, *item.node.decorator_list)
        return " ".join(map(fingerprint.of_node, header))
    return fingerprint.of_node(item.node)


def items(module: str, text: str) -> dict[Place, Item]:
    """Return what a module defines, by place, with the members of its classes. Of several definitions the last counts.

    Raises SyntaxError or ValueError if the text is no Python.
    """
    lines = text.split("\n")
    found = _in_body(modules.parse(text).body, ())
    return {Place(module, path): _item(Place(module, path), node, lines) for path, node in found}


def _in_body(body: Sequence[ast.stmt], outer: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], ast.stmt]]:
    """Yield the definitions of a body and of the classes in it, each with the names that lead there."""
    for statement in statements(body):
        for name in names(statement):
            yield (*outer, name, *_role(statement)), statement
        if isinstance(statement, ast.ClassDef):
            yield from _in_body(statement.body, (*outer, statement.name))


def _role(statement: ast.stmt) -> Iterable[str]:
    """Return the name that leads on to the setter or the deleter of a property."""
    part = part_of(statement) if isinstance(statement, FUNCTIONS) else "fget"
    return () if part == "fget" else (part,)


def _item(place: Place, node: ast.stmt, lines: Sequence[str]) -> Item:
    kind = Kind.FUNCTION if isinstance(node, FUNCTIONS) else Kind.VALUE
    last = node.end_lineno or node.lineno
    if isinstance(node, ast.ClassDef):
        kind, last = Kind.CLASS, first_line(node.body[0]) - 1
    return Item(place, kind, node, tuple(lines[first_line(node) - 1 : last]))


def moved(changes: Iterable[Change]) -> list[Change]:
    """Return the changes, those as one that removed a definition here and added it under the same name elsewhere."""
    told = list(changes)
    come = {_identity(one.item): one for one in told if one.how is How.ADDED and isinstance(one.item.node, DEFINITIONS)}
    twins = {at: come.pop(_identity(one.item), None) for at, one in enumerate(told) if one.how is How.REMOVED}
    found = {at: twin for at, twin in twins.items() if twin is not None}
    taken = {twin.name for twin in found.values()}
    kept = [Change(How.MOVED, one.before, found[at].after) if at in found else one for at, one in enumerate(told)]
    return [one for one in kept if one.how is not How.ADDED or one.name not in taken]


def _identity(item: Item) -> tuple[str, str]:
    """Return what a definition keeps when it moves."""
    return item.place.path[-1], fingerprint.of_node(item.node)
