"""Tell which statements of a body can be the last to bind a name, as far as source shows it."""

from __future__ import annotations

import ast
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from backportkit.source.reader import DEFINITIONS, FUNCTIONS, statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_PARTS = frozenset({"getter", "setter", "deleter"})
# Facts that hold for the modules that are read, since the interpreter that reads them would also run them.
_FACTS = {
    "sys.version_info": tuple(sys.version_info),
    "sys.version_info.major": sys.version_info.major,
    "sys.version_info.minor": sys.version_info.minor,
    "sys.hexversion": sys.hexversion,
    "sys.platform": sys.platform,
    "sys.maxsize": sys.maxsize,
    "sys.byteorder": sys.byteorder,
    "sys.implementation.name": sys.implementation.name,
    "os.name": os.name,
    "TYPE_CHECKING": False,
    "typing.TYPE_CHECKING": False,
    "t.TYPE_CHECKING": False,
}
# The fields of nodes that hold the names which they bind, and those that bind names in a scope of their own.
_CAPTURES: dict[type[ast.AST], tuple[str, ...]] = {
    ast.ExceptHandler: ("name",),
    ast.MatchAs: ("name",),
    ast.MatchMapping: ("rest",),
    ast.MatchStar: ("name",),
}
_ELSEWHERE: dict[type[ast.AST], tuple[str, ...]] = {ast.Lambda: ("body",), ast.comprehension: ("target",)}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}


class Imports(Protocol):
    """The results of the imports that a body makes."""

    def star_binds(self, statement: ast.ImportFrom, name: str) -> bool | None:
        """Tell whether `from module import *` binds the name; None if that cannot be told."""
        ...

    def succeeds(self, statement: ast.stmt) -> bool:
        """Tell whether a statement is an import that cannot fail here."""
        ...


class Reach(NamedTuple):
    """The statements that may bind a name last, the last one in the text first.

    `is_open` is True if the body may leave the name as it was before.
    """

    binders: tuple[ast.stmt, ...]
    is_open: bool


_NOTHING = Reach((), True)


def reach(body: Sequence[ast.stmt], name: str, imports: Imports) -> Reach:
    """Return the statements of a body that can be the last to bind a name, also under `if`, `try` and the like."""
    found: list[ast.stmt] = []
    for statement in reversed(body):
        one = _of_statement(statement, name, imports)
        found += one.binders
        if not one.is_open:
            return Reach(tuple(found), False)
    return Reach(tuple(found), True)


def _of_statement(statement: ast.stmt, name: str, imports: Imports) -> Reach:
    if isinstance(statement, ast.If):
        return _of_if(statement, name, imports)
    if isinstance(statement, ast.Match):
        return _of_match(statement, name, imports)
    if isinstance(statement, ast.For | ast.AsyncFor | ast.While):
        return _of_loop(statement, name, imports)
    if isinstance(statement, ast.With | ast.AsyncWith):
        return _of_with(statement, name, imports)
    if not isinstance(statement, DEFINITIONS) and hasattr(statement, "handlers"):  # `try`, and `except*` from 3.11 on
        return _of_try(statement, name, imports)
    return _of_simple(statement, name, imports)


def _of_simple(statement: ast.stmt, name: str, imports: Imports) -> Reach:
    if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
        binds = imports.star_binds(statement, name)
        return _NOTHING if binds is False else Reach((statement,), binds is None)
    if name not in names(statement):
        return _NOTHING
    by_the_way = isinstance(statement, DEFINITIONS) and statement.name != name
    return Reach((statement,), by_the_way or _builds_on(statement))


def _builds_on(statement: ast.stmt) -> bool:
    """Tell whether a function is a setter, a deleter or another getter of a property that exists already."""
    decorators = statement.decorator_list if isinstance(statement, FUNCTIONS) else []
    return any(isinstance(one, ast.Attribute) and one.attr in _PARTS for one in decorators)


def _of_if(statement: ast.If, name: str, imports: Imports) -> Reach:
    taken = decide(statement.test)
    branches = [statement.body, statement.orelse] if taken is None else [statement.body if taken else statement.orelse]
    after = _union(reach(branch, name, imports) for branch in branches if taken is not None or not _is_left(branch))
    return _after(_header(statement, name), after)


def _header(statement: ast.stmt, name: str) -> Reach:
    """Return the reach of an `if`'s condition, a loop's target, or a `with`'s names."""
    return Reach((statement,), False) if name in names(statement) else _NOTHING


def _of_match(statement: ast.Match, name: str, imports: Imports) -> Reach:
    branches = [reach(case.body, name, imports) for case in statement.cases if not _is_left(case.body)]
    last = statement.cases[-1]
    is_whole = last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
    captures = Reach(_header(statement, name).binders, True)
    return _after(captures, _union(branches if is_whole else [*branches, _NOTHING]))


def _of_loop(statement: ast.For | ast.AsyncFor | ast.While, name: str, imports: Imports) -> Reach:
    """Return the reach of a loop, which may run its body or not, and leave it before its end."""
    inner = _after(reach(statement.body, name, imports), reach(statement.orelse, name, imports))
    return Reach((*inner.binders, *_header(statement, name).binders), True)


def _of_with(statement: ast.With | ast.AsyncWith, name: str, imports: Imports) -> Reach:
    """Return the reach of a `with`. A context manager may swallow an exception of the body, as contextlib.suppress
    does.
    """
    header = _header(statement, name)
    if any("suppress" in ast.unparse(item.context_expr) for item in statement.items):
        return _after(Reach(header.binders, True), _begun(statement.body, name, imports))
    return _after(header, reach(statement.body, name, imports))


