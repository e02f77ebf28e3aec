"""Tell which code a patch brings along, as its source has it, and digest that. Nothing of it is imported."""

from __future__ import annotations

import ast
import hashlib
import textwrap
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from backportkit.source import location, specs
from backportkit.source.at_load import AtLoad, is_of_python, is_ours
from backportkit.source.callables import code_essence, codes
from backportkit.source.definitions import dotted
from backportkit.source.functions import function_of
from backportkit.source.reached import Reach, Statement
from backportkit.source.reader import DEFINITIONS, FUNCTIONS, first_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.record import Patch
    from backportkit.declaration.reference import Reference
    from backportkit.declaration.registry import Declared
    from backportkit.source.lookup import Library
    from backportkit.source.modules import Source

REPLACEMENT = "replacement"
REACHED = "reached by name"
AT_IMPORT = "runs at import"
# The functions of ours that run nothing of others, and those of Python, each as the names that lead to it.
_DECLARING = [[name] for name in ("Callbacks", "Edit", "Patch", "Reproducer", "Target")]
_DECLARING += [[name] for name in ("added", "any_of", "backport", "register")]
_CONTAINERS = [["dict"], ["frozenset"], ["list"], ["set"], ["tuple"]]
# By the library, which reads each module once: one module may declare all patches of a project.
_at_load: WeakKeyDictionary[Library, dict[str, tuple[list[ast.stmt], list[str]]]] = WeakKeyDictionary()
_shown: WeakKeyDictionary[Library, dict[ast.AST | str, tuple[str, ...]]] = WeakKeyDictionary()


class Piece(NamedTuple):
    """Some code that a patch brings along.

    Attributes:
        role: What it is there for: `replacement`, the name of a callback, `reached by name` or `runs at import`.
        source: The module that has it.
        line: Its first line.
        lines: Its lines, without indentation and without decorators that only declare.
    """

    role: str
    source: Source
    line: int
    lines: tuple[str, ...]

    @property
    def where(self) -> str:
        """Its `file:line`."""
        return f"{location.relative(self.source.path)}:{self.line}"


class Content(NamedTuple):
    """The code that a patch brings along.

    Attributes:
        pieces: The code: replacements and callbacks, and what they reach in their own package.
        sources: The modules that have it, the one that declares the patch, and those that these import.
        digest: A SHA-256 over the pieces, and over what the patch puts where.
    """

    pieces: tuple[Piece, ...]
    sources: tuple[Source, ...]
    digest: str


def of(declared: Declared, library: Library) -> Content:
    """Return the code that a patch brings along."""
    if declared.internal:
        return _own(declared.patch, library)
    reach, roles = Reach(library), dict[tuple[str, int], str]()
    texts = [*_said(declared.patch)]
    modules = {declared.module}
    for role, reference in _roles(declared.patch):
        found = [*_written(reference, library)]
        _take(reach, roles, role, (one for one in found if not is_of_python(one.source.module)))
        modules.add(reference.module)
        texts += [] if found else [_compiled(reference)]
    read = _loaded(reach, roles, {*filter(None, modules)}, library)
    pieces = tuple(_piece(one, roles.get(_key(one), REACHED), library) for one in _outer(reach))
    sources = {one.module: one for one in (*read, *(piece.source for piece in pieces))}
    return Content(pieces, tuple(sources.values()), digest([*texts, *map(_text, pieces)]))


def _own(patch: Patch, library: Library) -> Content:
    """Return the functions of a patch of backportkit's own. What these reach runs with or without the patch."""
    found = [(role, one) for role, reference in _roles(patch) for one in _written(reference, library)]
    pieces = tuple(_piece(one, role, library) for role, one in found)
    sources = {piece.source.module: piece.source for piece in pieces}
    return Content(pieces, tuple(sources.values()), digest([*_said(patch), *map(_text, pieces)]))


def digest(texts: Iterable[str]) -> str:
    """Return a SHA-256 over texts, whatever their order, in hexadecimal digits."""
    return hashlib.sha256(ascii(sorted(texts)).encode()).hexdigest()


def hash_of(source: Source) -> str:
    """Return the SHA-256 of the file of a module, in hexadecimal digits; that of its text where it is in no file."""
    try:
        return hashlib.sha256(Path(source.path).read_bytes()).hexdigest()
    except (OSError, ValueError):
        return hashlib.sha256(source.text.encode("utf-8", "surrogatepass")).hexdigest()


