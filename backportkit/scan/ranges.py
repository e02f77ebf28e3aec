"""Turn conditions into ranges of versions, and into words."""

from __future__ import annotations

import ast
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from backportkit.check import ranges
from backportkit.scan import comparisons, definitions, missing, versions, written
from backportkit.scan.conditions import All, Any, Caught, Condition, Test
from backportkit.scan.guards import said
from backportkit.scan.presence import PERHAPS_FALSE, UNTOLD, Presence
from backportkit.scan.values import Bindings, Constant, Frame, Own, Ref, Thunk
from backportkit.source.reader import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import TypeAlias

    from backportkit.scan.evaluate import Evaluator

    # The ranges that hold together, each of a distribution; and the alternatives.
    Together: TypeAlias = frozenset[tuple[str, str]]
    Alternatives: TypeAlias = list[Together]

_ANYTHING: Alternatives = [frozenset()]
_DEEPEST, _MOST = 12, 24
_OF_SIX = {"six.PY2": "<3", "six.PY3": ">=3", "six.PY34": ">=3.4"}


# Words about conditions on versions.
TEXTS, UNREAD = "compares texts", "cannot be read"
LACKING, HAVING = "looks for what is missing", "looks for what is there"
BY_NAMES = frozenset({LACKING, HAVING})


class Kept(NamedTuple):
    """A condition, its ranges, and what there is to say of how it compares versions."""

    condition: Condition
    alternatives: Alternatives
    notes: frozenset[str]


