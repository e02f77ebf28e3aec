"""Collect the conditions under which a statement runs: around it, before it, and where its function is used."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from backportkit.scan.reaching import leaves
from backportkit.scan.values import NOTHING_BOUND, Frame
from backportkit.source.reader import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.scan.file import File
    from backportkit.scan.find import Found
    from backportkit.scan.reaching import Above
    from backportkit.scan.sites import Site, Sites

_DEEPEST, _MOST_USES, _MOST_FILES = 6, 12, 25
_MISSING = ("ImportError", "ModuleNotFoundError", "AttributeError")


class Test(NamedTuple):
    """A condition that holds, or does not hold."""

    node: ast.expr
    holds: bool
    frame: Frame


class Caught(NamedTuple):
    """A statement in a handler of something missing, or in a `try` that has such a handler.

    Attributes:
        text: The same in words.
        types: The exceptions that are handled, in words.
        tried: The statements that have been tried.
        is_raised: True in the handler, where one of them has failed; else none has.
        frame: The place.
    """

    text: str
    types: str
    tried: tuple[ast.stmt, ...]
    is_raised: bool
    frame: Frame


class All(NamedTuple):
    """Conditions that hold together."""

    parts: tuple[Condition, ...]


class Any(NamedTuple):
    """Conditions of which one holds."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = "Test | Caught | All | Any"
NOTHING = All(())


class Conditions:
    """The conditions of a project's statements."""

    def __init__(self, sites: Sites) -> None:
        self._sites = sites
        self._under_way: set[ast.AST] = set()
        self._of_files: dict[File, Condition] = {}
        self._of_statements: dict[ast.AST, Condition] = {}

    def of(self, found: Found) -> Condition:
        """Return the conditions under which a patch is made."""
        return self._at(found.edit.statement, found.frame, found.sites)

    def _at(self, statement: ast.AST, frame: Frame, sites: Sequence[Site] = ()) -> Condition:
        parts: list[Condition] = []
        for place in frame.file.chain(statement):
            at = frame._replace(scope=frame.file.scope(statement), at=statement)
            parts += self._around(place, at)
            if isinstance(place.node, FUNCTIONS):
                parts.append(self._of_function(place.node, frame, sites))
            statement = place.node
        parts.append(self._of_file(frame.file))
        return All(tuple(parts))

    def _around(self, place: Above, at: Frame) -> Iterator[Condition]:
        yield from _before(place, at)
        node = place.node
        if isinstance(node, ast.If) and place.block in {"body", "orelse"}:
            yield Test(node.test, place.block == "body", at._replace(at=node))
        elif isinstance(node, ast.ExceptHandler) and node.type is not None:
            types, tried = ast.unparse(node.type), at.file.above[node].node
            yield Caught(f"except {types}", types, tuple(getattr(tried, "body", ())), True, at)
        elif place.block in {"body", "orelse"} and (handled := _handled(node)):
            end = place.at if place.block == "body" else None
            yield Caught(f"try, except {handled}", handled, tuple(getattr(node, "body", ())[:end]), False, at)

    def _of_function(self, function: ast.AST, frame: Frame, sites: Sequence[Site]) -> Condition:
        """Return the conditions under which a function is used: at the site that is known, or at any."""
        if function in self._under_way or len(self._under_way) > _DEEPEST:
            return NOTHING
        self._under_way.add(function)
        try:
            own = [one for one in sites if one.hole.scope is function and one.hole.loop is None]
            if own and own[0].statement is not None and own[0].statement is not function:
                at = Frame(own[0].file, own[0].file.scope(own[0].statement), own[0].statement, frame.bound)
                return self._at(own[0].statement, at, sites)
            return self._of_uses(function, frame)
        finally:
            self._under_way.discard(function)

    def _of_uses(self, function: ast.AST, frame: Frame) -> Condition:
        uses = [
            (file, statement)
            for file, _, statement in self._sites.uses(function, frame.file)
            if not (file is frame.file and any(place.node is function for place in file.chain(statement)))
        ]
        if not uses or len(uses) > _MOST_USES:
            return NOTHING
        return Any(tuple(self._plain(file, one) for file, one in uses))

    def _plain(self, file: File, statement: ast.AST) -> Condition:
        """Return the conditions of a statement, whatever the names in it stand for."""
        if statement not in self._of_statements:
            frame = Frame(file, file.scope(statement), statement, NOTHING_BOUND)
            self._of_statements[statement] = self._at(statement, frame)
        return self._of_statements[statement]

    # --- files ---

    def _of_file(self, file: File) -> Condition:
        """Return the conditions under which a module of a package is imported."""
        if file not in self._of_files:
            self._of_files[file] = NOTHING  # for modules that import each other
            self._of_files[file] = self._of_importers(file)
        return self._of_files[file]

    def _of_importers(self, file: File) -> Condition:
        package, _, name = file.module.rpartition(".")
        if not package or len(self._under_way) > _DEEPEST:
            return NOTHING
        importers = list(self._sites.importers(package, name, _MOST_FILES))
        if not importers or len(importers) > _MOST_USES:
            return NOTHING
        return Any(tuple(self._plain(at, one) for at, one in importers if at is not file))


def within(function: ast.AST, statement: ast.AST, frame: Frame) -> Iterator[Test]:
    """Yield the conditions within a function under which a statement of it runs."""
    for place in frame.file.chain(statement):
        at = frame._replace(at=statement)
        yield from _before(place, at)
        if isinstance(place.node, ast.If) and place.block in {"body", "orelse"}:
            yield Test(place.node.test, place.block == "body", at._replace(at=place.node))
        if place.node is function:
            return
        statement = place.node


def _before(place: Above, at: Frame) -> Iterator[Test]:
    """Yield the conditions under which the statements before one in its block do not leave the block."""
    block = getattr(place.node, place.block)
    for one in block[: place.at] if isinstance(block, list) else ():
        if isinstance(one, ast.Assert):
            yield Test(one.test, True, at._replace(at=one))
        if not isinstance(one, ast.If):
            continue
        if leaves(one.body):
            yield Test(one.test, False, at._replace(at=one))
        elif one.orelse and leaves(one.orelse):
            yield Test(one.test, True, at._replace(at=one))


def _handled(node: ast.AST) -> str:
    """Return what a `try` handles, if that is something missing; else an empty text."""
    handlers = getattr(node, "handlers", [])
    types = [ast.unparse(one.type) for one in handlers if one.type is not None]
    return next((one for one in types if any(name in one for name in _MISSING)), "")