def _take(reach: Reach, roles: dict[tuple[str, int], str], role: str, found: Iterable[Statement]) -> None:
    """Follow statements, and note what they are there for. What a patch calls need not be said to run at import."""
    for one in found:
        if role != AT_IMPORT or not reach.has(one):
            roles.setdefault(_key(one), role)
        reach.follow([one])


def _loaded(reach: Reach, roles: dict[tuple[str, int], str], modules: set[str], library: Library) -> list[Source]:
    """Follow what modules do as they load, and the modules of their packages that they import; return all of these.

    Of other packages, what is imported is returned and not followed.
    """
    tops = {module.partition(".")[0] for module in modules}
    found: dict[str, Source | None] = {}
    left = modules
    while left:
        read = {one: None if _is_known(one) else library.modules.read(one) for one in sorted(left)}
        left = {name.rpartition(".")[0] for name, source in read.items() if source is not None}
        for source in filter(None, read.values()):
            if source.module.partition(".")[0] in tops:
                acting, imported = _found_at_load(source, library)
                _take(reach, roles, AT_IMPORT, (Statement(source, one) for one in acting))
                left.update(imported)
        found |= read
        _follow_held(reach, [*filter(None, found.values())])
        left = (left | reach.modules) - found.keys()
    return [*filter(None, found.values())]


def _follow_held(reach: Reach, sources: Iterable[Source]) -> None:
    """Follow each module that code has as an object, and those beneath it: that code can ask for any name of them."""
    known: set[str] = set()
    while known != reach.held:
        known = {*reach.held}
        starts = tuple(f"{held}." for held in known)
        reach.follow(Statement(one) for one in sources if f"{one.module}.".startswith(starts))


def _found_at_load(source: Source, library: Library) -> tuple[list[ast.stmt], list[str]]:
    """Return the statements that a module runs as it loads, and the modules that it imports."""
    known = _at_load.setdefault(library, {})
    if source.module not in known:
        found = AtLoad(source, library, partial(_declares, source, library))
        known[source.module] = [*found.acting()], [*found.imported()]
    return known[source.module]


def _is_known(module: str) -> bool:
    return not module or is_ours(module) or is_of_python(module)


def _key(statement: Statement) -> tuple[str, int]:
    return statement.source.module, 0 if statement.node is None else statement.line


def _roles(patch: Patch) -> Iterator[tuple[str, Reference]]:
    for edit in patch.edits:
        if edit.replacement is not None:
            yield REPLACEMENT, edit.replacement
    for when, callback in patch.callbacks if patch.has_callbacks else ():
        if callback is not None:
            yield when, callback


def _said(patch: Patch) -> Iterator[str]:
    """Yield what a patch puts where, and what it calls, as its declaration says it."""
    yield f"aliases {patch.aliases}"
    for edit in patch.edits:
        yield " ".join([str(edit.target), edit.how, edit.namespace, edit.signature, _put(edit)])
        yield " ".join([str(edit.target), *edit.original, "fixed", *edit.fixed])
    for role, reference in _roles(patch):
        yield f"{role} {reference}"


def _put(edit: Edit) -> str:
    return edit.alias_of or (repr(edit.value) if edit.replacement is None else str(edit.replacement))


def _written(reference: Reference, library: Library) -> Iterator[Statement]:
    """Yield the statements that define what a reference names or holds, be it by an import."""
    module, _, path = reference.partition(":")
    if not path:
        yield from _whole(module, library)
        return
    source = library.modules.read(module)
    held = [] if source is None else [*_held(reference.held, source)]
    found = library.find(module, path.split("."))
    named = [Statement(one.source, one.nodes[-1]) for one in found.candidates if one.nodes and one.source is not None]
    yield from held or named


def _held(held: object, source: Source) -> Iterator[Statement]:
    """Yield the statements of a module in which a function was made, and what it wraps.

    A name may lead to another one that was made later, and to none that is in a call.
    """
    parts = [held.fget, held.fset, held.fdel] if isinstance(held, property) else [held]
    for code in (code for part in parts for code in _codes(part)):
        body = source.tree.body if source.tree is not None and code.co_filename == source.path else []
        for node in body:
            if first_line(node) <= code.co_firstlineno <= (node.end_lineno or node.lineno):
                yield Statement(source, _in_class(node, code.co_firstlineno))


