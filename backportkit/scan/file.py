"""A file of source: its statements with what they stand in, and the names that each scope binds."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from backportkit.scan import words
from backportkit.scan.binders import BLOCKS, below, in_scope
from backportkit.scan.reaching import Above, Reaching
from backportkit.source.reader import DEFINITIONS, FUNCTIONS, first_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeGuard

    from backportkit.scan.binders import Binder, Scope
    from backportkit.scan.texts import Text

_Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"


class File:
    """A file that was parsed."""

    def __init__(self, text: Text, tree: ast.Module, source: str) -> None:
        self.text = text
        self.tree = tree
        self.source = source
        self._uses: dict[str, list[tuple[ast.expr, ast.stmt]]] = {}
        self._globals: dict[ast.AST, frozenset[str]] = {}
        self._scopes: dict[ast.AST, Scope] = {}
        self._binders: dict[ast.AST, dict[str, list[Binder]]] = {}
        self._reaching: dict[tuple[Scope, str], Reaching] = {}
        self._set_by_methods: dict[ast.ClassDef, dict[str, list[tuple[_Function, ast.Assign]]]] = {}

    @property
    def module(self) -> str:
        """The name of the module."""
        return self.text.module

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        is_package = self.text.path.rpartition("/")[2] == "__init__.py"
        return self.module if is_package else self.module.rpartition(".")[0]

    @cached_property
    def above(self) -> dict[ast.AST, Above]:
        """The place of each statement, handler and case."""
        found: dict[ast.AST, Above] = {}
        left: list[ast.AST] = [self.tree]
        while left:
            node = left.pop()
            for block in BLOCKS:
                inner = getattr(node, block, None)
                for index, one in enumerate(inner if isinstance(inner, list) else ()):
                    found[one] = Above(node, block, index)
                    left.append(one)
        return found

    @cached_property
    def statements(self) -> list[ast.stmt]:
        """All statements, in the order of the text."""
        found = [one for one in self.above if isinstance(one, ast.stmt)]
        return sorted(found, key=lambda one: (one.lineno, one.col_offset))

    @cached_property
    def words(self) -> frozenset[str]:
        """All words in the text."""
        return frozenset(re.findall(r"\w+", self.source))

    @cached_property
    def _lines(self) -> list[int]:
        """The offsets at which the lines end."""
        return [found.start() for found in re.finditer("\n", self.source)]

    @cached_property
    def _starts(self) -> tuple[list[int], list[ast.stmt]]:
        """The first lines of the statements, and these, both in order."""
        ordered = sorted((first_line(one), index, one) for index, one in enumerate(self.statements))
        return [line for line, *_ in ordered], [one for *_, one in ordered]

    def matching(self, pattern: str) -> list[ast.stmt]:
        """Return the innermost statements at the lines where the source matches a pattern, each once, in order."""
        return self._at(match.start() for match in re.finditer(pattern, self.source))

    def _at(self, offsets: Iterable[int]) -> list[ast.stmt]:
        """Return the innermost statements at the lines of some offsets, each once, in order."""
        starts, statements = self._starts
        found: dict[ast.stmt, None] = {}
        for offset in offsets:
            at = bisect_right(starts, bisect_left(self._lines, offset) + 1)
            if at:
                found[statements[at - 1]] = None
        return list(found)

    def uses(self, name: str) -> list[tuple[ast.expr, ast.stmt]]:
        """Return the expressions that read a name or an attribute of that name, each with its statement."""
        if name not in self._uses:
            of = self._at(words.offsets(self.source, name)) if name in self.words else []
            self._uses[name] = [(node, one) for one in of for node in expressions(one) if _reads(node, name)]
        return self._uses[name]

    def chain(self, node: ast.AST) -> Iterator[Above]:
        """Yield the places that a statement stands in, from the innermost to the module."""
        while (place := self.above.get(node)) is not None:
            yield place
            node = place.node

    def scope(self, statement: ast.AST) -> Scope:
        """Return the function, class or module that a statement stands in."""
        if statement not in self._scopes:
            nodes = (place.node for place in self.chain(statement))
            self._scopes[statement] = next((one for one in nodes if isinstance(one, DEFINITIONS)), self.tree)
        return self._scopes[statement]

    def function(self, statement: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """Return the function that a statement stands in; None outside of functions."""
        return next((place.node for place in self.chain(statement) if isinstance(place.node, FUNCTIONS)), None)

    def binders(self, scope: Scope) -> dict[str, list[Binder]]:
        """Return the places where a scope binds names, by these, in the order of the text."""
        if scope not in self._binders:
            found: dict[str, list[Binder]] = {}
            for name, binder in in_scope(scope):
                found.setdefault(name, []).append(binder)
            self._binders[scope] = found
        return self._binders[scope]

    def set_by_methods(self, cls: ast.ClassDef) -> dict[str, list[tuple[_Function, ast.Assign]]]:
        """Return the assignments to attributes of `self` in the methods of a class, by these attributes."""
        if cls not in self._set_by_methods:
            found: dict[str, list[tuple[_Function, ast.Assign]]] = {}
            for method in cls.body:
                for node in below(method.body) if isinstance(method, FUNCTIONS) else ():
                    for name in _of_self(node):
                        found.setdefault(name, []).append((method, node))  # type: ignore[arg-type]
            self._set_by_methods[cls] = found
        return self._set_by_methods[cls]

    @cached_property
    def imported(self) -> frozenset[str]:
        """The names that imports anywhere in the file bind."""
        return frozenset(one.asname or one.name.partition(".")[0] for node in self.imports for one in node.names)

    @cached_property
    def imports(self) -> list[ast.Import | ast.ImportFrom]:
        """All imports, in the order of the text."""
        return [one for one in self.statements if isinstance(one, ast.Import | ast.ImportFrom)]

    def named(self, name: str) -> list[str]:
        """Return a name, and those under which imports in the file know it."""
        others = [one.asname for node in self.imports for one in node.names if one.asname and one.name == name]
        return list(dict.fromkeys([name, *others]))

    @cached_property
    def star_imports(self) -> list[ast.ImportFrom]:
        """The imports of all names of a module, outside of functions and blocks."""
        return [one for one in self.tree.body if isinstance(one, ast.ImportFrom) and one.names[0].name == "*"]

    def globals_of(self, scope: Scope) -> frozenset[str]:
        """Return the names that a function declares to be global."""
        if scope not in self._globals:
            body = scope.body if isinstance(scope, FUNCTIONS) else []
            self._globals[scope] = frozenset(name for one in body if isinstance(one, ast.Global) for name in one.names)
        return self._globals[scope]

    @cached_property
    def set_globally(self) -> dict[str, list[Binder]]:
        """The places in functions that bind names of the module, which these declare to be global."""
        found: dict[str, list[Binder]] = {}
        declaring = [one for one in self.statements if isinstance(one, ast.Global)]
        for one in declaring:
            own = self.binders(self.scope(one))
            for name in one.names:
                found.setdefault(name, []).extend(own.get(name, []))
        return found

    def reaching(self, scope: Scope, name: str, at: ast.AST | None) -> list[Binder]:
        """Return what may have bound a name of a scope at a statement, or at its end: from the last one backwards."""
        if (scope, name) not in self._reaching:
            self._reaching[scope, name] = Reaching(scope, self.binders(scope).get(name, []), self.above)
        return self._reaching[scope, name].at(at)


def _reads(node: ast.AST, name: str) -> TypeGuard[ast.expr]:
    is_read = isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
    return is_read and name == getattr(node, "id", getattr(node, "attr", None))


def expressions(statement: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a statement's own expressions, without those of the statements in its blocks."""
    left = [one for one in ast.iter_child_nodes(statement) if not isinstance(one, _IN_BLOCKS)]
    while left:
        node = left.pop()
        yield node
        left += [one for one in ast.iter_child_nodes(node) if not isinstance(one, _IN_BLOCKS)]


_IN_BLOCKS = (ast.stmt, ast.ExceptHandler, ast.match_case)


def _of_self(node: ast.AST) -> Iterator[str]:
    """Yield the attributes of `self` that an assignment sets."""
    for target in node.targets if isinstance(node, ast.Assign) else ():
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in _SELVES:
            yield target.attr


_SELVES = frozenset({"self", "cls"})
