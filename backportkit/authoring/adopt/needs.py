"""Collect what the body of a patch by hand needs of its file: imports, helpers, values, and the original."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit.authoring.adopt import copied
from backportkit.authoring.code import annotated, names
from backportkit.authoring.releases.spans import NothingToWriteError
from backportkit.scan.evaluate import Bound
from backportkit.scan.values import Frame, Given, Ref, Thunk
from backportkit.source.reader import DEFINITIONS, FUNCTIONS, absolute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.file import File
    from backportkit.scan.find import Found

ORIGINAL = "original"
_BUILTINS = frozenset(dir(builtins))
_PLAIN = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.Pass)


class Statement(NamedTuple):
    """A statement that goes along.

    Attributes:
        text: Its text.
        binds: The names that it binds.
        uses: The names that it uses.
        is_original: Whether it reads the original by an expression that is no name.
        node: The statement, and its file; None for one that was made for a parameter.
        file: That file.
    """

    text: str
    binds: frozenset[str]
    uses: frozenset[str]
    is_original: bool = False
    node: ast.stmt | None = None
    file: File | None = None


class Needs:
    """The code that goes along with a body.

    Attributes:
        imports: The lines that import something.
        statements: The other statements, each after those that it needs.
        originals: The names that stand for what the patch replaces.
        unknown: The names whose values only the running program has.
        lacking: The names that a person has to give values to, as `open` says.
        open: What could not be taken over, a sentence each.
    """

    def __init__(self, evaluator: Evaluator, found: Found) -> None:
        self._evaluator = evaluator
        self._found = found
        self._bound: dict[str, ast.AST] = {}
        self._seen: set[ast.AST] = set()
        self.imports: dict[str, None] = {}
        self.statements: list[Statement] = []
        self.originals: dict[str, None] = {}
        self.unknown, self.lacking = set[str](), set[str]()
        self.open: list[str] = []

    # --- what is copied ---

    def definition(self, node: ast.stmt, frame: Frame, without: ast.AST | None = None) -> Statement:
        """Return a function or class as it goes along, and collect what it needs. `frame` is where it stands."""
        made, called = self._used(node, frame)
        self._seen.add(node)
        self._bound[getattr(node, "name", "")] = node
        self.take(made, frame._replace(at=node))
        self.take(called, self._later(frame))
        spans = [one for given in _made(node) for one in self._spans(given, frame)]
        text = copied.text(frame.file, node, spans, without)
        name = frozenset({getattr(node, "name", "")})
        return Statement(text, name, (made | called) - name, bool(spans), node, frame.file)

    def _used(self, node: ast.stmt, frame: Frame) -> tuple[frozenset[str], frozenset[str]]:
        """Return the names that a definition needs where it is made, and those that it needs when it is called."""
        try:
            used = names.uses(node)
        except SyntaxError as error:  # what is `nonlocal` there is nothing of a module
            raise NothingToWriteError(
                f"{getattr(node, 'name', 'the body')} cannot stand by itself: it binds names of the function around it",
                found=f"{error.msg}, in line {getattr(node, 'lineno', 0)} of {frame.file.text.path}",
                next_step="keep what it counts in an object of the module, and adopt it then",
            ) from error
        said = annotated.evaluated(copied.source(frame.file), node)
        return used.made | said, used.called

    def _later(self, frame: Frame) -> Frame:
        """Return the place that a body reads its names at: what is patched stands there already."""
        statement = self._found.edit.statement
        is_same = frame.file is self._found.frame.file and frame.scope is frame.file.scope(statement)
        return frame._replace(at=statement if is_same else None)

    def expression(self, node: ast.expr, frame: Frame) -> str:
        """Return the text of an expression, with a name for the original, and collect what it needs."""
        known = _Originals(self, frame)
        changed: ast.expr = known.visit(ast.parse(ast.unparse(node), mode="eval").body)
        self.take(names.looked_up(changed) - {ORIGINAL}, frame)
        if known.is_found:
            self.originals[ORIGINAL] = None
        return ast.unparse(changed)

    def is_original(self, node: ast.expr, frame: Frame) -> bool:
        """Tell whether an expression reads what the patch replaces."""
        is_read = isinstance(node, ast.Name | ast.Attribute | ast.Call)
        return is_read and self._found.place in self._evaluator.values(Thunk(node, frame))

    def _spans(self, node: ast.expr, frame: Frame) -> Iterator[copied.Span]:
        """Yield the places where an expression that is no name reads the original."""
        if isinstance(node, ast.Attribute | ast.Call) and self.is_original(node, frame):
            found = copied.span(node, ORIGINAL)
            if found is not None:
                self.originals[ORIGINAL] = None
                yield found
                return
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.keyword):
                yield from self._spans(inner.value, frame)
            elif isinstance(inner, ast.expr):
                yield from self._spans(inner, frame)

    # --- names ---

    def take(self, wanted: Iterable[str], frame: Frame) -> None:
        """Collect what gives names their values at a place."""
        for name in sorted(wanted):
            self._take(name, frame)

    def _take(self, name: str, frame: Frame) -> None:
        if self._found.place in self._evaluator.name(name, frame):
            self.originals[name] = None
            return
        bound = self._evaluator.bound(name, frame)
        if isinstance(bound, Thunk):
            self._given(name, bound)
        elif isinstance(bound, Bound):
            self._of_statement(name, bound, frame)
        elif name not in _BUILTINS:
            stars = any(isinstance(one, ast.ImportFrom) and one.names[0].name == "*" for one in frame.file.tree.body)
            self.lacking.add(name)
            why = "comes from a star import" if stars else "is bound nowhere"
            self.open.append(f"{name} {why} in {frame.file.text.path}: the body needs it")

    def _is_new(self, name: str, statement: ast.AST) -> bool:
        """Tell whether a statement is to be taken for a name."""
        is_new = self._has(name, statement) and statement not in self._seen
        self._seen.add(statement)
        return is_new

    def _has(self, name: str, statement: ast.AST) -> bool:
        """Tell whether a name is that of a statement here; tell what else has the name, if something has."""
        there = self._bound.setdefault(name, statement)
        if there is not statement and ast.dump(there) != ast.dump(statement):
            self.open.append(_two_things(name, there, statement))
        return there is statement

    def _given(self, name: str, thunk: Thunk) -> None:
        """Take the value that a call or a row of a table gives to a name."""
        if thunk.node in self._seen:
            return
        self._seen.add(thunk.node)
        text = self._expressed(thunk)
        if text is None:
            self._unknown(name, thunk.frame)
        elif text != name and self._has(name, thunk.node):
            used = names.looked_up(ast.parse(text, mode="eval").body)
            self.statements.append(Statement(f"{name} = {text}", frozenset({name}), used))

    def _expressed(self, thunk: Thunk) -> str | None:
        """Return an expression for a value that is known; None for one that is not."""
        thunk = part(thunk)
        if not thunk.position and not isinstance(thunk.node, Given):
            return self.expression(thunk.node, thunk.frame)
        values = self._evaluator.values(thunk)
        if len(values) == 1 and isinstance(values[0], Ref):
            module, *path = [values[0].module, *values[0].path]
            self.imports[f"import {module}"] = None
            return ".".join([module, *path])
        return None

    def _unknown(self, name: str, frame: Frame) -> None:
        self.unknown.add(name)
        self.lacking.add(name)
        where = getattr(frame.scope, "name", frame.file.text.path)
        self.open.append(f"{name}, of {where}, is made as the program runs: give the body a value for it")

    def _of_statement(self, name: str, bound: Bound, frame: Frame) -> None:
        statements = list(dict.fromkeys(one.statement for one in bound.binders))
        at = frame._replace(scope=bound.scope)
        if len(statements) == 1 and isinstance(statements[0], ast.AugAssign):  # `kept` tells what it adds
            self._take(name, at._replace(at=statements[0]))
            return
        whole = statements[0] if len(statements) == 1 and not _is_block(statements[0]) else _block(statements, at)
        if whole is None or whole is bound.scope or not isinstance(whole, ast.stmt):
            self._unknown(name, at)
        elif isinstance(whole, ast.Import | ast.ImportFrom):
            self._import(name, whole, at)
        elif self._is_new(name, whole):
            self._whole(name, whole, at)

    def _import(self, name: str, statement: ast.Import | ast.ImportFrom, at: Frame) -> None:
        line = names.import_of(copied.source(at.file), statement, name)
        if line is not None:
            self._has(name, statement)
            self.imports[line] = None

    def _whole(self, name: str, statement: ast.stmt, at: Frame) -> None:
        """Take a statement that binds a name, with what it needs itself."""
        at = at._replace(at=statement)
        if isinstance(statement, DEFINITIONS):
            self.statements.append(self.definition(statement, at))
        elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            used = names.looked_up(statement.value)
            self.take(used, at)
            spans = list(self._spans(statement.value, at))
            text = copied.text(at.file, statement, spans)
            self.statements.append(Statement(text, _binds(statement), used, bool(spans), statement, at.file))
        elif isinstance(statement, ast.If | ast.Try):
            self._block(statement, at)
        else:
            self._unknown(name, at)

    def _block(self, statement: ast.If | ast.Try, at: Frame) -> None:
        used = names.read_by(statement)
        self.take(used, at)
        for one in ast.walk(statement):
            if isinstance(one, ast.ImportFrom) and one.level:
                self.open.append(f"`{ast.unparse(one)}` means {absolute(at.file.package, one)}: write that out")
        text = copied.text(at.file, statement)
        self.statements.append(Statement(text, _binds(statement), used, False, statement, at.file))

    # --- what depends on the original ---

    @property
    def depending(self) -> list[Statement]:
        """The statements that need the original, or something that does."""
        return _depending(self.statements, set(self.originals))


class _Originals(ast.NodeTransformer):
    """Put a name in the place of the expressions that read the original."""

    def __init__(self, needs: Needs, frame: Frame) -> None:
        self._needs = needs
        self._frame = frame
        self.is_found = False

    def visit(self, node: ast.AST) -> Any:
        """Return an expression as it is written in the body."""
        if isinstance(node, ast.Attribute | ast.Call) and self._needs.is_original(node, self._frame):
            self.is_found = True
            return ast.Name(ORIGINAL, ast.Load())
        return self.generic_visit(node)


def _two_things(name: str, *statements: ast.AST) -> str:
    lines = " and ".join(f"line {getattr(one, 'lineno', 0)}" for one in statements)
    return f"{name} is two things, of {lines}: give one of them another name"


def _depending(statements: list[Statement], reached: set[str]) -> list[Statement]:
    found: dict[int, Statement] = {}
    while True:
        new = {
            index: one
            for index, one in enumerate(statements)
            if index not in found and (one.is_original or one.uses & reached)
        }
        if not new:
            return [found[index] for index in sorted(found)]
        found |= new
        reached |= {name for one in new.values() for name in one.binds}


def _made(node: ast.stmt) -> list[ast.expr]:
    """Return the expressions that are evaluated where a definition is made."""
    decorators = getattr(node, "decorator_list", [])
    if isinstance(node, FUNCTIONS):
        return [*decorators, *node.args.defaults, *filter(None, node.args.kw_defaults)]
    if isinstance(node, ast.ClassDef):
        return [*decorators, *node.bases, *(given for one in node.body for given in _made(one))]
    value = getattr(node, "value", None)
    return [value] if isinstance(node, ast.Assign | ast.AnnAssign) and value is not None else []


def part(thunk: Thunk) -> Thunk:
    """Return the expression of a part of a tuple or list that is written out, such as a row of a table."""
    if not thunk.position or not isinstance(thunk.node, ast.Tuple | ast.List):
        return thunk
    first, *others = thunk.position
    return part(Thunk(thunk.node.elts[first], thunk.frame, tuple(others)))


def _binds(statement: ast.stmt) -> frozenset[str]:
    return frozenset(name for one in ast.walk(statement) if isinstance(one, ast.stmt) for name in names.bound(one))


def _is_block(statement: ast.AST) -> bool:
    """Tell whether a statement has others: where it binds a name, it does so by `:=`."""
    return not isinstance(statement, DEFINITIONS) and isinstance(getattr(statement, "body", None), list)


def _block(statements: list[ast.AST], at: Frame) -> ast.stmt | None:
    """Return the `try` or `if` that has several statements, if it does nothing but bind names."""
    around = [{place.node for place in at.file.chain(one)} for one in statements]
    shared = set.intersection(*around)
    first = (place.node for place in at.file.chain(statements[0]))
    found = next((one for one in first if one in shared and isinstance(one, ast.If | ast.Try)), None)
    return found if found is not None and _binds_alone(found) else None


def _binds_alone(block: ast.stmt) -> bool:
    """Tell whether a block does nothing but bind names, so that no other patch goes along with it."""
    every = [*ast.walk(block)]
    is_plain = all(isinstance(one, (*_PLAIN, ast.If, ast.Try)) for one in every if isinstance(one, ast.stmt))
    return is_plain and not any(
        isinstance(one, ast.Attribute | ast.Subscript) and isinstance(one.ctx, ast.Store) for one in every
    )