def _codes(value: object) -> tuple[CodeType, ...]:
    found = codes(function_of(value))
    return found if isinstance(found, tuple) else () if found is None else (found,)


def _in_class(node: ast.stmt, line: int) -> ast.AST:
    """Return the function of a class that begins in a line; anything else as it is."""
    inner = ast.walk(node) if isinstance(node, ast.ClassDef) else ()
    return next((one for one in inner if isinstance(one, FUNCTIONS) and first_line(one) == line), node)


def _whole(module: str, library: Library) -> Iterator[Statement]:
    """Yield a module, and all that are below it if it is a package."""
    source = library.modules.read(module)
    if source is None or source.tree is None:
        return
    yield Statement(source)
    for folder in source.folders:
        for file in sorted(Path(folder).rglob("*.py")):
            names = file.relative_to(folder).with_suffix("").parts
            inner = library.modules.read(".".join([module, *names]).removesuffix(".__init__"))
            if inner is not None and inner.module != module:
                yield Statement(inner)


def _compiled(reference: Reference) -> str:
    """Describe code without a source by its steps, which differ from one Python to the next."""
    function = function_of(reference.held)
    code = function.__code__ if function is not None else _code_of(reference.module)
    return f"{reference} {'' if code is None else code_essence(code)}"


def _code_of(module: str) -> CodeType | None:
    try:
        spec = specs.find(module)
        get_code = getattr(spec and spec.loader, "get_code", None)
        return None if get_code is None else get_code(module)
    except Exception:  # noqa: BLE001 -- a foreign finder or loader may raise anything
        return None


def _declares(source: Source, library: Library, node: ast.expr) -> bool:
    """Tell whether a call or decorator only declares, by a function of ours, or makes a container of Python's own."""
    names = dotted(node.func if isinstance(node, ast.Call) else node)
    if not names or source.tree is None:
        return False
    bound = library.statements(source.tree, names[0])
    return all(_is_ours(one, names) for one in bound) if bound else names in _CONTAINERS


def _is_ours(statement: ast.stmt, names: list[str]) -> bool:
    """Tell whether an import of ours binds the first of these names, and the last one declares."""
    if isinstance(statement, ast.Import):
        ours = {alias.asname or alias.name for alias in statement.names if alias.name == "backportkit"}
        return names[0] in ours and names[1:] in _DECLARING
    if not isinstance(statement, ast.ImportFrom) or statement.level or names[1:]:
        return False
    named = {alias.asname or alias.name: [alias.name] for alias in statement.names}
    return is_ours(statement.module or "") and named.get(names[0]) in _DECLARING


def _outer(reach: Reach) -> list[Statement]:
    """Return the statements in the order of their text, without those of modules that stand there as a whole."""
    whole = {one.source.module for one in reach if one.node is None}
    left = [one for one in reach if one.node is None or one.source.module not in whole]
    return sorted(left, key=_key)


def _piece(statement: Statement, role: str, library: Library) -> Piece:
    known = _shown.setdefault(library, {})
    key = statement.node or statement.source.module
    if key not in known:
        known[key] = _lines(statement, library)
    return Piece(role, statement.source, statement.line, known[key])


def _lines(statement: Statement, library: Library) -> tuple[str, ...]:
    """Return the lines of a statement, without indentation and without decorators that only declare."""
    source, node = statement
    lines = source.text.removesuffix("\n").split("\n")  # the parser counts them like this: a form feed ends no line
    inner = [one for one in ast.walk(node) if isinstance(one, DEFINITIONS)] if node is not None else []
    decorators = (decorator for one in inner for decorator in one.decorator_list)
    ours = [one for one in decorators if _declares(source, library, one)]
    dropped = {line for one in ours for line in range(one.lineno, (one.end_lineno or one.lineno) + 1)}
    numbered = enumerate(lines[statement.line - 1 : statement.end], statement.line)
    text = textwrap.dedent("\n".join(line for number, line in numbered if number not in dropped))
    return tuple(text.split("\n"))


def _text(piece: Piece) -> str:
    return "\n".join([piece.source.module, *piece.lines])
