"""Tell which of the statements that bind a name count at another statement, as the branches of a scope run."""

from __future__ import annotations

import ast
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from backportkit.source.reader import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from backportkit.scan.binders import Binder, Scope

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_ENDING = frozenset({"exit", "_exit", "quit", "skip"})


class Above(NamedTuple):
    """The node that a statement stands in, the block of it, and the index there."""

    node: ast.AST
    block: str
    at: int


class Bound(NamedTuple):
    """The statements that may have bound a name where some end; `is_sure` if one of them has bound it in any case."""

    binders: tuple[Binder, ...] = ()
    is_sure: bool = False

    def after(self, earlier: Bound) -> Bound:
        """Return the same where other statements have run before."""
        return self if self.is_sure else Bound((*self.binders, *earlier.binders), earlier.is_sure)


class Reaching:
    """The ways of one name through the statements of its scope. Loops are taken to run once."""

    def __init__(self, scope: Scope, binders: Sequence[Binder], above: Mapping[ast.AST, Above]) -> None:
        self._scope = scope
        self._above = above
        self._order = {one: index for index, one in enumerate(binders)}
        self._of: dict[ast.AST, tuple[Binder, ...]] = {}
        self._blocks: dict[tuple[ast.AST, str], list[int]] = {}
        self._within: dict[tuple[ast.AST, str], list[Binder]] = {}
        for one in binders:
            self._add(one)

    def _add(self, binder: Binder) -> None:
        """Note a binder for its statement, and for all blocks that this stands in."""
        self._of[binder.statement] = (*self._of.get(binder.statement, ()), binder)
        node = binder.statement
        while node is not self._scope and (place := self._above.get(node)) is not None:
            block = place.node, place.block
            indices = self._blocks.setdefault(block, [])
            if indices[-1:] != [place.at]:
                indices.append(place.at)
            self._within.setdefault(block, []).append(binder)
            node = place.node

    def at(self, statement: ast.AST | None) -> list[Binder]:
        """Return the binders that may count at a statement, or at the end of the scope: from the last one backwards."""
        found = self._before(statement) if statement is not None else self._at_end()
        return sorted(set(found), key=self._order.__getitem__, reverse=True)

    def _at_end(self) -> Iterable[Binder]:
        """Return what may count when a scope has ended; a function ends with any of its branches."""
        if not isinstance(self._scope, (*FUNCTIONS, ast.Lambda)):
            return self._ending(self._scope, "body").binders
        return self._in_any_branch()

    def _in_any_branch(self) -> Iterator[Binder]:
        for one in reversed(self._order):
            yield one
            place = self._above.get(one.statement)
            if one.statement is self._scope or (place is not None and place.node is self._scope):
                return

    def _before(self, statement: ast.AST) -> tuple[Binder, ...]:
        found = _certainly(one for one in self._of.get(statement, ()) if one.is_within)
        node = statement
        while not found.is_sure and node is not self._scope and (place := self._above.get(node)) is not None:
            found = found.after(self._ending(*place)).after(self._entered(place))
            node = place.node
        return found.binders

    def _entered(self, place: Above) -> Bound:
        """Return what a statement has bound before one of its blocks runs."""
        node = place.node
        own = _certainly(self._of.get(node, ()))
        if place.block == "orelse" and isinstance(node, _LOOPS):
            return Bound((*self._within.get((node, "body"), ()), *own.binders))
        if place.block == "orelse" and hasattr(node, "handlers"):
            return self._ending(node, "body")
        earlier = {"handlers": ("body",), "finalbody": ("body", "handlers", "orelse")}.get(place.block, ())
        return own.after(Bound(tuple(one for block in earlier for one in self._within.get((node, block), ()))))

    def _ending(self, node: ast.AST, block: str, before: int | None = None) -> Bound:
        """Return what may have bound the name at the end of a block, or before one of its statements."""
        found = Bound()
        indices = self._blocks.get((node, block), [])
        index = len(indices) if before is None else bisect_left(indices, before)
        while index and not found.is_sure:
            index -= 1
            found = found.after(self._run(getattr(node, block)[indices[index]]))
        return found

    def _run(self, statement: ast.AST) -> Bound:
        """Return what a statement has bound when the one behind it runs."""
        own = _certainly(self._of.get(statement, ()))
        if isinstance(statement, ast.If):
            return _either(self._branches(statement)).after(own)
        if isinstance(statement, ast.With | ast.AsyncWith):
            return self._ending(statement, "body").after(own)
        if hasattr(statement, "handlers"):
            return self._ending(statement, "finalbody").after(_either(self._tried(statement)))  # type: ignore[arg-type]
        if isinstance(statement, ast.Match):
            cases = [one for one in statement.cases if not leaves(one.body)]
            return _either([*(self._ending(one, "body") for one in cases), Bound()])
        if isinstance(statement, _LOOPS):
            inner = [one for block in ("orelse", "body") for one in self._within.get((statement, block), ())]
            return Bound((*inner, *own.binders))
        return own

    def _branches(self, node: ast.If) -> Iterator[Bound]:
        """Yield what each branch has bound that does not leave the block; `elif` is an `if` in an `else`."""
        branch = node
        while True:
            if not leaves(branch.body):
                yield self._ending(branch, "body")
            inner = branch.orelse[0] if len(branch.orelse) == 1 else None
            if not isinstance(inner, ast.If):
                break
            branch = inner
        if not branch.orelse or not leaves(branch.orelse):
            yield self._ending(branch, "orelse")

    def _tried(self, node: ast.Try) -> Iterator[Bound]:
        """Yield what a `try` has bound without an exception, and with each that it handles."""
        if not (leaves(node.body) or (node.orelse and leaves(node.orelse))):
            yield self._ending(node, "orelse").after(self._ending(node, "body"))
        for one in node.handlers:
            if not leaves(one.body):
                yield self._ending(one, "body").after(Bound(tuple(self._within.get((node, "body"), ()))))


def _certainly(binders: Iterable[Binder]) -> Bound:
    every = tuple(binders)
    return Bound(every, bool(every))


def _either(ways: Iterable[Bound]) -> Bound:
    """Return what one of several ways has bound."""
    every = list(ways)
    return Bound(tuple(one for way in every for one in way.binders), all(one.is_sure for one in every))


def leaves(body: Sequence[ast.stmt]) -> bool:
    """Tell whether no statement behind a block runs after it."""
    last = body[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and leaves(last.body) and leaves(last.orelse)
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        return ast.unparse(last.value.func).rpartition(".")[2] in _ENDING
    return isinstance(last, _LEAVING)
