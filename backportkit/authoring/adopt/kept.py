"""Tell what a patch by hand keeps elsewhere: the original as an attribute, and what its file uses, too."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.scan.values import Bindings, Frame, Thunk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from backportkit.authoring.adopt.made import Made
    from backportkit.scan.file import File
    from backportkit.scan.locate import Located

_DISPLAYS = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)
_CONTAINERS = frozenset(
    {
        "dict",
        "list",
        "set",
        "defaultdict",
        "OrderedDict",
        "Counter",
        "deque",
        "WeakKeyDictionary",
        "WeakValueDictionary",
    }
    | {"WeakSet", "Lock", "RLock", "local", "ContextVar"}
)


def originals(located: Located, made: Made) -> Iterator[str]:
    """Say which attribute keeps the original for the body, as `module._f = module.f` does."""
    code = "\n".join([made.block, *(one.text for one in made.needs.statements)])
    read = {one.attr for one in ast.walk(ast.parse(code)) if isinstance(one, ast.Attribute)}
    file = located.found.frame.file
    for statement in file.statements if read else ():
        if isinstance(statement, ast.Assign) and _reads(statement, file, located):
            targets = [one for one in statement.targets if isinstance(one, ast.Attribute) and one.attr in read]
            for name in map(ast.unparse, targets):
                yield f"it calls the original by {name}, of line {statement.lineno}: with how='wrap' it is given it"


def _reads(statement: ast.Assign, file: File, located: Located) -> bool:
    """Tell whether an assignment has the original on its right side."""
    at = Frame(file, file.scope(statement), statement, Bindings())
    return located.found.place in located.evaluator.values(Thunk(statement.value, at))


def shared(made: Made) -> Iterator[str]:
    """Say what the file goes on using that the body has its own one of now: containers, locks, and what is `global`."""
    taken = [one.node for one in made.needs.statements if one.node is not None]
    taken += [made.node] if made.node is not None else []
    bound = {name for node in taken for one in ast.walk(node) if isinstance(one, ast.Global) for name in one.names}
    for one in made.needs.statements:
        if one.file is not None and isinstance(one.node, ast.Assign | ast.AnnAssign):
            for name in one.binds if _is_container(one.node.value) else one.binds & bound:
                yield from _used(name, one.file, taken)


def _is_container(value: ast.expr | None) -> bool:
    if isinstance(value, _DISPLAYS):
        return True
    callee = value.func if isinstance(value, ast.Call) else None
    return getattr(callee, "attr", getattr(callee, "id", "")) in _CONTAINERS


def _used(name: str, file: File, taken: Collection[ast.stmt]) -> Iterator[str]:
    lines = sorted({statement.lineno for _, statement in file.uses(name) if not _is_within(statement, file, taken)})
    if lines:
        where = f"line{'' if len(lines) == 1 else 's'} {', '.join(map(str, lines))}"
        yield f"{name} is used by {where} of {file.text.path}, too: there are two of it now"


def _is_within(statement: ast.stmt, file: File, taken: Iterable[ast.stmt]) -> bool:
    around = {statement, *(place.node for place in file.chain(statement))}
    return not around.isdisjoint(taken)
