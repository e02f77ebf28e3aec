"""A file of source: its statements with what they stand in, and the names that each scope binds."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from backportkit.scan import words
from backportkit.source.reader import DEFINITIONS, FUNCTIONS, first_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeGuard

    from backportkit.scan.texts import Text

Scope: TypeAlias = "ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda"
_Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_EXCLUSIVE = frozenset({"body", "orelse"})


class Binder(NamedTuple):
    """One place where a scope binds a name.

    Attributes:
        statement: The statement that does it.
        value: The expression whose value the name gets; None for imports, definitions, parameters and loops.
        position: The indices into the value, where it is unpacked.
        loop: The loop whose rows the name gets; None if it is bound by no loop.
        is_within: True for `:=`, whose name counts in the statement itself.
    """

    statement: ast.AST
    value: ast.expr | None = None
    position: tuple[int, ...] = ()
    loop: ast.For | ast.AsyncFor | None = None
    is_within: bool = False


class Above(NamedTuple):
    """The node that a statement stands in, the block of it, and the index there."""

    node: ast.AST
    block: str
    at: int


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
            for block in _BLOCKS:
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
            for name, binder in _in_scope(scope):
                found.setdefault(name, []).append(binder)
            self._binders[scope] = found
        return self._binders[scope]

    def set_by_methods(self, cls: ast.ClassDef) -> dict[str, list[tuple[_Function, ast.Assign]]]:
        """Return the assignments to attributes of `self` in the methods of a class, by these attributes."""
        if cls not in self._set_by_methods:
            found: dict[str, list[tuple[_Function, ast.Assign]]] = {}
            for method in cls.body:
                for node in _below(method.body) if isinstance(method, FUNCTIONS) else ():
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

    def reaching(self, binders: list[Binder], at: ast.AST | None) -> list[Binder]:
        """Return the binders that may count at a statement, or at the end of the scope: from the last one backwards."""
        line = getattr(at, "lineno", None)
        found = []
        for one in reversed(binders):
            is_late = line is not None and getattr(one.statement, "lineno", 0) >= line and one.statement is not at
            is_itself = one.statement is at and not one.is_within
            if is_late or is_itself or (at is not None and self._exclude(one.statement, at)):
                continue
            found.append(one)
            if self._is_certain(one.statement, at):
                break
        return found

    def _is_certain(self, statement: ast.AST, at: ast.AST | None) -> bool:
        """Tell whether a statement has run whenever another one runs, or the scope has ended."""
        place = self.above.get(statement)
        if place is None:
            return True
        if isinstance(place.node, (ast.Module, *DEFINITIONS)):
            return True
        return at is not None and any(one[:2] == place[:2] for one in self.chain(at))

    def _exclude(self, one: ast.AST, other: ast.AST) -> bool:
        """Tell whether two statements are in different branches of an `if`."""
        branches = {place.node: place.block for place in self.chain(one) if isinstance(place.node, ast.If)}
        there = {place.node: place.block for place in self.chain(other) if isinstance(place.node, ast.If)}
        return any({block, there[node]} == _EXCLUSIVE for node, block in branches.items() if node in there)


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


# --- names ---


def _in_scope(scope: Scope) -> Iterator[tuple[str, Binder]]:
    if isinstance(scope, (*FUNCTIONS, ast.Lambda)):
        for name in parameters(scope):
            yield name, Binder(scope)
    body = scope.body if isinstance(scope.body, list) else []
    for statement in _below(body):
        yield from _of_statement(statement)


def _of_self(node: ast.AST) -> Iterator[str]:
    """Yield the attributes of `self` that an assignment sets."""
    for target in node.targets if isinstance(node, ast.Assign) else ():
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in _SELVES:
            yield target.attr


_SELVES = frozenset({"self", "cls"})


def parameters(scope: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[str]:
    """Return the names of all parameters."""
    given = scope.args
    extra = [one.arg for one in (given.vararg, given.kwarg) if one is not None]
    return [*positional(scope), *(one.arg for one in given.kwonlyargs), *extra]


def positional(scope: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[str]:
    """Return the names of the parameters that take arguments by position."""
    return [one.arg for one in (*scope.args.posonlyargs, *scope.args.args)]


def _below(body: list[ast.stmt]) -> Iterator[ast.AST]:
    left: list[ast.AST] = list(reversed(body))
    while left:
        node = left.pop()
        yield node
        if not isinstance(node, DEFINITIONS):
            left += [one for block in reversed(_BLOCKS) for one in reversed(getattr(node, block, None) or ())]


def _of_statement(node: ast.AST) -> Iterator[tuple[str, Binder]]:
    if isinstance(node, DEFINITIONS):
        yield node.name, Binder(node)
    elif isinstance(node, ast.Import):
        yield from ((one.asname or one.name.partition(".")[0], Binder(node)) for one in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from ((one.asname or one.name, Binder(node)) for one in node.names)
    elif isinstance(node, ast.For | ast.AsyncFor):
        yield from ((name, Binder(node, None, at, node)) for name, at, _ in unpacked(node.target, None, ()))
    elif isinstance(node, ast.With | ast.AsyncWith):
        for item in node.items:
            if item.optional_vars is not None:
                yield from ((name, Binder(node, None, at)) for name, at, _ in unpacked(item.optional_vars, None, ()))
    elif isinstance(node, ast.ExceptHandler):
        if node.name:
            yield node.name, Binder(node)
    else:
        yield from _assigned(node)


def _assigned(node: ast.AST) -> Iterator[tuple[str, Binder]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            for name, at, value in unpacked(target, node.value, ()):
                yield name, Binder(node, value, at)
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        yield node.target.id, Binder(node, node.value)
    for part in (getattr(node, "value", None), getattr(node, "test", None)):
        for one in ast.walk(part) if isinstance(part, ast.AST) else ():
            if isinstance(one, ast.NamedExpr):
                yield one.target.id, Binder(node, one.value, is_within=True)


def unpacked(
    target: ast.expr, value: ast.expr | None, at: tuple[int, ...]
) -> Iterator[tuple[str, tuple[int, ...], ast.expr | None]]:
    """Yield the names in a target, with the expression for each, and the indices that are left to take of it."""
    if isinstance(target, ast.Name):
        yield target.id, at, value
    elif isinstance(target, ast.Starred):
        yield from unpacked(target.value, value, at)
    elif isinstance(target, ast.Tuple | ast.List):
        is_written = isinstance(value, ast.Tuple | ast.List) and not at and len(value.elts) == len(target.elts)
        for index, one in enumerate(target.elts):
            if is_written:
                yield from unpacked(one, value.elts[index], ())  # type: ignore[union-attr]
            else:
                yield from unpacked(one, value, (*at, index))
