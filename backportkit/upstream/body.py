"""Tell the body of a target in one release, by its source alone."""

from __future__ import annotations

import ast
import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit.source import fingerprint, made
from backportkit.source.definitions import part_of
from backportkit.source.found import Kind
from backportkit.source.reader import DEFINITIONS, FUNCTIONS, first_line
from backportkit.upstream.modules import library

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.source.found import Found
    from backportkit.source.modules import Source
    from backportkit.upstream.archive import Archive

# Part of the key of what is kept. A change of what is said about a body raises it.
_EDITION = "5"


class Body(NamedTuple):
    """A target as one release has it.

    Attributes:
        kind: The kind of the definition, in words; `nothing` if there is none.
        fingerprint: The fingerprint of the definition; None if there is no source of one.
        lines: Its lines, without indentation.
        where: The file and the line.
        leads: Where the name comes from, as `module:name`: the class that it is inherited from, or the definition that
            the target's module imports, over however many modules.
        reason: The reason why there is no definition, in words.
        members: Of a class, the fingerprints of its members by their names.
        several: The number of definitions, if only running the module tells which of them counts; else 1.
    """

    kind: str
    fingerprint: str | None = None
    lines: tuple[str, ...] = ()
    where: str = ""
    leads: str | None = None
    reason: str = ""
    members: dict[str, str] = {}  # noqa: RUF012 -- nobody writes to it
    several: int = 1

    @property
    def is_there(self) -> bool:
        """True if there is such a target."""
        return self.kind != Kind.MISSING.value

    @property
    def identity(self) -> tuple[str, str | None, str | None, str]:
        """The key that two releases share if they have one body, from one place."""
        return self.kind, self.fingerprint, self.leads, "" if self.fingerprint else self.reason


def of(archive: Archive, module: str, path: Sequence[str]) -> Body:
    """Return the body of a target in the release of an archive. What was told once is kept with the archive."""
    key = "body", _EDITION, f"{sys.version_info[:2]}", sys.platform, f"{module}:{'.'.join(path)}"
    kept = archive.kept(*key)
    if kept is not None:
        return Body(**json.loads(kept))
    told = of_found(library(archive, module).find(module, path), module, path)
    archive.keep(json.dumps(told._asdict()).encode(), *key)
    return told


def of_found(found: Found, module: str, path: Sequence[str]) -> Body:
    """Return the body that a look-up of a path in a module has found."""
    try:
        return _of_found(found, path)
    except RecursionError:  # a chain of `elif` is as deep as it is long
        return Body(Kind.UNKNOWN.value, reason=f"the source of {module} is nested too deeply to be compared")


def _of_found(found: Found, path: Sequence[str]) -> Body:
    """Return the body of the last definition that has one, as run-time checks choose it."""
    candidates = [one for one in found.candidates if one.nodes]
    if not candidates:
        return Body(found.kind.value, leads=found.inherited or found.copied, reason=found.reason)
    last = next((one for one in reversed(candidates) if isinstance(one.nodes[-1], DEFINITIONS)), candidates[-1])
    assert last.source is not None
    node = last.nodes[-1]
    making = _making(last, node, path)
    return Body(
        last.kind.value,
        fingerprint.of_node(node if making == [node] else ast.Module(making, [])),
        tuple(line for one in making for line in _lines(last.source, one)),
        f"{last.source.path}:{first_line(making[0])}",
        _leads(last, node, path),
        members=members(node),
        several=len(candidates),
    )


def _making(found: Found, node: Any, path: Sequence[str]) -> list[Any]:
    """Return the statements that make what was found: of a constant, also those that fill or replace it."""
    tree = found.source.tree if found.source is not None else None
    is_definition = isinstance(node, DEFINITIONS) or not isinstance(node, ast.stmt)
    if tree is None or len(path) > 1 or is_definition or node not in tree.body:
        return [node]
    return made.statements(tree, node, path[0])


def _lines(source: Source, node: ast.AST) -> list[str]:
    lines = source.text.split("\n")[first_line(node) - 1 : getattr(node, "end_lineno", None)]
    return textwrap.dedent("\n".join(lines)).split("\n")


def _leads(found: Found, node: ast.AST, path: Sequence[str]) -> str | None:
    """Return where a definition is, if it is not where it was looked for, over however many imports."""
    if found.inherited or not found.copied or found.source is None:
        return found.inherited or found.copied
    module, _, name = found.copied.partition(":")
    own = getattr(node, "name", name) if len(path) == 1 and module != found.source.module else name
    return f"{found.source.module}:{own}"


def members(node: ast.AST) -> dict[str, str]:
    """Return the fingerprints of what the body of a class binds, by name, or by `name.fset` for a setter.

    Of a name that is bound twice, the last counts.
    """
    told: dict[str, str] = {}
    for statement in node.body if isinstance(node, ast.ClassDef) else ():
        for name in names(statement):
            told[f"{name}{_part(statement)}"] = fingerprint.of_node(statement)
    return told


def _part(statement: ast.stmt) -> str:
    """Return the end of a name that means the setter or deleter of a property; empty for anything else."""
    part = part_of(statement) if isinstance(statement, FUNCTIONS) else "fget"
    return "" if part == "fget" else f".{part}"


def names(statement: ast.stmt) -> list[str]:
    """Return the names that a definition or an assignment binds; none for any other statement."""
    if isinstance(statement, DEFINITIONS):
        return [statement.name]
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return [one.id for one in targets if isinstance(one, ast.Name)]
