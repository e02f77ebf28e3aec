"""Tell which names upstream's code uses, and where its module has them from."""

from __future__ import annotations
import __future__

import ast
import builtins
import copy
import re
import sys
from contextlib import suppress
from types import CodeType
from typing import TYPE_CHECKING, NamedTuple

from backportkit.source import callables
from backportkit.source.found import Kind
from backportkit.source.reader import DEFINITIONS, FUNCTIONS, absolute, statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from backportkit.source.lookup import Library
    from backportkit.source.modules import Source

_BY_PERCENT, _BY_FORMAT = re.compile(r"%\((\w+)\)"), re.compile(r"\{(\w+)")
_ANNOTATIONS = __future__.annotations.compiler_flag
OF_MODULES = frozenset({*dir(builtins), "__name__", "__file__", "__doc__", "__spec__", "__package__", "__loader__"})


class Uses(NamedTuple):
    """The names that a definition uses.

    Attributes:
        called: Those that its body looks up in the globals when it runs.
        made: Those that are looked up when it is defined: by decorators, defaults, bases and values.
        said: Those of its annotations.
    """

    called: frozenset[str]
    made: frozenset[str]
    said: frozenset[str]


def uses(node: ast.stmt) -> Uses:
    """Return the names that a statement at the top of a module, or a function in a class, uses."""
    if isinstance(node, FUNCTIONS):
        made = in_all([*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)])
        return Uses(_called(node), made, in_all(_annotations(node)))
    if isinstance(node, ast.ClassDef):
        return _of_class(node)
    value = getattr(node, "value", None)
    return Uses(frozenset(), in_all([value] if value is not None else []), frozenset())


def looked_up(node: ast.expr) -> frozenset[str]:
    """Return the names that an expression looks up around it, without those that its lambdas bind."""
    try:
        code = compile(ast.unparse(node), "", "eval", dont_inherit=True)
    except SyntaxError:  # `await` and `yield` are nothing of a module
        return in_all([node])
    return frozenset(callables.loaded(code)).union(*map(filled, ast.walk(node))) - OF_MODULES


