"""Tell in which ranges of versions an expression that is tested holds."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from backportkit.scan import comparisons, definitions, missing, versions, written
from backportkit.scan.alternatives import ANYTHING, either, together
from backportkit.scan.presence import PERHAPS_FALSE, UNTOLD, Presence
from backportkit.scan.values import Bindings, Constant, Frame, Own, Ref, Thunk
from backportkit.source.reader import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from backportkit.scan.alternatives import Alternatives
    from backportkit.scan.evaluate import Evaluator

_DEEPEST = 12
_OF_SIX = {"six.PY2": "<3", "six.PY3": ">=3", "six.PY34": ">=3.4"}

# Words about conditions on versions.
TEXTS, UNREAD = "compares texts", "cannot be read"
LACKING, HAVING = "looks for what is missing", "looks for what is there"
BY_NAMES = frozenset({LACKING, HAVING})


class Tested:
    """The ranges in which expressions hold.

    Attributes:
        noted: The words about the versions that were compared, for who asks to take out.
    """

    def __init__(
        self, evaluator: Evaluator, required: Collection[str], released: comparisons.Released, presence: Presence
    ) -> None:
        self._evaluator = evaluator
        self._presence = presence
        self._required = required
        self._released = released
        self._depth = 0
        self.noted: set[str] = set()

    def of(self, node: ast.expr, frame: Frame, *, holds: bool) -> Alternatives:
        """Return the ranges in which an expression is true, or in which it is not."""
        if self._depth > _DEEPEST:
            return ANYTHING
        self._depth += 1
        try:
            return self._of_expression(node, frame, holds=holds)
        finally:
            self._depth -= 1

    def _of_expression(self, node: ast.expr, frame: Frame, *, holds: bool) -> Alternatives:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.of(node.operand, frame, holds=not holds)
        if isinstance(node, ast.BoolOp):
            parts = [self.of(one, frame, holds=holds) for one in node.values]
            return together(parts) if isinstance(node.op, ast.And) == holds else either(parts)
        if isinstance(node, ast.NamedExpr):
            return self.of(node.value, frame, holds=holds)
        return self._of_simple(node, frame, holds=holds)

    def _of_simple(self, node: ast.expr, frame: Frame, *, holds: bool) -> Alternatives:
        if (look := missing.look(node)) is not None:
            places = missing.places(look, frame, self._evaluator)
            untold = PERHAPS_FALSE if look.is_by_value else UNTOLD
            return self.present(places, frame, is_there=look.has_it == holds, untold=untold)
        if isinstance(node, ast.Compare):
            return self._compare(node, frame, holds=holds)
        if isinstance(node, ast.Call):
            return self._call(node, frame, holds=holds)
        if isinstance(node, ast.Constant):
            return ANYTHING if bool(node.value) == holds else []
        return self._named(node, frame, holds=holds) if isinstance(node, ast.Name | ast.Attribute) else ANYTHING

    def present(
        self, places: Sequence[Ref] | None, frame: Frame, *, is_there: bool, untold: frozenset[str] = UNTOLD
    ) -> Alternatives:
        """Return the ranges in which all of these are there, or in which one is missing; None are not known."""
        if not places:
            return ANYTHING
        found = [self._presence.ranges(one, frame.file, is_there=is_there, untold=untold) for one in places]
        parts = [ANYTHING if one is None else [frozenset({(one[0], text)}) for text in one[1]] for one in found]
        if not is_there:
            self.noted.add(LACKING)
        elif any(found):
            self.noted.add(HAVING)
        return together(parts) if is_there else either(parts)

    def _compare(self, node: ast.Compare, frame: Frame, *, holds: bool) -> Alternatives:
        terms = [self._version(one, frame) for one in (node.left, *node.comparators)]
        pairs = list(zip(terms, node.ops, terms[1:], strict=False))
        found = [comparisons.compared(one, sign, other, self._released, holds=holds) for one, sign, other in pairs]
        are_texts = any(comparisons.compares_texts(one, other) for one, _, other in pairs)
        parts = [self._noting(one, node, frame, are_texts=are_texts) for one in found]
        return together(parts) if holds else either(parts)

    def _noting(
        self, found: comparisons.Meant | None, node: ast.expr, frame: Frame, *, are_texts: bool
    ) -> Alternatives:
        """Return the ranges of a test; note that it is not understood, and that it has another meaning than it seems.

        Texts that compare as their versions do are one range.
        """
        if are_texts and (found is None or found.is_apart):
            self.noted.add(TEXTS)
        if found is None:
            self._note_unread(node, frame)
        return ANYTHING if found is None else [frozenset({(found.name, one)}) for one in found.texts]

    def _version(self, node: ast.expr, frame: Frame) -> object:
        return versions.of(self._evaluator, Thunk(node, frame), self._required)

    def _note_unread(self, node: ast.expr, frame: Frame) -> None:
        """Note that a test is not understood, if it is about the version of something."""
        if any(isinstance(self._version(one, frame), versions.Installed) for one in _whole_names(node)):
            self.noted.add(UNREAD)

    def _begins(self, function: ast.Attribute, prefix: ast.expr, frame: Frame, *, holds: bool) -> Alternatives:
        terms = [self._version(one, frame) for one in (function.value, prefix)]
        found = comparisons.begins(terms[0], terms[1], self._released, holds=holds)
        return self._noting(found, function, frame, are_texts=isinstance(terms[0], versions.Installed))

    def _contains(self, function: ast.Attribute, item: ast.expr, frame: Frame, *, holds: bool) -> Alternatives:
        specifiers, version = (self._version(one, frame) for one in (function.value, item))
        is_range = isinstance(specifiers, SpecifierSet)
        found = comparisons.within(version, specifiers, holds=holds) if is_range else None  # type: ignore[arg-type]
        return self._noting(found, item, frame, are_texts=False)

    def _call(self, node: ast.Call, frame: Frame, *, holds: bool) -> Alternatives:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "startswith" and node.args:
            return self._begins(node.func, node.args[0], frame, holds=holds)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "contains" and node.args:
            return self._contains(node.func, node.args[0], frame, holds=holds)
        for callee in self._evaluator.values(Thunk(node.func, frame)):
            if isinstance(callee, Own) and isinstance(callee.node, FUNCTIONS):
                return self._function(callee, callee.node, node, frame, holds=holds)
            if callee == Ref("builtins", ("bool",)) and node.args:
                return self.of(node.args[0], frame, holds=holds)
        self._note_unread(node, frame)
        return ANYTHING

    def _function(
        self, own: Own, function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call, frame: Frame, *, holds: bool
    ) -> Alternatives:
        """Return the ranges in which a predicate of the project returns something true, by its body."""
        given = written.arguments(function, call, frame)
        bound = Bindings({**own.frame.bound, **written.defaults(function, own.frame), **given})
        return self._body(function.body, own.frame._replace(scope=function, bound=bound), holds=holds)

    def _body(self, body: Sequence[ast.stmt], frame: Frame, *, holds: bool) -> Alternatives:
        if self._depth > _DEEPEST:
            return ANYTHING
        for index, one in enumerate(body):
            rest = body[index + 1 :]
            at = frame._replace(at=one)
            if isinstance(one, ast.Return):
                return self.of(one.value or ast.Constant(None), at, holds=holds)
            if isinstance(one, ast.Raise):
                return []
            if isinstance(one, ast.If):
                return self._branches(one, rest, at, holds=holds)
            if isinstance(one, ast.With) or hasattr(one, "handlers"):
                return self._body([*one.body, *getattr(one, "orelse", []), *rest], frame, holds=holds)  # type: ignore[attr-defined]
        return [] if holds else ANYTHING

    def _branches(self, one: ast.If, rest: Sequence[ast.stmt], at: Frame, *, holds: bool) -> Alternatives:
        self._depth += 1
        try:
            ways = [(one.body, True), (one.orelse, False)]
            return either(
                [
                    together([self.of(one.test, at, holds=taken), self._body([*body, *rest], at, holds=holds)])
                    for body, taken in ways
                ]
            )
        finally:
            self._depth -= 1

    def _named(self, node: ast.Name | ast.Attribute, frame: Frame, *, holds: bool) -> Alternatives:
        """Return the ranges of a name that keeps the result of a comparison."""
        found = [self.of(value, at, holds=holds) for value, at in definitions.of(self._evaluator, node, frame)]
        if found:
            return either(found)
        for value in self._evaluator.values(Thunk(node, frame)):
            if isinstance(value, Ref) and holds and value.dotted in _OF_SIX:
                return [frozenset({("python", _OF_SIX[value.dotted])})]
            if isinstance(value, Constant) and isinstance(value.value, bool):
                return ANYTHING if value.value == holds else []
        return ANYTHING


def _whole_names(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the calls and the dotted names in an expression, these as a whole."""
    left = [node]
    for one in left:  # to which more are added meanwhile
        if isinstance(one, ast.Name | ast.Attribute | ast.Call):
            yield one
        is_dotted = isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name | ast.Attribute)
        left += () if is_dotted else ast.iter_child_nodes(one)
