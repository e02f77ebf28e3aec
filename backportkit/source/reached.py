"""Tell which statements of its own package a piece of code reaches by the names in it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from backportkit.source import private
from backportkit.source.at_load import IMPORTS, imported_by, is_near
from backportkit.source.definitions import dotted
from backportkit.source.reader import absolute, first_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.source.lookup import Library
    from backportkit.source.modules import Source

_IMPORTING = (ast.Call, *IMPORTS)
# Names of ways to a global that its name does not show. Where one of them is used, the whole module counts.
_BY_OTHER_MEANS = frozenset(
    {"__builtins__", "__globals__", "__import__", "eval", "exec", "f_globals", "globals", "import_module", "modules"}
)
# Those of them that lead to other modules of the package, too.
_TO_MODULES = frozenset({"__import__", "import_module", "modules"})


class Statement(NamedTuple):
    """A statement of a module; without a node, the whole text of the module.

    Attributes:
        source: The module.
        node: The statement.
    """

    source: Source
    node: ast.AST | None = None

    @property
    def line(self) -> int:
        """The first line, also of its decorators."""
        return 1 if self.node is None else first_line(self.node)

    @property
    def end(self) -> int | None:
        """The last line; None for the last one of the module."""
        return getattr(self.node, "end_lineno", None)


class _Names(NamedTuple):
    """The names in a statement.

    Attributes:
        modules: The modules that it may import.
        globals: The names that may be globals.
        imports: The imports in it, each with a name that it binds.
        chains: The names, and those behind dots, that may lead to a module: `a.b.c`.
        means: The ways that are used to a global that its name does not show.
    """

    modules: frozenset[str]
    globals: tuple[str, ...]
    imports: tuple[tuple[ast.Import | ast.ImportFrom, str], ...]
    chains: tuple[tuple[str, ...], ...]
    means: frozenset[str]


# By the library, which reads each module once: many patches may lead to a statement.
_known: WeakKeyDictionary[Library, dict[ast.AST, _Names]] = WeakKeyDictionary()


class Reach:
    """The statements that some code leads to, in the modules of its own top-level package.

    Modules of Python itself and of other packages are not followed.

    Attributes:
        modules: The names of the modules that have these statements, and of those that they may import.
        held: The names of the modules that a statement has as objects: it may reach all that is beneath them.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self.modules: set[str] = set()
        self.held: set[str] = set()
        self._left: list[tuple[Source, str]] = []
        self._named: set[tuple[str, str]] = set()
        self._found: dict[tuple[str, int], Statement] = {}

    def __iter__(self) -> Iterator[Statement]:
        return iter(self._found.values())

    def has(self, statement: Statement) -> bool:
        """Tell whether a statement is known already."""
        return (statement.source.module, statement.line) in self._found

    def follow(self, statements: Iterable[Statement]) -> None:
        """Add statements, and all that the names in them lead to."""
        for one in statements:
            self._add(one)
        while self._left:
            self._resolve(*self._left.pop())

    def _add(self, statement: Statement) -> None:
        key = statement.source.module, statement.line if statement.node is not None else 0
        if key in self._found:
            return
        self._found[key] = statement
        self.modules.add(statement.source.module)
        source, node = statement.source, statement.node or statement.source.tree
        if node is None:
            return
        found = self._names_in(node, source)
        self.modules.update(found.modules)
        self._left += [(source, name) for name in found.globals]
        for one, name in found.imports:
            self._follow_import(source, one, name)
        for chain in found.chains:
            self._follow_chain(source, chain, [one for one, name in found.imports if name == chain[0]])
        if found.means:
            self._add(Statement(source))
        if found.means & _TO_MODULES:
            self.held.add(source.module.partition(".")[0])

    def _names_in(self, node: ast.AST, source: Source) -> _Names:
        known = _known.setdefault(self._library, {})
        if node not in known:
            known[node] = _names(ast.walk(node), source, self._library)
        return known[node]

    def _resolve(self, source: Source, name: str) -> None:
        """Add the statements at the top of a module that bind a name."""
        if (source.module, name) in self._named or source.tree is None:
            return
        self._named.add((source.module, name))
        for stored in self._stored(source.tree, name):
            bound = self._library.statements(source.tree, stored) or self._library.statements(source.tree, "*")
            for statement in bound:
                if isinstance(statement, IMPORTS):
                    self._follow_import(source, statement, stored)
                else:
                    self._add(Statement(source, statement))

    def _stored(self, tree: ast.Module, name: str) -> list[str]:
        """Return the names in a module that one may stand for: in a class K, `__name` is `_K__name`."""
        names = self._library.names(tree) if private.is_private(name) else []
        return [name, *(one for one in names if one != name and one.endswith(name))]

    def _follow_chain(self, source: Source, chain: tuple[str, ...], imports: Iterable[ast.stmt]) -> None:
        """Add the modules that a chain of names leads to; the last one is held if it is not only asked for a name."""
        for module in self._bound_modules(source, chain[0], imports):
            names = iter(chain[1:])
            name = next(names, "")
            while name and self._library.modules.read(f"{module}.{name}") is not None:
                module, name = f"{module}.{name}", next(names, "")  # noqa: PLW2901 -- one step further down
                self._whole(source, module)
            if not name or name.startswith("__"):
                self.held.add(module)

    def _bound_modules(self, source: Source, name: str, imports: Iterable[ast.stmt] = ()) -> Iterator[str]:
        """Yield the modules of the same package that imports, at the top of a module or these, bind to a name."""
        at_top = [] if source.tree is None else self._library.statements(source.tree, name)
        for node in (*imports, *at_top):
            found = _modules_of(node, name, source) if isinstance(node, IMPORTS) else []
            yield from (one for one in found if is_near(source, one) and self._library.modules.read(one) is not None)

    def _follow_import(self, source: Source, node: ast.Import | ast.ImportFrom, name: str) -> None:
        """Add what an import binds to a name, if that comes from the same package."""
        self.modules.update(imported_by(node, source, self._library))
        for alias in node.names:
            if alias.name != "*" and _bound(alias) != name:
                continue
            if isinstance(node, ast.Import):
                self._whole(source, alias.name)
            else:
                self._imported(source, absolute(source.package, node), name if alias.name == "*" else alias.name)

    def _imported(self, source: Source, module: str, name: str) -> None:
        exporter = self._library.modules.read(module) if is_near(source, module) else None
        if exporter is None:
            return
        if exporter.tree is not None and self._library.binds(exporter.tree, name):
            self._left.append((exporter, name))
            self.held.update(self._bound_modules(exporter, name))
        elif self._library.modules.read(f"{module}.{name}") is not None:
            self._whole(source, f"{module}.{name}")
        elif name != "*":
            self._left.append((exporter, name))

    def _whole(self, source: Source, module: str) -> None:
        found = self._library.modules.read(module) if is_near(source, module) else None
        if found is not None:
            self._add(Statement(found))


