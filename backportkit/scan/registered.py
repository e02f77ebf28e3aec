"""Find calls and rows that name a function of the project by texts, and a module that it is called with."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.scan.file import expressions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.scan.file import File
    from backportkit.scan.project import Project

_MOST = 8  # files that name one module


def modules(project: Project, module: str, function: str) -> Iterator[tuple[File, ast.stmt, ast.expr, str]]:
    """Yield the modules beside the names of a function and its module, as in `register("a.b", "own.hooks", "patch")`.

    Each comes with the file, the statement and the call or row.
    """
    texts = [one for one in project.quoting(module) if function.encode() in one.content]
    for file in filter(None, map(project.parsed, texts if len(texts) <= _MOST else ())):
        for statement in file.matching(rf"[\"']{function}[\"']"):
            for node in expressions(statement):
                names = _texts(node)
                if {module, function} <= names and isinstance(node, ast.expr):
                    others = sorted(one for one in names - {module, function} if _is_module(one))
                    yield from ((file, statement, node, one) for one in others if not project.is_own(one))


def _texts(node: ast.AST) -> set[str]:
    """Return the texts among the arguments of a call, or in a row."""
    if isinstance(node, ast.Call):
        parts = [*node.args, *(one.value for one in node.keywords)]
    else:
        parts = node.elts if isinstance(node, ast.Tuple | ast.List) else []
    return {one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def _is_module(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))
