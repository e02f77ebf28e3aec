"""Find who calls a function of the project, and which rows a loop has: what names stand for there."""

from __future__ import annotations

import ast
import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from backportkit.scan import registered, tables, worth, written
from backportkit.scan.file import expressions
from backportkit.scan.values import NOTHING_BOUND, Bindings, Frame, Given, Hole, Own, Thunk, text_of
from backportkit.source.reader import DEFINITIONS, FUNCTIONS, absolute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.file import File
    from backportkit.scan.values import Value

_MOST, _DEEPEST = 400, 6
_OF_IMPORTS = re.compile(r"import|module|hook", re.IGNORECASE)


class Site(NamedTuple):
    """A place that gives a name its value: a call, a decorator, or the row of a table.

    Attributes:
        kind: `call`, `decorator`, `callback` or `row`.
        file: Its file.
        statement: Its statement.
        node: The call or the row.
        hole: The name that it gives a value to.
        says_name: True if it tells which attribute is changed, and not only of what.
    """

    kind: str
    file: File
    statement: ast.AST | None
    node: ast.AST
    hole: Hole
    says_name: bool = False


class Sites:
    """The uses of the project's functions."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._depth = 0
        self._calls_of: dict[ast.AST, list[tuple[File, ast.expr, ast.AST]]] = {}
        self._uses: dict[ast.AST, list[tuple[File, ast.expr, ast.AST]]] = {}

    def filled(self, hole: Hole, frame: Frame, most: int = _MOST) -> list[tuple[Bindings, Site]]:
        """Return what a name stands for at each site, with the names that are bound together with it."""
        if self._depth > _DEEPEST or most <= 0:
            return []
        self._depth += 1
        try:
            way = self._calls if hole.loop is None else self._rows
            return list(islice(way(hole, frame), most))
        finally:
            self._depth -= 1

    # --- loops ---

    def _rows(self, hole: Hole, frame: Frame) -> Iterator[tuple[Bindings, Site]]:
        assert hole.loop is not None
        at = Frame(hole.file, hole.file.scope(hole.loop), hole.loop, frame.bound)
        values = self._evaluator.values(Thunk(hole.loop.iter, at))
        inner = next((one for one in values if isinstance(one, Hole)), None)
        if inner is not None and inner != hole:
            yield from self.filled(inner, at)
            return
        names = [(name, one) for name, every in hole.file.binders(at.scope).items() for one in every]
        own = {name: one.position for name, one in names if one.loop is hole.loop}
        for row in tables.rows(self._evaluator, Thunk(hole.loop.iter, at)):
            bound: dict[tuple[ast.AST, str], Thunk] = {
                (at.scope, name): Thunk(row.node, row.frame, (*row.position, *position))
                for name, position in own.items()
            }
            yield Bindings({**frame.bound, **bound}), Site("row", row.frame.file, hole.loop, row.node, hole)

    # --- parameters ---

    def _calls(self, hole: Hole, frame: Frame) -> Iterator[tuple[Bindings, Site]]:
        function = hole.scope
        if not isinstance(function, FUNCTIONS):
            return
        for file, node, statement in self._giving(function, hole.file):
            at = Frame(file, file.scope(statement), statement, frame.bound)
            call = _call_of(node, statement)
            if call is not None:
                given = written.defaults(function, at) | written.arguments(function, call, at, _skipped(hole, node))
                kind = "decorator" if call in getattr(statement, "decorator_list", ()) else "call"
                if (function, hole.name) in given:
                    yield Bindings({**frame.bound, **given}), Site(kind, file, statement, call, hole)
            elif node in getattr(statement, "decorator_list", ()):
                yield from self._of_decorated(hole, node, at)
            else:
                yield from self._called_back(hole, node, at)
        yield from self._returned(hole, function, frame)
        yield from self._decorated(hole, frame)
        yield from self._registered(hole, frame)

    def _returned(self, hole: Hole, function: ast.AST, frame: Frame) -> Iterator[tuple[Bindings, Site]]:
        """Yield what a decorator is given that another function returns, as in `@patch_to(Class)`."""
        outer = hole.file.scope(function)
        if not isinstance(outer, FUNCTIONS) or not _returns(outer, function):
            return
        for file, node, statement in self._giving(outer, hole.file):
            at = Frame(file, file.scope(statement), statement, frame.bound)
            call = _call_of(node, statement)
            if call is not None and call in getattr(statement, "decorator_list", ()):
                given = written.defaults(outer, at) | written.arguments(outer, call, at, _skipped(hole, node))
                for bound, site in self._of_decorated(hole, call, at):
                    yield Bindings({**given, **bound}), site

    @staticmethod
    def _of_decorated(hole: Hole, node: ast.expr, at: Frame) -> Iterator[tuple[Bindings, Site]]:
        """Yield the function or class that a plain decorator is given."""
        if at.at is not None and isinstance(hole.scope, FUNCTIONS) and written.first(hole.scope) == [hole.name]:
            thunk = Thunk(Given([Own(at.at, at)], node), at)
            yield Bindings({**at.bound, (hole.scope, hole.name): thunk}), Site("decorator", at.file, at.at, node, hole)

    def _registered(self, hole: Hole, frame: Frame) -> Iterator[tuple[Bindings, Site]]:
        """Yield the modules that a function is registered for by its name."""
        name = getattr(hole.scope, "name", "")
        is_first = isinstance(hole.scope, FUNCTIONS) and written.first(hole.scope) == [hole.name]
        if not is_first or hole.file.scope(hole.scope) is not hole.file.tree:
            return
        for file, statement, node, module in registered.modules(self._evaluator.project, hole.file.module, name):
            at = Frame(file, file.scope(statement), statement, frame.bound)
            for value in self._evaluator.module(module):
                thunk = Thunk(Given([value], node), at)
                yield (
                    Bindings({**frame.bound, (hole.scope, hole.name): thunk}),
                    Site("callback", file, statement, node, hole),
                )

    def _called_back(self, hole: Hole, node: ast.expr, at: Frame) -> Iterator[tuple[Bindings, Site]]:
        """Yield the module that a function is registered for, as `register_post_import_hook(function, "module")`."""
        for call in _around(node, at.at):
            for value in self._named(call, at):
                thunk = Thunk(Given([value], call), at)
                yield (
                    Bindings({**at.bound, (hole.scope, hole.name): thunk}),
                    Site("callback", at.file, at.at, call, hole),
                )

    def _decorated(self, hole: Hole, frame: Frame) -> Iterator[tuple[Bindings, Site]]:
        """Yield the module that a decorator registers a function for, as `@when_imported("module")`."""
        at = Frame(hole.file, hole.file.scope(hole.scope), hole.scope, frame.bound)
        for decorator in getattr(hole.scope, "decorator_list", ()):
            for value in self._named(decorator, at) if isinstance(decorator, ast.Call) else ():
                thunk = Thunk(Given([value], decorator), at)
                yield (
                    Bindings({**at.bound, (hole.scope, hole.name): thunk}),
                    Site("callback", at.file, hole.scope, decorator, hole),
                )

    def _named(self, call: ast.Call, at: Frame) -> Iterator[Value]:
        """Yield the modules that texts among the arguments of a call name, if the call is about an import."""
        if not _OF_IMPORTS.search(ast.unparse(call.func)):
            return
        given = [*call.args, *(one.value for one in call.keywords)]
        plain = [one for one in given if isinstance(one, ast.Constant | ast.Name | ast.Attribute)]
        texts = [text_of(value) for one in plain for value in self._evaluator.values(Thunk(one, at))]
        names = [one for one in texts if one and all(part.isidentifier() for part in one.split("."))]
        for name in names:
            if not any(other.startswith(f"{name}.") for other in names):  # the package of the module, perhaps
                yield from self._evaluator.module(name)

    def _giving(self, function: ast.AST, home: File) -> list[tuple[File, ast.expr, ast.AST]]:
        """Return the uses of a function that may give it something of others: texts, or what is imported."""
        if function not in self._calls_of:
            self._calls_of[function] = []
            self._calls_of[function] = list(self._find_uses(function, home, worth.gives))
        return self._calls_of[function]

    def uses(self, function: ast.AST, home: File) -> list[tuple[File, ast.expr, ast.AST]]:
        """Return the expressions that read a function of the project, each with its file and statement."""
        if function not in self._uses:
            self._uses[function] = []  # for who asks while this is found out
            self._uses[function] = list(self._find_uses(function, home, _any))
        return self._uses[function]

    def _find_uses(
        self, function: ast.AST, home: File, is_worth: Callable[[bytes, str], bool]
    ) -> Iterator[tuple[File, ast.expr, ast.AST]]:
        name = getattr(function, "name", None)
        if name is None:
            return
        for file in [home, *self._elsewhere(function, name, home, is_worth)]:
            if file.text.is_of_tests and not home.text.is_of_tests:
                continue
            for node, statement in [use for one in file.named(name) for use in file.uses(one)]:
                if statement is not function and self._is_of(node, statement, function, file):
                    yield file, node, statement

    def _elsewhere(
        self, function: ast.AST, name: str, home: File, is_worth: Callable[[bytes, str], bool]
    ) -> Iterator[File]:
        """Yield the other files that may use a function: they name it, and its class or its module."""
        outer = home.scope(function)
        last = home.module.rpartition(".")[2]
        needed = outer.name if isinstance(outer, ast.ClassDef) else last
        if outer is home.tree or isinstance(outer, ast.ClassDef):
            for text in self._evaluator.project.importing(name, needed):
                if text is home.text or not is_worth(text.content, name):
                    continue
                if (file := self._evaluator.project.parsed(text)) is not None:
                    yield file

    def importers(self, package: str, name: str, most: int) -> Iterator[tuple[File, ast.stmt]]:
        """Yield the statements that import a module of a package; none if too many files may have one."""
        texts = [one for one in self._evaluator.project.importing(name) if not one.is_of_tests]
        for file in map(self._evaluator.project.parsed, texts if len(texts) <= most else ()):
            for statement in () if file is None else file.imports:
                if _imports(statement, package, name, "" if file is None else file.package):
                    assert file is not None
                    yield file, statement

    def _is_of(self, node: ast.expr, statement: ast.AST, function: ast.AST, file: File) -> bool:
        at = Frame(file, file.scope(statement), statement, NOTHING_BOUND)
        values = self._evaluator.values(Thunk(node, at))
        return any(isinstance(one, Own) and one.node is function for one in values)


def _call_of(callee: ast.expr, statement: ast.AST) -> ast.Call | None:
    """Return the call of what an expression in a statement reads; None if it is not called."""
    calls = (one for one in expressions(statement) if isinstance(one, ast.Call))
    return next((one for one in calls if one.func is callee), None)


def _returns(outer: ast.AST, function: ast.AST) -> bool:
    """Tell whether a function returns one that is defined in it."""
    name = getattr(function, "name", "")
    return any(isinstance(one, ast.Name) and one.id == name for _, one in written.returned(outer))


def _any(content: bytes, name: str) -> bool:
    return name.encode() in content


def _skipped(hole: Hole, node: ast.expr) -> int:
    """Return the number of parameters that a call through an instance or a class fills by itself."""
    outer = hole.file.scope(hole.scope)
    is_method = isinstance(outer, ast.ClassDef) and not written.is_static(hole.scope)
    return 1 if is_method and isinstance(node, ast.Attribute) else 0


def _around(node: ast.expr, statement: ast.AST | None) -> Iterator[ast.Call]:
    """Yield the calls in a statement that have an expression among their arguments."""
    for one in () if statement is None or isinstance(statement, DEFINITIONS) else ast.walk(statement):
        if isinstance(one, ast.Call) and any(argument is node for argument in one.args):
            yield one


def _imports(statement: ast.stmt, package: str, name: str, at: str) -> bool:
    module = f"{package}.{name}"
    if isinstance(statement, ast.Import):
        return any(one.name == module for one in statement.names)
    if not isinstance(statement, ast.ImportFrom):
        return False
    source = absolute(at, statement)
    return source == module or (source == package and any(one.name == name for one in statement.names))
