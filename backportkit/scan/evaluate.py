"""Tell what an expression may be, by its source alone."""

from __future__ import annotations

import ast
import builtins
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from backportkit.scan import classes, expressions, folds, tables, written
from backportkit.scan.merged import Merged
from backportkit.scan.values import (
    NOTHING_BOUND,
    Attribute,
    Constant,
    Contents,
    Frame,
    Hole,
    Instance,
    Own,
    OwnModule,
    Part,
    Ref,
    Thunk,
    class_of,
)
from backportkit.source.reader import DEFINITIONS, absolute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.scan.binders import Binder, Scope
    from backportkit.scan.file import File
    from backportkit.scan.project import Project
    from backportkit.scan.values import Value

_MOST, _DEPTH, _STEPS = 200, 30, 2_500
_BUILTINS = frozenset(dir(builtins)) | {"__builtins__"}


class Bound(NamedTuple):
    """The statements of a scope that bind a name, and may count where it is read."""

    scope: Scope
    binders: tuple[Binder, ...]


class Evaluator:
    """The way from expressions to values. Nothing is executed: a name has all values that it may have."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._depth = self._steps = 0
        self._is_cut = False
        self.calls = 0  # of functions of the project, that are being followed
        self._under_way: set[object] = set()
        self._kept: dict[object, list[Value]] = {}
        self.versions: dict[Value, object] = {}  # what is known to be a version, or none
        self.subclasses: dict[ast.AST, list[Own]] = {}
        self._reaching: dict[tuple[Scope, str, ast.AST | None, bool], list[Binder]] = {}
        self._merged = Merged()

    def values(self, thunk: Thunk) -> list[Value]:
        """Return all values that an expression may have; none if nothing is known."""
        key = thunk.node, thunk.frame.at, thunk.frame.bound or None, thunk.position
        if key in self._kept:
            return self._kept[key]
        if not self._depth:
            self._steps = 0
        if self._depth > _DEPTH or self._steps > _STEPS or key in self._under_way:
            self._is_cut = True
            return []
        was_cut, self._is_cut = self._is_cut, False
        self._depth, self._steps = self._depth + 1, self._steps + 1
        self._under_way.add(key)
        try:
            found = self._all_of(thunk)
        finally:
            self._depth -= 1
            self._under_way.discard(key)
        if not self._is_cut or not self._depth:
            self._kept[key] = found
        self._is_cut = self._is_cut or was_cut
        return found

    def _all_of(self, thunk: Thunk) -> list[Value]:
        how = expressions.HOW.get(type(thunk.node))
        every = () if how is None else how(self, thunk.node, thunk.frame)
        found: list[Value] = list(dict.fromkeys(islice(every, expressions.MOST)))
        for index in thunk.position:
            found = [part for one in found for part in self._part(one, index, thunk.frame)]
        return found

    def _part(self, value: Value, index: int, frame: Frame) -> list[Value]:
        """Return the part of a value; parameters in it stand for what is known where it is read."""
        found = self.part(value, index)
        parts = written.parts(value)
        is_open = frame.bound and any(isinstance(one, Hole) for one in found) and -len(parts) <= index < len(parts)
        if not is_open:
            return found
        part = parts[index]
        return self.values(self._merged.filled(part, frame))

    def part(self, value: Value, index: int) -> list[Value]:
        """Return the part of a value at an index."""
        if isinstance(value, Hole):
            return [value]
        if isinstance(value, Constant) and isinstance(value.value, tuple | list | str):
            return [Constant(value.value[index])] if -len(value.value) <= index < len(value.value) else []
        parts = written.parts(value)
        return self.values(parts[index]) if -len(parts) <= index < len(parts) else []

    # --- names ---

    def name(self, name: str, frame: Frame) -> list[Value]:
        """Return what a name may stand for at a place."""
        found = self.bound(name, frame)
        if found is None:
            return _elsewhere(self, name, frame)
        if isinstance(found, Thunk):
            again = _bound_again(name, frame)
            return self._of_binders(again, name, frame.scope, frame, found) if again else self.values(found)
        return self._of_binders(found.binders, name, found.scope, frame)

    def bound(self, name: str, frame: Frame) -> Thunk | Bound | None:
        """Return what gives a name its value: the expression that a parameter stands for, or statements of a scope."""
        for scope in _scopes(name, frame):
            given = frame.bound.get((scope, name))
            if given is not None:
                return self._merged.at_present(given, frame, (scope, name))
            if binders := self._binders(name, scope, frame):
                return Bound(scope, tuple(binders))
        return None

    def _of_binders(
        self, binders: Sequence[Binder], name: str, scope: Scope, frame: Frame, given: Thunk | None = None
    ) -> list[Value]:
        """Return what statements bind a name to; `given` is what a parameter or the name of a loop stands for."""
        found: list[Value] = []
        for one in binders:
            if given is not None and (one.statement is scope or one.loop is not None):
                found += self.values(given)
                continue
            at = frame._replace(scope=frame.file.scope(one.statement), at=one.statement)
            if walked := folds.of_loop(self, one, name, at):
                return [*found, *walked]
            found += self._bound(one, name, scope, frame)
        return found

    def _binders(self, name: str, scope: Scope, frame: Frame) -> list[Binder]:
        at = frame.at if scope is frame.scope else None
        key = scope, name, at, scope is frame.scope
        if key not in self._reaching:
            self._reaching[key] = _reaching(name, scope, at, frame)
        return self._reaching[key]

    def _bound(self, binder: Binder, name: str, scope: Scope, frame: Frame) -> list[Value]:
        statement = binder.statement
        if isinstance(statement, ast.Import):
            return [value for module in _imported(statement, name) for value in self.module(module)]
        if isinstance(statement, ast.ImportFrom):
            module = absolute(frame.file.package, statement)
            return [value for original in _originals(statement, name) for value in self.member(module, original)]
        if statement is scope:
            return [written.parameter(scope, name, frame)]
        if isinstance(statement, DEFINITIONS):
            return [Own(statement, frame._replace(scope=scope, at=statement))]
        return self._assigned(binder, name, scope, frame)

    def _assigned(self, binder: Binder, name: str, scope: Scope, frame: Frame) -> list[Value]:
        statement = binder.statement
        if binder.loop is not None:
            return [Hole(scope, name, frame.file, binder.loop)]
        if binder.value is None:
            return []
        at = frame._replace(scope=frame.file.scope(statement), at=statement)
        extended = tables.extended(self, binder, name, at)
        return extended or self.values(Thunk(binder.value, at, binder.position))

    def module(self, name: str) -> list[Value]:
        """Return the module of a name."""
        if not self.project.is_own(name):
            return [Ref(name)]
        file = self.project.file(name)
        return [] if file is None else [OwnModule(file)]

    def member(self, module: str, name: str) -> list[Value]:
        """Return what a name in a module may be."""
        if not self.project.is_own(module):
            return [Ref(module, (name,))]
        file = self.project.file(module)
        key = "member", module, name
        if file is not None and key not in self._under_way:
            self._under_way.add(key)
            try:
                found = _in_file(self, file, name)
            finally:
                self._under_way.discard(key)
            if found:
                return found
        return self.module(f"{module}.{name}")

    # --- attributes ---

    def attribute(self, value: Value, name: str) -> list[Value]:
        """Return what an attribute of a value may be."""
        if isinstance(value, Hole):
            return [value]
        if name == "__dict__" and isinstance(value, Ref | Own | OwnModule):
            return [Contents(value)]
        if isinstance(value, Ref):
            return [Ref(value.module, (*value.path, name))]
        if isinstance(value, OwnModule):
            return self.member(value.file.module, name)
        if name == "__class__" and isinstance(value, Instance):
            return [class_of(value)]
        return self._of_own(value, name)

    def _of_own(self, value: Value, name: str) -> list[Value]:
        if name == "__name__" and isinstance(value, Own):
            given = [found for thunk in written.names_given(value) for found in self.values(thunk)]
            return given or [Constant(getattr(value.node, "name", ""))]
        own = value.cls if isinstance(value, Instance) else value
        if isinstance(own, Own) and isinstance(own.node, ast.ClassDef):
            return classes.attribute(self, value, own, name)
        return [Attribute(value, name)] if isinstance(value, Instance | Attribute | Part) else []

    def in_class(self, own: Own, name: str) -> list[Value]:
        """Return what the body of a class of the project binds a name to."""
        assert isinstance(own.node, ast.ClassDef)
        inner = own.frame._replace(scope=own.node, at=None)
        binders = inner.file.reaching(own.node, name, None)
        return [found for one in binders for found in self._bound(one, name, own.node, inner)]

    def inherited(self, own: Own, name: str) -> list[Value]:
        """Return an attribute of a class as its subclasses inherit it; none for classes that inherit each other."""
        key = "inherited", own.node, name
        if key in self._under_way:
            return []
        self._under_way.add(key)
        try:
            return classes.attribute(self, own, own, name)
        finally:
            self._under_way.discard(key)


def _elsewhere(evaluator: Evaluator, name: str, frame: Frame) -> list[Value]:
    """Return what a name is that no scope binds: one of a star import, or of Python's."""
    for statement in frame.file.star_imports:
        module = absolute(frame.file.package, statement)
        if evaluator.project.is_own(module) and (found := evaluator.member(module, name)):
            return found
    if name == "__builtins__":
        return [Ref("builtins")]
    if name in _BUILTINS:
        return [Ref("builtins", (name,))]
    others = [absolute(frame.file.package, one) for one in frame.file.star_imports]
    is_known = len(others) == 1 and not evaluator.project.is_own(others[0])
    return [Ref(others[0], (name,))] if is_known else []


