"""Tell what a module does as it loads: the statements that do more than bind names, and the modules that it imports."""

from __future__ import annotations

import ast
import builtins
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from backportkit.source import specs
from backportkit.source.definitions import dotted
from backportkit.source.reader import DEFINITIONS, FUNCTIONS, absolute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backportkit.source.lookup import Library
    from backportkit.source.modules import Source

    Function: TypeAlias = ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef

IMPORTS = (ast.Import, ast.ImportFrom)
_WITH_DEFAULTS = (ast.Lambda, *FUNCTIONS)
_FOR_TYPES = "TYPE_CHECKING"
_IMPORTERS = frozenset({"__import__", "import_module"})
# Python calls these of a class as others subclass it or take an item of it, and this of a module that lacks a name.
_HOOKS_OF_CLASSES = ("__class_getitem__", "__init_subclass__")
_HOOK_OF_MODULES = "__getattr__"
_OF_OTHERS = frozenset({"site-packages", "dist-packages"})


def _of_head(node: Function) -> Iterator[ast.AST]:
    """Yield what of a function runs as it is defined: decorators, defaults and annotations."""
    yield from (*getattr(node, "decorator_list", ()), *node.args.defaults, *filter(None, node.args.kw_defaults))
    yield from (one for one in (node.args, *ast.walk(node.args)) if isinstance(one, ast.arg))
    yield from filter(None, [getattr(node, "returns", None), *getattr(node, "type_params", ())])


