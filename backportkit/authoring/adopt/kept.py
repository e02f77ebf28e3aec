"""Tell what a patch by hand keeps elsewhere: the original as an attribute, and what its file uses, too."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.scan.values import Bindings, Frame, Thunk
from backportkit.source.definitions import decorator_names
from backportkit.source.reader import FUNCTIONS, absolute

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from backportkit.authoring.adopt.made import Made
    from backportkit.authoring.adopt.needs import Statement
    from backportkit.scan.file import File
    from backportkit.scan.locate import Located

_DISPLAYS = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)
_OF_MODULE = frozenset({"__file__", "__name__", "__package__", "__path__", "__spec__"})
_CACHES = frozenset({"cache", "lru_cache"})
# Calls of which each makes something of its own: containers, locks, marks, and classes.
_MAKERS = frozenset(
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
    | {"WeakSet", "Lock", "RLock", "local", "ContextVar", "object", "Enum", "IntEnum", "Flag", "namedtuple", "NewType"}
)


def originals(located: Located, made: Made) -> Iterator[str]:
    """Say which attribute keeps the original for the body, as `module._f = module.f` does."""
    code = "\n".join([made.block, *(one.text for one in made.needs.statements)])
    read = {one.attr for one in ast.walk(ast.parse(code)) if isinstance(one, ast.Attribute)}
    file = located.found.frame.file
    for statement in file.statements if read else ():
        for target in statement.targets if isinstance(statement, ast.Assign) else ():
            if isinstance(target, ast.Attribute) and target.attr in read and _keeps(statement, target, located):
                name = ast.unparse(target)
                yield f"it calls the original by {name}, of line {statement.lineno}: with how='wrap' it is given it"


def _keeps(statement: ast.stmt, target: ast.Attribute, located: Located) -> bool:
    """Tell whether an assignment keeps the original at a place that is not its own."""
    file, place = located.found.frame.file, located.found.place
    at = Frame(file, file.scope(statement), statement, Bindings())
    is_kept = place in located.evaluator.values(Thunk(getattr(statement, "value", target), at))
    return is_kept and place not in located.evaluator.values(Thunk(target, at))


def of_itself(made: Made) -> Iterator[str]:
    """Say which attributes a function reads of itself, which are set on it elsewhere."""
    name = getattr(made.node, "name", "")
    read = [one for one in ast.walk(made.node) if isinstance(one, ast.Attribute)] if made.node is not None else []
    own = {one.attr for one in read if isinstance(one.value, ast.Name) and one.value.id == name}
    for attribute in sorted(own):
        yield f"{name}.{attribute} is set on the function as the program runs: with how='wrap' it is given the original"


def shared(located: Located, made: Made) -> Iterator[str]:
    """Say what others go on using that the body has its own one of now: classes, containers, and what is `global`."""
    taken = _taken(made)
    bound = {name for node in taken for one in ast.walk(node) if isinstance(one, ast.Global) for name in one.names}
    for one in made.needs.statements:
        if one.file is not None and one.node is not None:
            for name in sorted(one.binds if _is_of_its_own(one.node) else one.binds & bound):
                yield from _used(name, one.file, taken)
                yield from _imported(name, one.file, located)


def bound_again(made: Made) -> Iterator[str]:
    """Say which names the file binds anew, later or by `global`: the body has the first value alone."""
    taken = _taken(made)
    every = [(name, one) for one in made.needs.statements for name in sorted(one.binds)]
    for name, one in every:
        lines = sorted({again.lineno for again in _binding(name, one, taken)})
        if lines and one.file is not None and one.node is not None:
            again = f"{name} is bound again by {_lines(lines)} of {one.file.text.path}"
            yield f"{again}: the body has its value of line {one.node.lineno}"


def _binding(name: str, first: Statement, taken: Collection[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that bind a name after another one, or by `global`, and are not taken over."""
    if first.file is None or first.node is None:
        return
    file, node = first.file, first.node
    scope = file.scope(node)
    later = [one for one in file.binders(scope).get(name, []) if getattr(one.statement, "lineno", 0) > node.lineno]
    set_globally = file.set_globally.get(name, []) if scope is file.tree else []
    for one in (each.statement for each in [*later, *set_globally]):
        if isinstance(one, ast.stmt) and not _is_within(one, file, taken):
            yield one


def of_modules(located: Located, made: Made) -> Iterator[str]:
    """Say which names of every module the body reads, which have other values in its own one."""
    code = "\n".join([made.block, *(one.text for one in made.needs.statements)])
    read = {one.id for one in ast.walk(ast.parse(code)) if isinstance(one, ast.Name)}
    for name in sorted(read & _OF_MODULE):
        yield f"{name} has another value in the body than in {located.found.file.text.path}: write out what is meant"


def _is_of_its_own(node: ast.stmt) -> bool:
    """Tell whether a second one of what a statement makes is another thing: a class, a cache, a container, a mark."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        callee = node.value.func if isinstance(node.value, ast.Call) else None
        return isinstance(node.value, _DISPLAYS) or getattr(callee, "attr", getattr(callee, "id", "")) in _MAKERS
    return isinstance(node, ast.ClassDef) or (
        isinstance(node, FUNCTIONS) and not _CACHES.isdisjoint(decorator_names(node))
    )


def _taken(made: Made) -> list[ast.stmt]:
    """Return the statements that are taken over."""
    return [one for one in (*(each.node for each in made.needs.statements), made.node) if one is not None]


def _lines(lines: Sequence[int]) -> str:
    return f"line{'' if len(lines) == 1 else 's'} {', '.join(map(str, lines))}"


def _used(name: str, file: File, taken: Collection[ast.stmt]) -> Iterator[str]:
    lines = sorted({statement.lineno for _, statement in file.uses(name) if not _is_within(statement, file, taken)})
    if lines:
        yield f"{name} is used by {_lines(lines)} of {file.text.path}, too: there are two of it now"


def _imported(name: str, file: File, located: Located) -> Iterator[str]:
    """Say which other files of the project import a name."""
    project = located.evaluator.project
    for text in project.importing(name):
        other = project.parsed(text) if text is not file.text else None
        for one in [] if other is None else _importing(name, file, other):
            yield f"{name} is used by {_lines([one.lineno])} of {text.path}, too: there are two of it now"


def _importing(name: str, file: File, other: File) -> Iterator[ast.ImportFrom]:
    imports = (one for one in other.statements if isinstance(one, ast.ImportFrom))
    named = (one for one in imports if any(each.name == name for each in one.names))
    yield from (one for one in named if absolute(other.package, one) == file.module)


def _is_within(statement: ast.stmt, file: File, taken: Iterable[ast.stmt]) -> bool:
    around = {statement, *(place.node for place in file.chain(statement))}
    return not around.isdisjoint(taken)