def _names(nodes: Iterable[ast.AST], source: Source, library: Library) -> _Names:
    """Return the names in the nodes of a statement."""
    modules: set[str] = set()
    names: dict[str, None] = {}
    imports: list[tuple[ast.Import | ast.ImportFrom, str]] = []
    each = list(nodes)
    for node in each:
        if isinstance(node, _IMPORTING):
            modules.update(imported_by(node, source, library))
        if isinstance(node, ast.Global):
            names.update(dict.fromkeys(node.names))
        elif isinstance(node, IMPORTS):
            imports += [(node, _bound(alias)) for alias in node.names]
        elif isinstance(node, ast.Name):
            names[node.id] = None
    means = {getattr(node, "id", getattr(node, "attr", "")) for node in each} & _BY_OTHER_MEANS
    return _Names(frozenset(modules), tuple(names), tuple(imports), _chains(each), frozenset(means))


def _chains(nodes: list[ast.AST]) -> tuple[tuple[str, ...], ...]:
    """Return the names, each with those behind its dots, that no longer chain has in it."""
    inner = {node.value for node in nodes if isinstance(node, ast.Attribute)}
    outer = (node for node in nodes if isinstance(node, ast.Attribute | ast.Name) and node not in inner)
    return tuple(dict.fromkeys(tuple(names) for node in outer if (names := dotted(node))))


def _modules_of(node: ast.Import | ast.ImportFrom, name: str, source: Source) -> list[str]:
    """Return the modules that an import may bind to a name."""
    aliases = [alias for alias in node.names if _bound(alias) == name]
    if isinstance(node, ast.Import):
        return [alias.name if alias.asname else name for alias in aliases]
    return [f"{absolute(source.package, node)}.{alias.name}" for alias in aliases]


def _bound(alias: ast.alias) -> str:
    """Return the name that an import binds."""
    return alias.asname or alias.name.partition(".")[0]