class Ranges:
    """The ranges that conditions mean."""

    def __init__(
        self, evaluator: Evaluator, required: Collection[str], released: comparisons.Released, presence: Presence
    ) -> None:
        self._evaluator = evaluator
        self._presence = presence
        self._required = required
        self._released = released
        self._depth = 0
        self._kept: dict[int, Kept] = {}
        self._noted: set[str] = set()

    def of(self, condition: Condition) -> dict[str, list[SpecifierSet]]:
        """Return the ranges of each distribution that a condition speaks of, of which one holds."""
        every = self._of(condition)
        names = {name for one in every for name, _ in one}
        found = {name: self._of_name(name, every) for name in sorted(names)}
        return {name: one for name, one in found.items() if one is not None}

    def notes(self, condition: Condition) -> frozenset[str]:
        """Return what there is to say of a condition: that it compares texts, that it cannot be read."""
        self._of(condition)
        return self._kept[id(condition)].notes

    def unranged(self, condition: Condition) -> list[str]:
        """Return the tests in a condition that say nothing of a version, in words, each once."""
        return list(dict.fromkeys(self._unranged(condition)))

    def _unranged(self, condition: Condition) -> Iterator[str]:
        if isinstance(condition, All) or (isinstance(condition, Any) and len(condition.parts) == 1):
            for one in condition.parts:
                yield from self._unranged(one)
        elif isinstance(condition, Test):
            for test in _parts_of(condition):
                if self._of(test) == _ANYTHING:
                    yield said(test)

    def _of_name(self, name: str, every: Alternatives) -> list[SpecifierSet] | None:
        """Return the alternatives of a distribution; None if one of them leaves it open."""
        told = [comparisons.with_minors([text for other, text in sorted(one) if other == name]) for one in every]
        if not all(told):
            return None
        sets = list(dict.fromkeys(filter(None, (_specifier(one) for one in told))))
        return _joined([one for one in sets if not ranges.is_empty(one)] or sets[:1])

    # --- conditions ---

    def _of(self, condition: Condition) -> Alternatives:
        """Return the ranges of a condition, each of which is worked out once: many share the same parts."""
        kept = self._kept.get(id(condition))
        if kept is None:
            noted, self._noted = self._noted, set()
            alternatives = self._worked_out(condition)
            kept = self._kept[id(condition)] = Kept(condition, alternatives, frozenset(self._noted))
            self._noted = noted
        self._noted |= kept.notes
        return kept.alternatives

    def _worked_out(self, condition: Condition) -> Alternatives:
        if isinstance(condition, All):
            return _together([self._of(one) for one in condition.parts])
        if isinstance(condition, Any):
            return _either([self._of(one) for one in condition.parts]) if condition.parts else _ANYTHING
        if isinstance(condition, Caught):
            return self._caught(condition)
        return self._test(condition.node, condition.frame, holds=condition.holds)

    def _test(self, node: ast.expr, frame: Frame, *, holds: bool) -> Alternatives:
        if self._depth > _DEEPEST:
            return _ANYTHING
        self._depth += 1
        try:
            return self._of_expression(node, frame, holds=holds)
        finally:
            self._depth -= 1

    def _of_expression(self, node: ast.expr, frame: Frame, *, holds: bool) -> Alternatives:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self._test(node.operand, frame, holds=not holds)
        if isinstance(node, ast.BoolOp):
            parts = [self._test(one, frame, holds=holds) for one in node.values]
            return _together(parts) if isinstance(node.op, ast.And) == holds else _either(parts)
        if isinstance(node, ast.NamedExpr):
            return self._test(node.value, frame, holds=holds)
        return self._of_simple(node, frame, holds=holds)

    def _of_simple(self, node: ast.expr, frame: Frame, *, holds: bool) -> Alternatives:
        if (look := missing.look(node)) is not None:
            places = missing.places(look, frame, self._evaluator)
            untold = PERHAPS_FALSE if look.is_by_value else UNTOLD
            return self._present(places, frame, is_there=look.has_it == holds, untold=untold)
        if isinstance(node, ast.Compare):
            return self._compare(node, frame, holds=holds)
        if isinstance(node, ast.Call):
            return self._call(node, frame, holds=holds)
        if isinstance(node, ast.Constant):
            return _ANYTHING if bool(node.value) == holds else []
        return self._named(node, frame, holds=holds) if isinstance(node, ast.Name | ast.Attribute) else _ANYTHING

    def _caught(self, condition: Caught) -> Alternatives:
        """Return the ranges in which what was tried is there, or in which some of it is missing."""
        places = missing.tried(condition, self._evaluator)
        return self._present(places, condition.frame, is_there=not condition.is_raised)

    def _present(
        self, places: Sequence[Ref] | None, frame: Frame, *, is_there: bool, untold: frozenset[str] = UNTOLD
    ) -> Alternatives:
        """Return the ranges in which all of these are there, or in which one is missing; None are not known."""
        if not places:
            return _ANYTHING
        found = [self._presence.ranges(one, frame.file, is_there=is_there, untold=untold) for one in places]
        parts = [_ANYTHING if one is None else [frozenset({(one[0], text)}) for text in one[1]] for one in found]
        if not is_there:
            self._noted.add(LACKING)
        elif any(found):
            self._noted.add(HAVING)
        return _together(parts) if is_there else _either(parts)

    def _compare(self, node: ast.Compare, frame: Frame, *, holds: bool) -> Alternatives:
        terms = [self._version(one, frame) for one in (node.left, *node.comparators)]
        pairs = list(zip(terms, node.ops, terms[1:], strict=False))
        found = [comparisons.compared(one, sign, other, self._released, holds=holds) for one, sign, other in pairs]
        are_texts = any(comparisons.compares_texts(one, other) for one, _, other in pairs)
        parts = [self._noting(one, node, frame, are_texts=are_texts) for one in found]
        return _together(parts) if holds else _either(parts)

    def _noting(
        self, found: comparisons.Meant | None, node: ast.expr, frame: Frame, *, are_texts: bool
    ) -> Alternatives:
        """Return the ranges of a test; note that it is not understood, and that it has another meaning than it seems.

        Texts that compare as their versions do are one range.
        """
        if are_texts and (found is None or found.is_apart):
            self._noted.add(TEXTS)
        if found is None:
            self._note_unread(node, frame)
        return _ANYTHING if found is None else [frozenset({(found.name, one)}) for one in found.texts]

    def _version(self, node: ast.expr, frame: Frame) -> object:
        return versions.of(self._evaluator, Thunk(node, frame), self._required)

    def _note_unread(self, node: ast.expr, frame: Frame) -> None:
        """Note that a test is not understood, if it is about the version of something."""
        if any(isinstance(self._version(one, frame), versions.Installed) for one in _whole_names(node)):
            self._noted.add(UNREAD)

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
                return self._test(node.args[0], frame, holds=holds)
        self._note_unread(node, frame)
        return _ANYTHING

    def _function(
        self, own: Own, function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call, frame: Frame, *, holds: bool
    ) -> Alternatives:
        """Return the ranges in which a predicate of the project returns something true, by its body."""
        given = written.arguments(function, call, frame)
        bound = Bindings({**own.frame.bound, **written.defaults(function, own.frame), **given})
        return self._body(function.body, own.frame._replace(scope=function, bound=bound), holds=holds)

    def _body(self, body: Sequence[ast.stmt], frame: Frame, *, holds: bool) -> Alternatives:
        if self._depth > _DEEPEST:
            return _ANYTHING
        for index, one in enumerate(body):
            rest = body[index + 1 :]
            at = frame._replace(at=one)
            if isinstance(one, ast.Return):
                return self._test(one.value or ast.Constant(None), at, holds=holds)
            if isinstance(one, ast.Raise):
                return []
            if isinstance(one, ast.If):
                return self._branches(one, rest, at, holds=holds)
            if isinstance(one, ast.With) or hasattr(one, "handlers"):
                return self._body([*one.body, *getattr(one, "orelse", []), *rest], frame, holds=holds)  # type: ignore[attr-defined]
        return [] if holds else _ANYTHING

    def _branches(self, one: ast.If, rest: Sequence[ast.stmt], at: Frame, *, holds: bool) -> Alternatives:
        self._depth += 1
        try:
            ways = [(one.body, True), (one.orelse, False)]
            return _either(
                [
                    _together([self._test(one.test, at, holds=taken), self._body([*body, *rest], at, holds=holds)])
                    for body, taken in ways
                ]
            )
        finally:
            self._depth -= 1

    def _named(self, node: ast.Name | ast.Attribute, frame: Frame, *, holds: bool) -> Alternatives:
        """Return the ranges of a name that keeps the result of a comparison."""
        found = [self._test(value, at, holds=holds) for value, at in definitions.of(self._evaluator, node, frame)]
        if found:
            return _either(found)
        for value in self._evaluator.values(Thunk(node, frame)):
            if isinstance(value, Ref) and holds and value.dotted in _OF_SIX:
                return [frozenset({("python", _OF_SIX[value.dotted])})]
            if isinstance(value, Constant) and isinstance(value.value, bool):
                return _ANYTHING if value.value == holds else []
        return _ANYTHING


