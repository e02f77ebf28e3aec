"""Look at what a patch installs, at how its finder behaves, and at what it has its project import."""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING

from backportkit.scan.values import Own, Thunk
from backportkit.source.reader import FUNCTIONS, absolute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.file import File
    from backportkit.scan.find import Found

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def function(found: Found, evaluator: Evaluator) -> Own | None:
    """Return the function of the project that a patch installs; None if it installs anything else, or none is known."""
    if found.edit.value is None:
        return None
    own = [one for one in evaluator.values(Thunk(found.edit.value, found.frame)) if isinstance(one, Own)]
    return own[0] if len(own) == 1 and isinstance(own[0].node, FUNCTIONS) else None


def installed(found: Found, evaluator: Evaluator) -> _Function | None:
    """Return the definition of the function that a patch installs; None as `function` does."""
    own = function(found, evaluator)
    return own.node if own is not None and isinstance(own.node, FUNCTIONS) else None


def renamed(node: _Function, name: str) -> _Function:
    """Return a function under another name."""
    made = copy.copy(node)
    made.name = name
    return made


def is_probed(found: Found) -> bool:
    """Tell whether a patch is an import hook that takes itself out as soon as it is asked for a spec."""
    if found.form != "import-hook":
        return False
    called = {one.func.id for one in _calls(found.edit.value) if isinstance(one.func, ast.Name)}
    for node in found.frame.file.statements:
        if isinstance(node, ast.ClassDef) and node.name in called and _takes_itself_out(node):
            return True
    return False


def _calls(node: ast.AST | None) -> Iterator[ast.Call]:
    return (one for one in ast.walk(node) if isinstance(one, ast.Call)) if node is not None else iter(())


def _takes_itself_out(cls: ast.ClassDef) -> bool:
    finding = [one for one in cls.body if isinstance(one, FUNCTIONS) and one.name in {"find_spec", "find_module"}]
    texts = [ast.unparse(call) for one in finding for call in _calls(one)]
    return any(text.endswith(("meta_path.remove(self)", "path_hooks.remove(self)")) for text in texts)


# --- imports ---


def comes_early(found: Found, module: str) -> bool:
    """Tell whether importing the file imports the target's module, which nothing else in the file needs then."""
    file = found.frame.file
    if file.function(found.edit.statement) is not None:
        return False
    imports = [one for one in file.tree.body if isinstance(one, ast.Import | ast.ImportFrom)]
    own = [one for one in imports if module in _modules(one, file)]
    names = {alias.asname or alias.name.partition(".")[0] for one in own for alias in one.names}
    return bool(names) and all(_is_used_once(name, found) for name in names)


def _modules(statement: ast.Import | ast.ImportFrom, file: File) -> set[str]:
    if isinstance(statement, ast.Import):
        return {one.name for one in statement.names}
    source = absolute(file.package, statement)
    return {source, *(f"{source}.{one.name}" for one in statement.names)}


def _is_used_once(name: str, found: Found) -> bool:
    uses = {statement for _, statement in found.frame.file.uses(name)}
    return uses == {found.edit.statement}
