"""Say of each advisory and component where it stands, out of what is known of the patches that resolve the advisory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit.supply import sources
from backportkit.supply.evidence import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from backportkit.supply.components import Component
    from backportkit.supply.evidence import Evidence
    from backportkit.supply.sources import Published

# Of several patches for one advisory the first of these counts: each resolves it by itself where it is in effect, and a
# body that has the bug outweighs one that has the fix.
_ORDER = (Verdict.IN_EFFECT, Verdict.AFFECTED, Verdict.UPSTREAM, Verdict.UNKNOWN)


class Statement(NamedTuple):
    """Where an advisory stands in a component.

    Attributes:
        advisory: The advisory.
        component: The component.
        verdict: Where it stands.
        told: The evidence, in words.
        action: What to do, in words; empty where there is nothing to do.
        read_back: The time of the earliest report, if processes have said so.
    """

    advisory: Published
    component: Component
    verdict: Verdict
    told: str
    action: str
    read_back: datetime | None


def statements(found: Iterable[Evidence]) -> list[Statement]:
    """Return a statement for each advisory and component, in their order. Issues without an id get none."""
    by_subject: dict[tuple[str, Component], list[Evidence]] = {}
    for one in found:
        for entry in one.declared.patch.resolves:
            if sources.of(entry).id:
                by_subject.setdefault((entry, one.component), []).append(one)
    return [_statement(*subject, by_subject[subject]) for subject in sorted(by_subject)]


def _statement(advisory: str, component: Component, known: list[Evidence]) -> Statement:
    known = sorted(known, key=lambda one: (_ORDER.index(one.verdict), one.declared.id))
    first = known[0]
    told = "; ".join(one.told for one in known if one.verdict is first.verdict)
    return Statement(sources.of(advisory), component, first.verdict, told, _action(first), first.read_back)


def _action(one: Evidence) -> str:
    if one.verdict is Verdict.AFFECTED:
        return (
            f"have all processes apply the backport {one.declared.id} and report it, or install a release of "
            f"{one.component.name} that has the fix"
        )
    return ""
