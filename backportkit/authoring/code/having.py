"""Tell which names and members the releases of a fix have, and by which statement the fix has added one."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.code import attributes, classes, names, origins, verbatim
from backportkit.source.found import Kind
from backportkit.source.reader import DEFINITIONS
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    from backportkit.authoring.releases.sources import Sources
    from backportkit.authoring.releases.spans import Fix, Row
    from backportkit.source.found import Found
    from backportkit.source.modules import Source


_MEMBERS = frozenset({Kind.FUNCTION, Kind.VALUE})


class Having(NamedTuple):
    """The releases of a fix, and the way to their modules.

    Attributes:
        fix: The releases.
        sources: The way to their modules.
        new: What the fix has added, or the release with it, as far as it is known.
    """

    fix: Fix
    sources: Sources
    new: tuple[Place, ...] = ()

    def find(self, place: Place) -> Found:
        """Return a definition as the release with the fix has it."""
        return self._found(self.fix.source, place)

    def before(self, place: Place) -> ast.AST | None:
        """Return a definition as the newest release with the bug has it; None if it has none."""
        return next(iter(self._found(self.fix.newest_broken, place).nodes), None)

    def lacking(self, place: Place) -> list[Row]:
        """Return the ends of the rows with the bug that do not have a name or member."""
        return [row for row in self.fix.ends if not self.has(row, place)]

    def has(self, row: Row, place: Place) -> bool:
        """Tell whether a release may have a name or member. What it inherits is not what the fix has of its own."""
        if len(place.path) == 1:
            library = self.sources.library(row, place.module)
            return names.has(library, self.sources.module(row, place.module), place.path[0])
        found, fixed = self._found(row, place), self.find(place)
        if found.kind is Kind.MISSING or not fixed.nodes or fixed.inherited is not None:
            return found.kind is not Kind.MISSING
        return found.inherited is None and (bool(found.nodes) or not self._is_bare(row, place))

    def inherited(self, place: Place) -> list[Found]:
        """Return what the releases with the bug inherit where the fix has a member of its own; none for a new one."""
        found = [self._found(row, place) for row in self.fix.ends] if len(place.path) > 1 else []
        return found if all(one.inherited is not None for one in found) else []

    def untold(self, place: Place) -> list[Row]:
        """Return the ends of the rows in which source does not tell whether a class has a member from elsewhere."""
        ends = self.fix.ends if len(place.path) > 1 else []
        return [row for row in ends if self._found(row, place).kind is Kind.UNKNOWN]

    def home(self, place: Place) -> Place:
        """Return where a member is that a class inherits with the fix, and lacks before it; else the place itself."""
        inherited = self.find(place).inherited
        if inherited is None or not self.lacking(place):
            return place
        module, _, owner = inherited.partition(":")
        home = Place(module, (owner, place.path[-1]))
        return home if self.is_own(module) and self.find(home).nodes else place

    def member(self, place: Place) -> Place | None:
        """Return the place of a member whose class a name of a module leads to, over however many imports."""
        owner = self.find(place._replace(path=place.path[:1]))
        if owner.kind is not Kind.CLASS or owner.source is None or self.find(place).kind not in _MEMBERS:
            return None
        return Place(owner.source.module, (getattr(owner.nodes[-1], "name", place.path[0]), place.path[-1]))

    def _found(self, row: Row, place: Place) -> Found:
        return self.sources.library(row, place.module).find(place.module, place.path)

    def _is_bare(self, row: Row, place: Place) -> bool:
        """Tell whether nothing but decorators and the like could give a class a member that its body does not have."""
        source, name = self.sources.module(row, place.module), place.path[-1]
        owner = self._found(row, place._replace(path=place.path[:-1]))
        is_class = bool(owner.nodes) and isinstance(owner.nodes[-1], ast.ClassDef)
        is_set = is_class and attributes.setters(owner.nodes[-1], name)
        return is_class and not is_set and f"{place.path[-2]}.{name}" not in source.text

    def mentions(self, place: Place) -> bool:
        """Tell whether the modules of all releases with the bug have the name of a member in their text."""
        texts = (self.sources.module(row, place.module).text for row in self.fix.ends)
        return all(attributes.is_mentioned(place.path[-1], text) for text in texts)

    def setters(self, place: Place) -> list[Place]:
        """Return the methods of a class that set an attribute of its instances with the fix."""
        owner = self.find(Place(place.module, place.path[:-1])).nodes
        found = attributes.setters(owner[-1], place.path[-1]) if owner else []
        return [Place(place.module, (*place.path[:-1], name)) for name in found]

    def is_own(self, module: str) -> bool:
        """Tell whether the distribution has a module: what is of Python, or of others, is there."""
        return self.sources.library(self.fix.source, module).modules.read(module) is not None

    def is_in_all(self, module: str) -> bool:
        """Tell whether the distribution has a module, with source, in each of its releases."""
        rows = [self.fix.source, *self.fix.ends] if self.is_own(module) else []
        read = [self.sources.library(row, module).modules.read(module) for row in rows]
        return bool(read) and all(one is not None and one.tree is not None for one in read)

    def constant(self, name: str) -> Place | None:
        """Return the constant of a name that the fix has added to a module; None for none, or several."""
        found = [one for one in self.new if one.path == (name,) and self.find(one).kind is Kind.VALUE]
        return found[0] if len(found) == 1 and self.is_in_all(found[0].module) else None

    def origin(self, place: Place) -> Place | None:
        """Return the place that the fixed module imports a name from, if the fix has added it there; else None.

        A package that imports the module has not run to the end by then: what it has is brought by itself.
        """
        found = origins.of(self.sources.module(self.fix.source, place.module), place.path[0])
        if len(place.path) > 1 or found is None or f"{place.module}.".startswith(f"{found.module}."):
            return None
        is_new = self.is_in_all(found.module) and len(self.lacking(found)) == len(self.fix.ends)
        return found if is_new else None

    def imported(self, place: Place) -> tuple[ast.stmt, Source] | None:
        """Return the statement by which the fixed module imports a name; None for none."""
        source = self.sources.module(self.fix.source, place.module)
        node = names.definition(source, place.path[0])
        return None if node is None else (node, source)

    def added(self, place: Place) -> tuple[ast.stmt, Source] | None:
        """Return the statement by which the fixed module, or class, gets a name, and the module that has it."""
        found = self.find(place)
        source = self.sources.module(self.fix.source, place.module)
        node = names.definition(source, place.path[0]) if len(place.path) == 1 else None
        if node is not None and all(self.can_import(row, found.copied) for row in self.fix.ends):
            return node, source
        last = found.nodes[-1] if found.nodes else None
        if not isinstance(last, ast.stmt) or found.source is None:
            return None
        if len(place.path) == 1 and not isinstance(last, DEFINITIONS) and verbatim.plain_value(last) is None:
            return None
        return last, found.source

    def can_import(self, row: Row, origin: str | None) -> bool:
        """Tell whether a release has what an import in it leads to, `module:name`. What is of others is there."""
        module, _, name = (origin or "").partition(":")
        if origin is None or not self.is_own(module):
            return True
        library = self.sources.library(row, module)
        is_there = library.find(module, name.split(".")).kind is not Kind.MISSING
        return is_there or library.modules.read(f"{module}.{name}") is not None

    def untold_in_words(self, place: Place) -> str | None:
        """Say where only running the module tells whether something stands where a new member is added."""
        untold = self.untold(place)
        if not untold:
            return None
        name, owner = place.path[-1], ".".join(place.path[:-1])
        way = "write how='replace' in place of 'add' if it has"
        return f"see whether {owner} has {name!r} from a base or decorator in {untold[0].version}: {way}"

    def is_field(self, place: Place) -> bool:
        """Tell whether the fix has made a member one of those that a constructor is made of."""
        *outer, name = place.path
        owner = self.find(Place(place.module, tuple(outer))) if outer else None
        return owner is not None and bool(owner.nodes) and name in classes.fields(owner.nodes[-1])
