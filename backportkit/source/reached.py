"""Tell which statements of its own package a piece of code reaches by the names in it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from backportkit.source.at_load import IMPORTS, imported_by, is_near
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
        is_whole: True if a way to a global is used that its name does not show.
    """

    modules: frozenset[str]
    globals: tuple[str, ...]
    imports: tuple[tuple[ast.Import | ast.ImportFrom, str], ...]
    is_whole: bool


# By the library, which reads each module once: many patches may lead to a statement.
_known: WeakKeyDictionary[Library, dict[ast.AST, _Names]] = WeakKeyDictionary()


class Reach:
    """The statements that some code leads to, in the modules of its own top-level package.

    Modules of Python itself and of other packages are not followed.

    Attributes:
        modules: The names of the modules that have these statements, and of those that they may import.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self.modules: set[str] = set()
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
        if found.is_whole:
            self._add(Statement(source))

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
        for statement in self._library.statements(source.tree, name) or self._library.statements(source.tree, "*"):
            if isinstance(statement, IMPORTS):
                self._follow_import(source, statement, name)
            else:
                self._add(Statement(source, statement))

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
        elif self._library.modules.read(f"{module}.{name}") is not None:
            self._whole(source, f"{module}.{name}")
        elif name != "*":
            self._left.append((exporter, name))

    def _whole(self, source: Source, module: str) -> None:
        found = self._library.modules.read(module) if is_near(source, module) else None
        if found is not None and found.module != source.module:
            self._add(Statement(found))


def _names(nodes: Iterable[ast.AST], source: Source, library: Library) -> _Names:
    """Return the names in the nodes of a statement."""
    modules: set[str] = set()
    names: dict[str, None] = {}
    imports: list[tuple[ast.Import | ast.ImportFrom, str]] = []
    is_whole = False
    for node in nodes:
        if isinstance(node, _IMPORTING):
            modules.update(imported_by(node, source, library))
        if isinstance(node, ast.Global):
            names.update(dict.fromkeys(node.names))
        elif isinstance(node, IMPORTS):
            imports += [(node, _bound(alias)) for alias in node.names]
        elif isinstance(node, ast.Name):
            names[node.id] = None
        is_whole = is_whole or getattr(node, "id", getattr(node, "attr", "")) in _BY_OTHER_MEANS
    return _Names(frozenset(modules), tuple(names), tuple(imports), is_whole)


def _bound(alias: ast.alias) -> str:
    """Return the name that an import binds."""
    return alias.asname or alias.name.partition(".")[0]
