"""Tell which names a piece of code mentions: of its own module, and of others. Too many rather than too few."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from backportkit.source import reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVERYTHING = "*"  # of a module that is used as such, or imported by `from module import *`
_DECLARING = frozenset({"backportkit.backport", "backportkit.load", "backportkit.register"})


class Mentions(NamedTuple):
    """The names of the own module, and the dotted names of others and of what is in them."""

    names: set[str]
    dotted: set[str]


class Reader(NamedTuple):
    """A reader of the code of one module.

    Attributes:
        package: The package that relative imports start from.
        imports: What each name stands for that an import anywhere in the module binds.
    """

    package: str
    imports: Mapping[str, str]

    def read(self, node: ast.AST, without: Iterable[ast.AST] = ()) -> Mentions:
        """Return what a node mentions, some of its children left out."""
        found = Mentions(set(), set())
        left = [node]
        while left:
            one = left.pop()
            if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load):
                found.names.add(one.id)  # it is bound here, whatever it stands for elsewhere
            elif chain := _chain(one):
                self._add_chain(chain, found)
            elif isinstance(one, ast.Import | ast.ImportFrom):
                found.dotted.update(target(self.package, one, alias) for alias in one.names)
            elif isinstance(one, ast.Constant):
                _add_text(one.value, found)
            elif not is_text(one):
                left += [inner for inner in ast.iter_child_nodes(one) if inner not in without]
        return found

    def is_declaring(self, node: ast.AST) -> bool:
        """Tell whether a node is a call of a function of ours that declares patches."""
        return self.called(node) in _DECLARING

    def called(self, node: ast.AST) -> str:
        """Return the dotted name of what a node calls; empty if that was not imported, or nothing is called."""
        chain = _chain(node.func) if isinstance(node, ast.Call) else []
        imported = self.imports.get(chain[0]) if chain else None
        return "" if imported is None else ".".join([imported, *chain[1:]])

    def _add_chain(self, chain: list[str], found: Mentions) -> None:
        found.names.add(chain[0])
        if chain[0] in self.imports:
            found.dotted.add(".".join([self.imports[chain[0]], *(chain[1:] or [EVERYTHING])]))


def reader_of(tree: ast.Module, package: str) -> Reader:
    """Return the reader of a module."""
    imports: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.update((bound(node, one), _bound_to(package, node, one)) for one in node.names)
    return Reader(package, imports)


def bound(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    """Return the name that an import binds: `import a.b` binds a."""
    return alias.asname or (alias.name.partition(".")[0] if isinstance(node, ast.Import) else alias.name)


def target(package: str, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    """Return what an import imports: a module, or something in it."""
    return alias.name if isinstance(node, ast.Import) else f"{reader.absolute(package, node)}.{alias.name}"


def is_text(node: ast.AST) -> bool:
    """Tell whether a node is a statement that is a text, such as a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _bound_to(package: str, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    whole = target(package, node, alias)
    return whole.partition(".")[0] if isinstance(node, ast.Import) and not alias.asname else whole


def _chain(node: ast.AST) -> list[str]:
    """Return the names of `a.b.c`; none if the node is anything else."""
    if isinstance(node, ast.Name):
        return [node.id]
    inner = _chain(node.value) if isinstance(node, ast.Attribute) else []
    return [*inner, node.attr] if inner and isinstance(node, ast.Attribute) else []


def _add_text(value: object, found: Mentions) -> None:
    """Add the name that a text is, such as `package.module:name`; or those in it, as in an annotation or a script."""
    text = value if isinstance(value, str) else ""
    parts = text.replace(":", ".").split(".")
    if all(part.isidentifier() for part in parts):
        found.names.add(parts[0])
        found.dotted.add(".".join(parts))
        return
    words = "".join(sign if sign.isalnum() or sign in "_." else " " for sign in text).split()
    found.dotted.update(f"{word.strip('.')}.{EVERYTHING}" for word in words if "." in word.strip("."))
    if "[" in text or "|" in text:
        found.names.update(words)