def _whole_names(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the calls and the dotted names in an expression, these as a whole."""
    left = [node]
    for one in left:  # to which more are added meanwhile
        if isinstance(one, ast.Name | ast.Attribute | ast.Call):
            yield one
        is_dotted = isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name | ast.Attribute)
        left += () if is_dotted else ast.iter_child_nodes(one)


def _together(parts: Sequence[Alternatives]) -> Alternatives:
    parts = [one for one in parts if one != _ANYTHING]
    size = 1
    for one in parts:
        size *= len(one)
    if size > _MOST:
        return [frozenset().union(*(one[0] for one in parts if len(one) == 1))]
    return list(dict.fromkeys(frozenset().union(*one) for one in product(*parts)))


def _either(parts: Sequence[Alternatives]) -> Alternatives:
    every = list(dict.fromkeys(one for part in parts for one in part))
    return _ANYTHING if frozenset() in every or len(every) > _MOST else every


def _specifier(texts: Sequence[str]) -> SpecifierSet | None:
    try:
        return SpecifierSet(",".join(comparisons.merged(iter(texts))))
    except InvalidSpecifier:
        return None


def _joined(sets: list[SpecifierSet]) -> list[SpecifierSet] | None:
    """Return alternatives without those that another one has within it. Neighbours such as 2.9.0 and 2.9.1 are one."""
    if not sets:
        return None
    exact = sorted(str(one) for one in sets)
    if len(sets) > 1 and all(one.startswith("==") and "," not in one and "*" not in one for one in exact):
        first, last = exact[0][2:], exact[-1][2:]
        if first.rpartition(".")[0] == last.rpartition(".")[0]:
            return [SpecifierSet(f">={first},<={last}")]
    return sets


def _parts_of(test: Test) -> Iterator[Test]:
    """Yield the tests that hold together in one, such as both sides of an `and`."""
    node = test.node
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from _parts_of(test._replace(node=node.operand, holds=not test.holds))
    elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And) == test.holds:
        for one in node.values:
            yield from _parts_of(test._replace(node=one))
    else:
        yield test