def _in_file(evaluator: Evaluator, file: File, name: str) -> list[Value]:
    """Return what a name in a file of the project may be; none if it is there by Python's own names alone."""
    frame = Frame(file, file.tree, None, NOTHING_BOUND)
    if name in file.binders(file.tree) or name in file.set_globally:
        return evaluator.name(name, frame)
    found = _elsewhere(evaluator, name, frame)
    return [] if found and isinstance(found[0], Ref) and found[0].module == "builtins" else found


def _scopes(name: str, frame: Frame) -> Iterator[Scope]:
    """Yield the scopes that a name is looked for in, from the innermost."""
    scope: Scope = frame.scope
    while True:
        is_visible = scope is frame.scope or not isinstance(scope, ast.ClassDef)
        if is_visible and not (scope is not frame.file.tree and name in frame.file.globals_of(scope)):
            yield scope
        if scope is frame.file.tree:
            return
        scope = frame.file.scope(scope)


def _bound_again(name: str, frame: Frame) -> list[Binder]:
    """Return what binds a parameter or the name of a loop before a statement, if that is done anew there."""
    is_here = (frame.scope, name) in frame.bound and frame.at is not None
    if not is_here or any(other == name and isinstance(at, ast.comprehension) for at, other in frame.bound):
        return []
    found = frame.file.reaching(frame.scope, name, frame.at)
    return found if any(one.statement is not frame.scope and one.loop is None for one in found) else []


def _reaching(name: str, scope: Scope, at: ast.AST | None, frame: Frame) -> list[Binder]:
    """Return the statements of a scope that may have bound a name by then; any of them if none may have."""
    every = frame.file.binders(scope).get(name, [])
    found = frame.file.reaching(scope, name, at)
    if scope is frame.file.tree and scope is not frame.scope:
        found = found + frame.file.set_globally.get(name, [])
    return found or [one for one in every if one.statement is not frame.at]


def _imported(statement: ast.Import, name: str) -> Iterator[str]:
    for one in statement.names:
        if one.asname == name:
            yield one.name
        elif one.asname is None and one.name.partition(".")[0] == name:
            yield name


def _originals(statement: ast.ImportFrom, name: str) -> Iterator[str]:
    return (one.name for one in statement.names if (one.asname or one.name) == name)