class AtLoad:
    """The statements that a module runs as it loads. Calls and decorators that `is_harmless` knows do not count."""

    def __init__(self, source: Source, library: Library, is_harmless: Callable[[ast.expr], bool]) -> None:
        self._source = source
        self._library = library
        self._is_harmless = is_harmless
        self._body = [] if source.tree is None else source.tree.body
        self._has_types_only = self._is_constant_of_types()

    def acting(self) -> Iterator[ast.stmt]:
        """Yield the statements that call or change something, make a class by other code, or import from elsewhere."""
        for statement in self._body:
            is_hook = isinstance(statement, FUNCTIONS) and statement.name == _HOOK_OF_MODULES
            if is_hook or any(map(self._acts, self._nodes(statement))):
                yield statement

    def imported(self) -> Iterator[str]:
        """Yield the names of the modules that it may import: `from a import b` may mean `a.b`."""
        for statement in self._body:
            for node in self._nodes(statement):
                yield from imported_by(node, self._source, self._library)

    def imported_ever(self) -> Iterator[str]:
        """Yield the names of the modules that it or a function of it may import."""
        for statement in self._body:
            for node in self._nodes(statement, ast.iter_child_nodes):
                yield from imported_by(node, self._source, self._library)

    def _acts(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            return not self._is_harmless(node)
        if isinstance(node, DEFINITIONS) and not all(map(self._is_harmless, node.decorator_list)):
            return True
        if isinstance(node, ast.ClassDef):
            return not self._is_plain(node, set())
        if isinstance(node, IMPORTS):
            return any(self._is_foreign(name) for name in _named(node, self._source))
        is_changed = isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
        return isinstance(node, ast.With) or (is_changed and isinstance(node, ast.Attribute | ast.Subscript))

    def _is_plain(self, node: ast.ClassDef, seen: set[ast.ClassDef]) -> bool:
        """Tell whether no code but `type` makes a class, or a class of it: a metaclass, or a hook of a base."""
        if node in seen or node.keywords or any(self._library.binds(node, hook) for hook in _HOOKS_OF_CLASSES):
            return False
        return all(self._is_plain_base(base, {*seen, node}) for base in node.bases)

    def _is_plain_base(self, base: ast.expr, seen: set[ast.ClassDef]) -> bool:
        if not isinstance(base, ast.Name) or self._source.tree is None:
            return False
        bound = self._library.statements(self._source.tree, base.id)
        if not bound:
            return hasattr(builtins, base.id) and not self._library.binds(self._source.tree, "*")
        return all(isinstance(one, ast.ClassDef) and one.name == base.id and self._is_plain(one, seen) for one in bound)

    def _is_foreign(self, module: str) -> bool:
        return not (is_near(self._source, module) or is_of_python(module) or is_ours(module))

    def _nodes(
        self, statement: ast.stmt, of_function: Callable[[Function], Iterator[ast.AST]] = _of_head
    ) -> Iterator[ast.AST]:
        """Yield the nodes that run as the module loads, not bodies of functions and imports for type checkers."""
        left: list[ast.AST] = [statement]
        while left:
            node = left.pop()
            yield node
            if isinstance(node, _WITH_DEFAULTS):
                left += of_function(node)
            elif isinstance(node, ast.If) and self._has_types_only and dotted(node.test)[-1:] == [_FOR_TYPES]:
                left += [one for one in node.body if not isinstance(one, IMPORTS)] + node.orelse
            else:
                left += ast.iter_child_nodes(node)

    def _is_constant_of_types(self) -> bool:
        """Tell whether TYPE_CHECKING is what `typing` has, or False, as this module binds it."""
        bound = [] if self._source.tree is None else self._library.statements(self._source.tree, _FOR_TYPES)
        return all(_is_of_types(one) for one in bound)


def _is_of_types(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.ImportFrom):
        return statement.module in {"typing", "typing_extensions"} and not statement.level
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    return isinstance(value, ast.Constant) and value.value is False


def imported_by(node: ast.AST, source: Source, library: Library) -> Iterator[str]:
    """Yield the names of the modules that a node in a module may import."""
    if isinstance(node, ast.Call) and dotted(node.func)[-1:] and dotted(node.func)[-1] in _IMPORTERS:
        first = node.args[0] if node.args else None
        name = first.value if isinstance(first, ast.Constant) else None
        yield from [name if name[:1] != "." else f"{source.package}{name}"] if isinstance(name, str) and name else ()
    if isinstance(node, IMPORTS):
        yield from _named(node, source)
    for alias in node.names if isinstance(node, ast.ImportFrom) else ():
        module = absolute(source.package, node) if isinstance(node, ast.ImportFrom) else ""
        names = [alias.name] if alias.name != "*" else _all_of(module, library)
        yield from (f"{module}.{name}" for name in names)


def _named(node: ast.Import | ast.ImportFrom, source: Source) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [absolute(source.package, node)]


def _all_of(module: str, library: Library) -> list[str]:
    """Return the texts in `__all__` of a module: a star import imports the submodules among them."""
    exporter = library.modules.read(module)
    stated = [] if exporter is None or exporter.tree is None else library.statements(exporter.tree, "__all__")
    constants = (node.value for one in stated for node in ast.walk(one) if isinstance(node, ast.Constant))
    return [one for one in constants if isinstance(one, str) and one.isidentifier()]


def is_near(source: Source, module: str) -> bool:
    """Tell whether a module is in the top-level package of another one, and that is none of Python's own."""
    top = source.module.partition(".")[0]
    return module.partition(".")[0] == top and not is_of_python(top)


def is_ours(module: str) -> bool:
    """Tell whether a module is backportkit itself. Anybody can add submodules to a package."""
    return module == "backportkit"


@cache
def is_of_python(module: str) -> bool:
    """Tell whether a module is Python's own, whose code no patch brings along.

    A distribution may have a module of that name, where this system or build has none.
    """
    top = module.partition(".")[0]
    if top not in sys.stdlib_module_names:
        return False
    try:
        spec = specs.find(top)
    except specs.FinderError:
        return False
    file = getattr(spec, "origin", None) or ""
    folders = (os.path.dirname(os.__file__), sys.base_prefix, sys.base_exec_prefix)  # noqa: PTH120 -- may be an archive
    is_inside = any(file.startswith(f"{folder}{os.sep}") for folder in folders)
    is_others = not _OF_OTHERS.isdisjoint(Path(file).parts)
    return spec is None or not spec.has_location or (is_inside and not is_others)