def read_by(statement: ast.stmt) -> frozenset[str]:
    """Return the names that a statement at the top of a module reads, and does not bind itself."""
    found = {one.id for one in ast.walk(statement) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    return in_all(one for one in ast.walk(statement) if isinstance(one, ast.expr)) - found


def _of_class(node: ast.ClassDef) -> Uses:
    """Return the names that a class uses. What stands in its body may be one of its own."""
    inner = [uses(one) for one in node.body]
    own = {name for one in node.body for name in bound(one)}
    outer = in_all([*node.bases, *(one.value for one in node.keywords), *node.decorator_list])
    made = outer.union(*(one.made - own for one in inner))
    said = frozenset().union(*(one.said for one in inner), in_all(_annotations(node)))
    return Uses(frozenset().union(*(one.called for one in inner)), made, said)


def _called(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """Return the global names in the code of a function, which is compiled alone and not run."""
    bare = copy.copy(node)
    bare.decorator_list = []
    bare.args = copy.copy(node.args)
    bare.args.defaults = [ast.Constant(None) for _ in node.args.defaults]
    bare.args.kw_defaults = [one and ast.Constant(None) for one in node.args.kw_defaults]
    module = ast.fix_missing_locations(ast.Module([bare], []))
    code = compile(module, "", "exec", _ANNOTATIONS, dont_inherit=True)
    inner = next(one for one in code.co_consts if isinstance(one, CodeType))
    return frozenset(callables.loaded(inner)).union(bound_anew(node)) - OF_MODULES


def bound_anew(node: ast.AST) -> frozenset[str]:
    """Return the global names that functions bind anew, as they say by `global`."""
    return frozenset(name for one in ast.walk(node) if isinstance(one, ast.Global) for name in one.names)


def defaults(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """Return the names that the defaults of a function are made of."""
    return in_all([*node.args.defaults, *filter(None, node.args.kw_defaults)])


def _annotations(node: ast.AST) -> Iterator[ast.expr]:
    for one in ast.walk(node):
        for given in (getattr(one, "annotation", None), getattr(one, "returns", None)):
            if isinstance(given, ast.expr):
                yield from (given, *_quoted(given))


def _quoted(annotation: ast.expr) -> Iterator[ast.expr]:
    """Yield the annotations that are texts within another one, as in `list["Name"]`."""
    for one in ast.walk(annotation):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            with suppress(SyntaxError, ValueError):  # a text of Literal or Annotated
                yield ast.parse(one.value, mode="eval").body


def in_all(nodes: Iterable[ast.expr]) -> frozenset[str]:
    """Return the names that expressions look up, but for those of every module."""
    every = [one for node in nodes for one in ast.walk(node)]
    found = {one.id for one in every if isinstance(one, ast.Name)}
    own = {one.id for one in every if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}  # comprehensions
    return frozenset((found - own).union(*map(filled, every))) - OF_MODULES


def filled(node: ast.AST) -> list[str]:
    """Return the names that a text takes out of the scope that it is in: `"%(name)s" % locals()`, or by `format`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and _is_scope(node.right):
        return _BY_PERCENT.findall(_text(node.left))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        is_scope = any(one.arg is None and _is_scope(one.value) for one in node.keywords)
        return _BY_FORMAT.findall(_text(node.func.value)) if is_scope else []
    return []


def _is_scope(node: ast.expr) -> bool:
    is_bare = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.args
    return is_bare and ast.unparse(node) in {"locals()", "globals()", "vars()"}


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def bound(statement: ast.stmt) -> list[str]:
    """Return the names that a definition, an assignment or an import binds."""
    if isinstance(statement, DEFINITIONS):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [one.asname or one.name.partition(".")[0] for one in statement.names]
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return []
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [one.id for one in targets if isinstance(one, ast.Name)]


def bound_in(source: Source, path: Sequence[str]) -> frozenset[str]:
    """Return the names that the body of a class binds, which its other statements see; none for an empty path."""
    assert source.tree is not None
    body: list[ast.stmt] = source.tree.body
    for name in path:
        body = next((one.body for one in statements(body) if isinstance(one, ast.ClassDef) and one.name == name), [])
    return frozenset(name for one in statements(body) for name in bound(one)) if path else frozenset()


def has(library: Library, source: Source, name: str) -> bool:
    """Tell whether a module may have a global name after it has run."""
    assert source.tree is not None
    found = library.find(source.module, [name])
    return found.kind is not Kind.MISSING or found.copied is not None or bool(library.statements(source.tree, name))


def import_of(source: Source, statement: ast.stmt, name: str) -> str | None:
    """Return the import that gives a module a name, written so that it means the same elsewhere; None for others."""
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return None
    alias = next(one for one in statement.names if (one.asname or one.name.partition(".")[0]) == name)
    as_name = f" as {alias.asname}" if alias.asname else ""
    if isinstance(statement, ast.Import):
        return f"import {alias.name}{as_name}"
    return f"from {absolute(source.package, statement)} import {alias.name}{as_name}"


def is_of_python(line: str) -> bool:
    """Tell whether an import is one of Python's own modules, which can be imported at any time."""
    return line.split()[1].partition(".")[0] in sys.stdlib_module_names


def definition(source: Source, name: str) -> ast.stmt | None:
    """Return the last statement at the top of a module, or in a block there, that binds a name; None if none does."""
    assert source.tree is not None
    return next((one for one in reversed([*statements(source.tree.body)]) if name in bound(one)), None)


def own_import(source: Source, name: str) -> str | None:
    """Return the import by which a module gets a name, as `import_of` does; None if it is none."""
    node = definition(source, name) if name else None
    return None if node is None else import_of(source, node, name)


def is_module_of_python(source: Source, name: str) -> bool:
    """Tell whether a name of a module comes from an import of one of Python's own modules."""
    line = own_import(source, name)
    return line is not None and is_of_python(line)
