"""BK222: name what the module of a replacement imports from the package of its target, and what that does not have."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.check import unknown
from backportkit.check.findings import Finding, about
from backportkit.check.reading import read
from backportkit.source.reader import absolute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.registry import Declared
    from backportkit.source.modules import Source

_WAY = "write what it needs there, or import it in the function that uses it"


def judge(declared: Declared, edits: Iterable[Edit]) -> Iterator[Finding]:
    """Yield a finding for each import that is bound to fail when the target has loaded, and the replacement is next."""
    told: set[tuple[str, str]] = set()
    for edit in edits:
        module = edit.replacement.module if edit.replacement is not None and edit.replacement.held is None else ""
        source = read(module) if module else None
        for name in _lacking(declared, edit, source) if source is not None else ():
            if (module, name) not in told:
                told.add((module, name))
                message = f"{module} imports {name}, which is not there: the patch cannot be applied"
                yield about(declared, "BK222", message, _WAY, edit.target)


def _lacking(declared: Declared, edit: Edit, source: Source) -> Iterator[str]:
    """Yield what the imports at the top of a module name in a package and do not find. Those in blocks may not run."""
    package = edit.target.module.partition(".")[0]
    for statement in source.tree.body if source.tree is not None else ():
        module = absolute(source.package, statement) if isinstance(statement, ast.ImportFrom) else ""
        if isinstance(statement, ast.ImportFrom) and module.partition(".")[0] == package and read(package) is not None:
            names = (one.name for one in statement.names)
            yield from (f"{module}:{name}" for name in names if not _is_there(declared, edit, module, name))


def _is_there(declared: Declared, edit: Edit, module: str, name: str) -> bool:
    """Tell whether an import finds a name. What is added to another module than the target's is there by then."""
    if read(module) is None:
        return False
    is_added = module != edit.target.module and unknown.is_given(declared, module, name)
    return name == "*" or is_added or unknown.has(module, name) or read(f"{module}.{name}") is not None
