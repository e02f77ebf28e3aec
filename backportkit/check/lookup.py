"""Find in source what a look-up at run time would find: definitions, what is inherited, what was imported."""

from __future__ import annotations

import ast
import builtins
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from backportkit.check import source as sources
from backportkit.source import absolute, statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.check.source import Source

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_PARTS = {"fget": "getter", "fset": "setter", "fdel": "deleter"}
_DEPTH = 40  # imports and bases that lead from one module to the next; in a circle there is no end


class Kind(Enum):
    """What was found at a target."""

    FUNCTION = "a function"
    CLASS = "a class"
    VALUE = "a value"
    MISSING = "nothing"
    NATIVE = "no Python source"
    UNKNOWN = "nothing that can be told without running it"


class Found(NamedTuple):
    """What a look-up finds.

    Attributes:
        kind: What it is.
        nodes: The definitions, of which there are several under `if` and `else`.
        source: The module that has them; None if none was found.
        reason: In words, where `kind` is none of the first three.
        inherited: The class that the target inherits it from, as `module:Class`, or None.
        copied: Where the target's module has imported it from, as `module:name`, or None.
    """

    kind: Kind
    nodes: tuple[ast.AST, ...] = ()
    source: Source | None = None
    reason: str = ""
    inherited: str | None = None
    copied: str | None = None

    @property
    def functions(self) -> tuple[Function, ...]:
        """The definitions, if they are functions."""
        return tuple(node for node in self.nodes if isinstance(node, _FUNCTIONS))


def find(module: str, path: Sequence[str], folder: str | None = None) -> Found:
    """What `path` (Class, ..., name) leads to in a module as it is installed here, or in a folder given."""
    source = sources.read(module, folder)
    if source is None:
        return Found(Kind.MISSING, reason=f"there is no module {module}")
    if source.tree is None:
        return Found(Kind.NATIVE, source=source, reason=source.reason)
    return _Walk(folder).in_module(source, path)


class _Walk:
    """One look-up; it ends after a number of steps from module to module."""

    def __init__(self, folder: str | None) -> None:
        self._folder = folder
        self._steps = 0

    def in_module(self, source: Source, path: Sequence[str]) -> Found:
        if source.tree is None:
            return Found(Kind.NATIVE, source=source, reason=source.reason)
        self._steps += 1
        if self._steps > _DEPTH:
            return Found(Kind.UNKNOWN, source=source, reason=f"{path[0]!r} leads in a circle")
        found = self._in_body(source, source.tree, path)
        if found is not None:
            return found
        return self._taken_over(source, source.tree, path)

    def _taken_over(self, source: Source, tree: ast.Module, path: Sequence[str]) -> Found:
        """What a module that does not bind the first name itself has it from: a star import, the last one first."""
        names = bindings(tree)
        for statement in reversed(names.get("*", [])):
            found = self._starred(source, statement, path)  # type: ignore[arg-type] # nothing else binds a star
            if found.kind is not Kind.MISSING:
                return found
        if "__getattr__" in names:
            return Found(Kind.UNKNOWN, source=source, reason=f"{source.module} takes names from elsewhere as it runs")
        return Found(Kind.MISSING, source=source, reason=f"{source.module} has no {path[0]!r}")

    def _starred(self, source: Source, statement: ast.ImportFrom, path: Sequence[str]) -> Found:
        """Follow `from module import *`."""
        module = _absolute(source, statement)
        home = sources.read(module, self._folder)
        exported = None if home is None or home.tree is None else _exports(home, home.tree, path[0])
        if home is None or exported is None:
            return Found(Kind.UNKNOWN, source=source, reason=f"'from {module} import *' cannot be followed")
        found = self.in_module(home, path) if exported else Found(Kind.MISSING)
        return found._replace(copied=f"{module}:{path[0]}")

    def _in_body(self, source: Source, owner: ast.AST, path: Sequence[str]) -> Found | None:
        """What a body binds itself; None if it does not bind the first name."""
        bound = bindings(owner).get(path[0])
        if not bound:
            return None
        last, rest = bound[-1], path[1:]
        if isinstance(last, ast.ImportFrom):
            return self._imported(source, last, path)
        if isinstance(last, ast.ClassDef):
            return self._in_class(source, last, rest) if rest else Found(Kind.CLASS, (last,), source)
        if isinstance(last, _FUNCTIONS):
            return _function(source, bound, rest)
        return Found(Kind.UNKNOWN if rest else Kind.VALUE, (last,), source, f"{path[0]!r} is made as the module runs")

    def _in_class(self, source: Source, owner: ast.ClassDef, path: Sequence[str]) -> Found:
        found = self._in_body(source, owner, path)
        if found is not None:
            return found
        for base in owner.bases:
            inherited = self._in_base(source, base, path)
            if inherited.kind is not Kind.MISSING:
                return inherited
        if hasattr(object, path[0]):
            return Found(Kind.NATIVE, reason="it is object's own", inherited="builtins:object")
        if owner.decorator_list or owner.keywords or f"{owner.name}.{path[0]}" in source.text:
            return Found(Kind.UNKNOWN, source=source, reason=f"{owner.name} is completed as the module runs")
        return Found(Kind.MISSING, source=source, reason=f"{source.module}:{owner.name} has no {path[0]!r}")

    def _in_base(self, source: Source, base: ast.expr, path: Sequence[str]) -> Found:
        names = _dotted(base)
        if len(names) == 1 and source.tree is not None and names[0] not in bindings(source.tree):
            return _in_builtin(names[0], path)
        found = self.in_module(source, names) if names else Found(Kind.UNKNOWN)
        if found.kind is not Kind.CLASS or found.source is None:
            return Found(Kind.UNKNOWN, reason=f"the base {ast.unparse(base)} cannot be followed")
        cls = found.nodes[0]
        inherited = self._in_class(found.source, cls, path)  # type: ignore[arg-type] # what Kind.CLASS says
        if inherited.kind in {Kind.MISSING, Kind.UNKNOWN}:
            return inherited
        return inherited._replace(inherited=inherited.inherited or f"{found.source.module}:{names[-1]}")

    def _imported(self, source: Source, statement: ast.ImportFrom, path: Sequence[str]) -> Found:
        """Follow `from module import name as path[0]`; the name may be that of a submodule."""
        name = next(alias.name for alias in statement.names if (alias.asname or alias.name) == path[0])
        module = _absolute(source, statement)
        copied = f"{module}:{name}"
        home = sources.read(module, self._folder)
        if home is None:
            return Found(Kind.UNKNOWN, source=source, reason=f"{copied} cannot be followed", copied=copied)
        itself = home.module == source.module  # a package that imports from itself means a submodule
        found = Found(Kind.MISSING) if itself else self.in_module(home, [name, *path[1:]])
        submodule = sources.read(f"{module}.{name}", self._folder) if found.kind is Kind.MISSING else None
        if submodule is not None and path[1:]:
            found = self.in_module(submodule, path[1:])
        return found._replace(copied=copied)


