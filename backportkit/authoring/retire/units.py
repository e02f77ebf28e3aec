"""Take a Python file apart into units, which can be removed one by one."""

from __future__ import annotations

import ast
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.retire import mentions
from backportkit.source.reader import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from backportkit.authoring.retire.mentions import Mentions, Reader

    Import = ast.Import | ast.ImportFrom
    Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_NOTHING = mentions.Mentions(set(), set())


class Kind(Enum):
    """The kinds of units."""

    DOCSTRING = "docstring"
    FUTURE = "import from __future__"
    IMPORT = "name of an import"
    DEFINITION = "definition"
    EXPORTS = "__all__"
    DECORATOR = "decorator that declares"
    CONDITION = "if"
    EFFECT = "any other statement"


class Unit:
    """A statement of a module, one name of an import, a decorator of ours, or an `if` without what is under it.

    Attributes:
        file: The file that has it.
        kind: Its kind.
        node: The node of its statement or decorator.
        mentions: The names that it mentions.
        binds: The names that it gives to its module.
        alias: Its place among the names of its import statement.
        parent: The `if` that it stands under.
    """

    __slots__ = ("alias", "binds", "file", "kind", "mentions", "node", "parent")

    def __init__(  # noqa: PLR0913 -- its attributes
        self,
        file: File,
        kind: Kind,
        node: ast.stmt | ast.expr,
        mentioned: Mentions,
        binds: Iterable[str] = (),
        *,
        alias: int = 0,
        parent: Unit | None = None,
    ) -> None:
        self.file, self.kind, self.node, self.alias, self.parent = file, kind, node, alias, parent
        self.mentions = mentioned
        self.binds = frozenset(binds)

    @property
    def position(self) -> tuple[int, int]:
        """The line and the column of its statement or decorator."""
        return self.node.lineno, self.node.col_offset

    @property
    def is_private(self) -> bool:
        """True if its name, or that of a module around it, says that nobody else is to use it."""
        return any(name.startswith("_") for name in (*self.file.module.split("."), *self.binds))


class File(NamedTuple):
    """A Python file of a project.

    Attributes:
        path: The file.
        module: Its dotted name.
        reader: The reader of its names.
        units: Its units, in order.
    """

    path: Path
    module: str
    reader: Reader
    units: list[Unit]

    @property
    def is_package(self) -> bool:
        """True if it is the file of a package itself."""
        return self.path.name == "__init__.py"

    def binding(self, names: Iterable[str]) -> list[Unit]:
        """Return the units that bind one of the names."""
        wanted = frozenset(names)
        return [one for one in self.units if one.binds & wanted]


def of(content: bytes, path: Path, module: str) -> File:
    """Return a file of this content, with its units. Raises SyntaxError or ValueError if it cannot be read."""
    tree = ast.parse(content)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    file = File(path, module, mentions.reader_of(tree, package), [])
    file.units.extend(_units(file, tree.body, None))
    return file


def _units(file: File, body: Iterable[ast.stmt], parent: Unit | None) -> Iterator[Unit]:
    for at, node in enumerate(body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _of_import(file, node, parent)
        elif isinstance(node, ast.If):
            condition = Unit(file, Kind.CONDITION, node, file.reader.read(node.test), parent=parent)
            yield condition
            yield from _units(file, [*node.body, *node.orelse], condition)
        elif isinstance(node, DEFINITIONS):
            yield from _of_definition(file, node, parent)
        elif not at and parent is None and mentions.is_text(node):
            yield Unit(file, Kind.DOCSTRING, node, _NOTHING)
        else:
            names = _bound_by(node)
            yield Unit(file, _kind(names), node, file.reader.read(node), names, parent=parent)


def _of_import(file: File, node: Import, parent: Unit | None) -> Iterator[Unit]:
    kind = Kind.FUTURE if isinstance(node, ast.ImportFrom) and node.module == "__future__" else Kind.IMPORT
    for at, one in enumerate(node.names):
        target = mentions.Mentions(set(), {mentions.target(file.reader.package, node, one)})
        yield Unit(file, kind, node, target, [mentions.bound(node, one)], alias=at, parent=parent)


def _of_definition(file: File, node: Definition, parent: Unit | None) -> Iterator[Unit]:
    """Yield the decorators of ours, which mention what they decorate, and then the definition without them."""
    ours = [one for one in node.decorator_list if file.reader.is_declaring(one)]
    for one in ours:
        found = file.reader.read(one)
        found.names.add(node.name)
        yield Unit(file, Kind.DECORATOR, one, found, parent=parent)
    yield Unit(file, Kind.DEFINITION, node, file.reader.read(node, ours), [node.name], parent=parent)


def _kind(names: list[str]) -> Kind:
    if names == ["__all__"]:
        return Kind.EXPORTS
    return Kind.DEFINITION if names else Kind.EFFECT


def _bound_by(node: ast.stmt) -> list[str]:
    """Return the names that a statement binds, if that is all that it does; none for any other statement."""
    if isinstance(node, ast.Try):
        return _bound_by_all(_inner(node))
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [mentions.bound(node, one) for one in node.names]
    if isinstance(node, DEFINITIONS):
        return [node.name]
    named = node.name if type(node).__name__ == "TypeAlias" else None  # type: ignore[attr-defined]  # since Python 3.12
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", named)]
    is_plain = not isinstance(node, ast.AugAssign | ast.For | ast.AsyncFor)
    return [one.id for one in targets if isinstance(one, ast.Name)] if is_plain and _are_names(targets) else []


def _are_names(targets: Iterable[object]) -> bool:
    return all(isinstance(one, ast.Name) for one in targets)


def _inner(node: ast.Try) -> list[ast.stmt]:
    handled = [one for handler in node.handlers for one in handler.body]
    return [one for one in (*node.body, *handled, *node.orelse, *node.finalbody) if not isinstance(one, ast.Pass)]


def _bound_by_all(body: list[ast.stmt]) -> list[str]:
    bound = [_bound_by(one) for one in body]
    return [name for names in bound for name in names] if all(bound) else []
