"""Write statements into a CycloneDX document as its vulnerabilities, which makes it a VEX, too.

https://cyclonedx.org/docs/1.6/json/#vulnerabilities
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backportkit.supply import copies, moment
from backportkit.supply.evidence import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from backportkit.supply.vex import Statement

_STATES = {
    Verdict.IN_EFFECT: "resolved_with_pedigree",
    Verdict.UPSTREAM: "resolved",
    Verdict.AFFECTED: "exploitable",
    Verdict.UNKNOWN: "in_triage",
}


def add(document: dict[str, Any], statements: Iterable[Statement], where: str, now: datetime) -> list[str]:
    """Write a vulnerability with its analysis into a document for each statement; return what contradicts them there.

    One that is there already, such as a scanner has written it, gets our analysis if it has none and is about the same
    component alone. Another one stays as it is, beside ours.
    """
    there = document.setdefault("vulnerabilities", [])
    contradicting: list[str] = []
    for one in statements:
        refs = copies.refs_of(document, one.component, where)
        known = [each for each in there if each.get("id") == one.advisory.id and not _about(each).isdisjoint(refs)]
        contradicting += (told for each in known if (told := _contradiction(each, one, refs, where)))
        written = _vulnerability(one, refs, now)
        mended = [each for each in known if "analysis" not in each and _about(each) <= {*refs}]
        for each in mended:
            each["analysis"] = written["analysis"]
        left = [ref for ref in refs if not any(ref in _about(each) for each in mended)]
        if left:
            there.append(_vulnerability(one, left, now))
    return contradicting


def _about(there: dict[str, Any]) -> set[str]:
    """Return the references of the components that a vulnerability affects."""
    return {one["ref"] for one in there.get("affects", ())}


def _contradiction(there: dict[str, Any], one: Statement, refs: list[str], where: str) -> str:
    """Say in which words an entry of somebody else differs from our statement of the same component; empty if not."""
    about, state = _about(there), there.get("analysis", {}).get("state")
    if state == _STATES[one.verdict] or (state is None and about <= {*refs}):
        return ""
    said = f"{state or 'nothing of its analysis'}, for {', '.join(sorted(about))}"
    return (
        f"{where} has an entry of its own for {one.advisory.id}, which stays beside the one that is written: it says "
        f"{said}; of {one.component} is said here {_STATES[one.verdict]}"
    )


def _vulnerability(one: Statement, refs: list[str], now: datetime) -> dict[str, Any]:
    advisory = one.advisory
    analysis: dict[str, Any] = {"state": _STATES[one.verdict], "detail": one.told}
    if one.action:
        analysis["response"] = ["update", "workaround_available"]
    return {
        "bom-ref": f"backportkit:{advisory.id}:{refs[0]}",
        "id": advisory.id,
        "source": {"name": advisory.source, "url": advisory.url},
        **({"recommendation": one.action} if one.action else {}),
        "analysis": {**analysis, "lastUpdated": moment.written(one.read_back or now)},
        "affects": [{"ref": ref} for ref in refs],
    }