def _of_try(statement: Any, name: str, imports: Imports) -> Reach:
    body, last = reach(statement.body, name, imports), reach(statement.finalbody, name, imports)
    ends = [_after(body, reach(statement.orelse, name, imports))]
    if not all(map(imports.succeeds, statement.body)):
        begun = _begun(statement.body, name, imports)
        handlers = [handler.body for handler in statement.handlers if not _is_left(handler.body)]
        ends += [_after(begun, reach(handler, name, imports)) for handler in handlers]
    return _after(_union(ends), last)


def _begun(body: Sequence[ast.stmt], name: str, imports: Imports) -> Reach:
    """Return the reach of a body that fails somewhere: any of its statements may be the last one that ran."""
    each = [_of_simple(statement, name, imports).binders for statement in _anywhere(body)]
    return Reach(tuple(binder for binders in reversed(each) for binder in binders), True)


def _anywhere(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that can run in a body and in its blocks, but not those inside a definition."""
    for statement in body:
        yield statement
        taken = decide(statement.test) if isinstance(statement, ast.If) else None
        if isinstance(statement, ast.If) and taken is not None:
            yield from _anywhere(statement.body if taken else statement.orelse)
        else:
            yield from (inner for inner in statements([statement]) if inner is not statement)


def _after(first: Reach, second: Reach) -> Reach:
    if not second.is_open:
        return second
    return Reach((*second.binders, *first.binders), first.is_open)


def _union(branches: Iterator[Reach] | Sequence[Reach]) -> Reach:
    each = list(branches)
    binders = dict.fromkeys(binder for one in reversed(each) for binder in one.binders)
    return Reach(tuple(binders), any(one.is_open for one in each) or not each)


def names(statement: ast.stmt) -> list[str]:
    """Return the names that a statement itself binds, without those of its blocks; `*` for a star import."""
    if isinstance(statement, ast.ImportFrom):
        return [alias.asname or alias.name for alias in statement.names]
    if isinstance(statement, ast.Import):
        return [alias.asname or alias.name.partition(".")[0] for alias in statement.names]
    own = [statement.name] if isinstance(statement, DEFINITIONS) else []
    return [*own, *_stored(statement), *_made_global(statement)]


def _stored(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that the expressions and patterns of a statement bind where it stands, those of `:=` as well."""
    left = list(_expressions(statement))
    while left:
        node = left.pop()
        if isinstance(node, ast.Constant):  # it has no parts, as a name; most nodes are one or the other
            continue
        if isinstance(node, ast.Name):
            yield from [] if isinstance(node.ctx, ast.Load) else [node.id]
            continue
        yield from filter(None, [getattr(node, field) for field in _CAPTURES.get(type(node), ())])
        left += _expressions(node)


def _expressions(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a node that bind names where it stands: not its blocks, nor what has a scope of its own."""
    found = [one for one in ast.iter_child_nodes(node) if not isinstance(one, ast.stmt | ast.expr_context)]
    skipped = [getattr(node, field) for field in _ELSEWHERE.get(type(node), ())]
    if isinstance(node, ast.AnnAssign) and node.value is None:
        skipped.append(node.target)
    return [one for one in found if one not in skipped] if skipped else found


def _made_global(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that the body of a class, or of a class in it, binds in the module by `global`."""
    for inner in statements(statement.body) if isinstance(statement, ast.ClassDef) else ():
        yield from inner.names if isinstance(inner, ast.Global) else _made_global(inner)


def _is_left(branch: Sequence[ast.stmt]) -> bool:
    """Tell whether a branch raises, so that the statements after it do not run."""
    return any(isinstance(statement, ast.Raise) for statement in branch)


def decide(test: ast.expr) -> bool | None:
    """Return the truth of a condition on the Python and the platform; None for any other condition."""
    if isinstance(test, ast.BoolOp):
        return _decide_all(test)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = decide(test.operand)
        return None if inner is None else not inner
    try:
        return bool(_value(test))
    except (LookupError, TypeError, AttributeError):
        return None


def _decide_all(test: ast.BoolOp) -> bool | None:
    """Decide `or` and `and`: one true operand decides `or`, one false operand decides `and`."""
    decisive = isinstance(test.op, ast.Or)
    parts = [decide(part) for part in test.values]
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _value(node: ast.expr) -> Any:
    """Return the value of an expression of constants and facts. Raises LookupError or TypeError for any other."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return tuple(map(_value, node.elts))
    if isinstance(node, ast.Name | ast.Attribute):
        return _FACTS[ast.unparse(node)]
    if isinstance(node, ast.Subscript):
        return _value(node.value)[_index(node.slice)]
    if isinstance(node, ast.Compare):
        return _compare(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "startswith":
        return str(_value(node.func.value)).startswith(*map(_value, node.args))
    raise LookupError


def _index(node: ast.expr) -> Any:
    if isinstance(node, ast.Slice):
        return slice(*(None if part is None else _value(part) for part in (node.lower, node.upper, node.step)))
    return _value(node)


def _compare(node: ast.Compare) -> bool:
    values = [_value(part) for part in (node.left, *node.comparators)]
    pairs = zip(node.ops, values, values[1:], strict=False)
    return all(_COMPARISONS[type(operator)](one, other) for operator, one, other in pairs)
