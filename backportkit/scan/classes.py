"""Tell what attributes of the project's classes may be: by their bodies, bases, methods, and by their subclasses."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.scan import written
from backportkit.scan.values import NOTHING_BOUND, Frame, Hole, Instance, Own, Pairs, Rows, Thunk
from backportkit.source.reader import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.project import Project
    from backportkit.scan.values import Value

_MOST = 60  # subclasses that are looked at
_SHORT = 8  # statements of a method that only tells which table counts


def attribute(evaluator: Evaluator, value: Value, own: Own, name: str) -> list[Value]:
    """Return an attribute of a class of the project, or of an instance of one."""
    assert isinstance(own.node, ast.ClassDef)
    if isinstance(value, Instance) and (given := written.fields(value).get(name)) is not None:
        return evaluator.values(given)
    found = _looked_up(evaluator, own, name)
    if isinstance(value, Instance) and (not found or any(_is_overridden(one) for one in found)):
        found += [one for cls in _subclasses(evaluator, own) for one in _looked_up(evaluator, cls, name)]
    kept = [one for thunk in written.set_by_methods(own, name) for one in evaluator.values(thunk)]
    return [*dict.fromkeys(found), *(one for one in kept if not isinstance(one, Hole))]


def _looked_up(evaluator: Evaluator, own: Own, name: str) -> list[Value]:
    """Return an attribute of a class by its body, or else by the first of its bases that has it."""
    assert isinstance(own.node, ast.ClassDef)
    found = evaluator.in_class(own, name)
    if found:
        return found
    for base in own.node.bases:
        for one in evaluator.values(Thunk(base, own.frame)):
            if isinstance(one, Own) and isinstance(one.node, ast.ClassDef) and one.node is not own.node:
                found = evaluator.inherited(one, name)
                if found:
                    return found
    return []


def _is_overridden(value: Value) -> bool:
    """Tell whether subclasses count: those of engines have tables of their own, or methods that return one."""
    if isinstance(value, Rows | Pairs):
        return True
    node = value.node if isinstance(value, Own) else None
    return isinstance(node, FUNCTIONS) and len(node.body) <= _SHORT and bool(written.returned(node))


def _subclasses(evaluator: Evaluator, own: Own) -> list[Own]:
    if own.node not in evaluator.subclasses:
        evaluator.subclasses[own.node] = list(_find_subclasses(evaluator.project, own))
    return evaluator.subclasses[own.node]


def _find_subclasses(project: Project, own: Own) -> Iterator[Own]:
    """Yield the subclasses of a class, and theirs; none if very many texts may have one."""
    names = [str(getattr(own.node, "name", ""))]
    for base in names:  # to which more are added meanwhile
        texts = project.subclassing(base)
        for file in filter(None, map(project.parsed, texts if len(texts) <= _MOST else ())):
            for node in file.statements:
                if isinstance(node, ast.ClassDef) and any(_last_name(one) == base for one in node.bases):
                    yield Own(node, Frame(file, file.scope(node), node, NOTHING_BOUND))
                    names += [node.name] if node.name not in names and len(names) < _MOST else []


def _last_name(node: ast.expr) -> str:
    return str(getattr(node, "attr", getattr(node, "id", "")))