def _exports(home: Source, tree: ast.Module, name: str) -> bool | None:
    """Whether a star import takes the name along; None if that cannot be told without running the module."""
    stated = bindings(tree).get("__all__")
    if not stated:
        return not name.startswith("_")
    if len(stated) > 1 or "__all__." in home.text:  # as in __all__.extend(...)
        return None
    try:
        return name in ast.literal_eval(stated[0].value)  # type: ignore[attr-defined]
    except (AttributeError, TypeError, ValueError):
        return None


def _in_builtin(name: str, path: Sequence[str]) -> Found:
    cls = getattr(builtins, name, None)
    if not isinstance(cls, type):
        return Found(Kind.UNKNOWN, reason=f"the base {name} cannot be followed")
    if hasattr(cls, path[0]):
        return Found(Kind.NATIVE, reason="it is built in", inherited=f"builtins:{name}")
    return Found(Kind.MISSING)


def _function(source: Source, bound: Sequence[ast.stmt], rest: Sequence[str]) -> Found:
    part = rest[0] if rest else "fget"
    if len(rest) > 1 or part not in _PARTS:
        return Found(Kind.UNKNOWN, source=source, reason=f"{'.'.join(rest)!r} of a function is set as the module runs")
    functions = tuple(node for node in bound if isinstance(node, _FUNCTIONS))
    named = tuple(node for node in functions if _part_of(node) == part) or (() if rest else functions)
    if not named:
        return Found(Kind.MISSING, source=source, reason=f"the property has no {part}")
    return Found(Kind.FUNCTION, named, source)


def _part_of(function: Function) -> str:
    """Which part of a property a function makes; `fget` for what is no property."""
    suffixes = {name.rpartition(".")[2] for name in decorators(function)}
    return next((part for part, suffix in _PARTS.items() if suffix in suffixes), "fget")


def decorators(function: Function) -> list[str]:
    """The dotted names of a function's decorators, without arguments; empty texts for what has no name."""
    calls = (node.func if isinstance(node, ast.Call) else node for node in function.decorator_list)
    return [".".join(_dotted(node)) for node in calls]


def _dotted(node: ast.expr) -> list[str]:
    """The names of `a.b.c`, also of `a.b.c[...]`; none for anything else."""
    if isinstance(node, ast.Subscript):
        return _dotted(node.value)
    if isinstance(node, ast.Name):
        return [node.id]
    outer = _dotted(node.value) if isinstance(node, ast.Attribute) else []
    return [*outer, node.attr] if outer and isinstance(node, ast.Attribute) else []


def _absolute(source: Source, statement: ast.ImportFrom) -> str:
    return absolute(sources.package_of(source), statement)


@cache
def bindings(owner: ast.AST) -> dict[str, list[ast.stmt]]:
    """What the body of a module or class binds, by name, also under `if`, `try` and the like; `*` for star imports."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in statements(getattr(owner, "body", [])):
        for name in _names(statement):
            found.setdefault(name, []).append(statement)
    return found


def _names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, ast.ImportFrom):
        return [alias.asname or alias.name for alias in statement.names]
    if isinstance(statement, ast.Import):
        return [alias.asname or alias.name.partition(".")[0] for alias in statement.names]
    if isinstance(statement, ast.AnnAssign) and statement.value is None:
        return []
    inner = (node for target in _targets(statement) for node in ast.walk(target))
    return [node.id for node in inner if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


def _targets(statement: ast.stmt) -> list[ast.expr]:
    """What an assignment, a loop or a `with` assigns to."""
    if isinstance(statement, ast.With | ast.AsyncWith):
        return [item.optional_vars for item in statement.items if item.optional_vars is not None]
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign | ast.AugAssign | ast.For | ast.AsyncFor) else []
