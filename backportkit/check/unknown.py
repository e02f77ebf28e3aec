"""BK216: find global names that a replacement uses and that its module does not have."""

from __future__ import annotations

import ast
import builtins
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from backportkit.check import reading, replacements
from backportkit.check.findings import Finding, about
from backportkit.check.reading import find, library, read
from backportkit.declaration.registry import declared_patches
from backportkit.source import binders, callables
from backportkit.source.found import Function, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.registry import Declared

# Every module has these (https://docs.python.org/3/reference/datamodel.html); the compiler makes the last one.
_OF_MODULES = frozenset({*dir(ModuleType("")), "__file__", "__builtins__", "__path__", "__annotations__", "__class__"})
# Tools put these among the builtins: gettext.install (https://docs.python.org/3/library/gettext.html) and IPython.
_OF_TOOLS = frozenset({"_", "get_ipython"})
# A function that uses one of these may find a name in its own way, or do without it.
_WAYS_AROUND = frozenset({"NameError", "globals", "locals", "vars", "exec", "eval"})

_LACKING = "it uses {}, which {} does not have: a call that gets there is a NameError"
_ADDED = "if upstream's fix adds it, write adds={{'{}': ...}}, or an edit with how='add'"


def judge(declared: Declared, edits: Iterable[Edit]) -> Iterator[Finding]:
    """Yield a finding for each missing name, edit by edit, but one for all that a forgotten namespace has."""
    missing = [(edit, name) for edit in edits for name in _missing(declared, edit)]
    forgotten = [(edit, name) for edit, name in missing if _is_forgotten(edit, name)]
    if forgotten:
        yield _of_namespace(declared, forgotten[0][0], sorted({name for _, name in forgotten}))
    for edit, name in missing:
        if (edit, name) not in forgotten:
            yield _of_name(declared, edit, name)


def _is_forgotten(edit: Edit, name: str) -> bool:
    return edit.namespace == "own" and _is_there(edit.target.module, name)


def _of_namespace(declared: Declared, edit: Edit, names: list[str]) -> Finding:
    *others, last = map(repr, names)
    said, them = (f"{', '.join(others)} and {last}", "them") if others else (last, "it")
    way = f"write namespace='target', since {edit.target.module} has {them}"
    return about(declared, "BK216", _LACKING.format(said, _own_module(edit)), way, edit.target)


def _of_name(declared: Declared, edit: Edit, name: str) -> Finding:
    own = _own_module(edit)
    if edit.namespace == "own":
        way, lacking = "import it, or correct it", own
    else:
        here = f"import it in the function, from {own}" if has(own, name) else "correct the name, or import it there"
        way, lacking = f"{here}; {_ADDED.format(name)}", edit.target.module
    return about(declared, "BK216", _LACKING.format(repr(name), lacking), way, edit.target)


def _missing(declared: Declared, edit: Edit) -> list[str]:
    if edit.replacement is None or edit.target.is_module:
        return []
    used = _used(edit)
    if used & _WAYS_AROUND:
        return []
    if edit.namespace == "target":
        return sorted(name for name in used if not is_given(declared, edit.target.module, name))
    held = _function(edit)
    real = held.__globals__ if held is not None else {}
    own = _own_module(edit)
    return sorted(name for name in used if name not in real and not has(own, name))


def _own_module(edit: Edit) -> str:
    """Return the module whose globals a replacement has by itself: of an imported one, the module that defines it."""
    held = _function(edit)
    own: str = held.__globals__.get("__name__", "") if held is not None else ""
    if own or edit.replacement is None:
        return own
    found = reading.named(edit.replacement)
    return found.source.module if found.functions and found.source is not None else edit.replacement.module


def _function(edit: Edit) -> FunctionType | None:
    """Return the function that was written, if the declaration holds it."""
    held = edit.replacement.held if edit.replacement is not None else None
    try:
        found = None if held is None else callables.written(held, edit.target.attribute)
    except TypeError:
        return None
    return found if isinstance(found, FunctionType) else None


def is_given(declared: Declared, module: str, name: str) -> bool:
    """Tell whether the target's module has a name, gets it from this patch or another one, or cannot be read."""
    source = read(module)
    if source is None or source.tree is None:
        return True
    patches = (one.patch for one in (declared, *declared_patches))
    added = (edit.target for patch in patches for edit in patch.edits if edit.how == "add")
    return has(module, name) or any(target.module == module and target.path[:1] == (name,) for target in added)


def _is_there(module: str, name: str) -> bool:
    source = read(module)
    return source is not None and source.tree is not None and has(module, name)


def has(module: str, name: str) -> bool:
    """Tell from source whether a module may have a global name after it has run."""
    source = read(module)
    if source is None or source.tree is None:
        return True
    found = find(module, [name])  # an imported name counts as there: without it the module would not load
    is_bound = found.kind is not Kind.MISSING or found.copied is not None
    return is_bound or name in _set_in_other_ways(source.tree) or _is_bound_elsewhere(source.tree, name)


def _is_bound_elsewhere(tree: ast.Module, name: str) -> bool:
    """Tell whether a module has a name on another Python or platform.

    Code that uses such a name knows when it is there. A name for type checkers is never there.
    """
    found = library().statements(tree, name)
    deleted = any(isinstance(one, ast.Delete) for one in found)
    return bool(found) and not deleted and not any(map(_is_for_type_checkers, found))


def _is_for_type_checkers(statement: ast.stmt) -> bool:
    return any("TYPE_CHECKING" in (getattr(one, "id", ""), getattr(one, "attr", "")) for one in ast.walk(statement))


@cache
def _set_in_other_ways(tree: ast.Module) -> frozenset[str]:
    """Return the names that functions declare global, and those that patterns and handlers bind."""
    found: set[str | None] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            found.update(node.names)
        elif isinstance(node, ast.MatchAs | ast.MatchStar | ast.ExceptHandler):
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping):
            found.add(node.rest)
    return frozenset(name for name in found if name is not None)


def _used(edit: Edit) -> set[str]:
    """Return the global names that a replacement loads, without those of all modules and of the builtins."""
    function = _function(edit)
    node = replacements.node_of(edit)
    code = None if node is None else _compiled(node)
    code = function.__code__ if code is None and function is not None else code
    free = function.__code__.co_freevars if function is not None else ()
    used = set() if code is None else set(callables.loaded(code))
    return {name for name in used - {*free, *_OF_MODULES, *_OF_TOOLS, *dir(builtins)} if not name.startswith("__")} | (
        used & _WAYS_AROUND
    )


def _compiled(node: Function) -> CodeType | None:
    """Return the code of a function alone; None if it is nested too deeply.

    Expressions that run where it is defined are left out, and so are branches that never run on this Python.
    """
    try:
        made = _Bare().visit(ast.parse(ast.unparse(node)).body[0])
    except RecursionError:
        return None
    made.decorator_list = []
    module = ast.fix_missing_locations(ast.Module([made], []))
    return next(one for one in compile(module, "", "exec", dont_inherit=True).co_consts if isinstance(one, CodeType))


class _Bare(ast.NodeTransformer):
    """Remove annotations, defaults, and the branches that this Python does not take."""

    def visit_arguments(self, node: ast.arguments) -> Any:
        for one in ast.walk(node):
            if isinstance(one, ast.arg):
                one.annotation = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.returns = None
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        node.returns = None
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> Any:
        taken = binders.decide(node.test)
        self.generic_visit(node)
        if taken is None:
            return node
        return (node.body if taken else node.orelse) or ast.Pass()
