"""Turn conditions into ranges of versions, and into words."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from backportkit.check import ranges
from backportkit.scan import comparisons, missing
from backportkit.scan.alternatives import ANYTHING, either, joined, specifier, together
from backportkit.scan.conditions import All, Any, Caught, Condition, Test
from backportkit.scan.guards import said
from backportkit.scan.tested import Tested

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from packaging.specifiers import SpecifierSet

    from backportkit.scan.alternatives import Alternatives
    from backportkit.scan.evaluate import Evaluator
    from backportkit.scan.presence import Presence


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
        self._tested = Tested(evaluator, required, released, presence)
        self._kept: dict[int, Kept] = {}

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
                if self._of(test) == ANYTHING:
                    yield said(test)

    def _of_name(self, name: str, every: Alternatives) -> list[SpecifierSet] | None:
        """Return the alternatives of a distribution; None if one of them leaves it open."""
        told = [comparisons.with_minors([text for other, text in sorted(one) if other == name]) for one in every]
        if not all(told):
            return None
        sets = list(dict.fromkeys(filter(None, (specifier(one) for one in told))))
        return joined([one for one in sets if not ranges.is_empty(one)] or sets[:1])

    # --- conditions ---

    def _of(self, condition: Condition) -> Alternatives:
        """Return the ranges of a condition, each of which is worked out once: many share the same parts."""
        kept = self._kept.get(id(condition))
        if kept is None:
            noted, self._tested.noted = self._tested.noted, set()
            alternatives = self._worked_out(condition)
            kept = self._kept[id(condition)] = Kept(condition, alternatives, frozenset(self._tested.noted))
            self._tested.noted = noted
        self._tested.noted |= kept.notes
        return kept.alternatives

    def _worked_out(self, condition: Condition) -> Alternatives:
        if isinstance(condition, All):
            return together([self._of(one) for one in condition.parts])
        if isinstance(condition, Any):
            return either([self._of(one) for one in condition.parts]) if condition.parts else ANYTHING
        if isinstance(condition, Caught):
            return self._caught(condition)
        return self._tested.of(condition.node, condition.frame, holds=condition.holds)

    def _caught(self, condition: Caught) -> Alternatives:
        """Return the ranges in which what was tried is there, or in which some of it is missing."""
        places = missing.tried(condition, self._evaluator)
        return self._tested.present(places, condition.frame, is_there=not condition.is_raised)


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
