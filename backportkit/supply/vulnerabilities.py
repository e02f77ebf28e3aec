"""Write statements into a CycloneDX document as its vulnerabilities, which makes it a VEX, too.

https://cyclonedx.org/docs/1.6/json/#vulnerabilities
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backportkit.supply import moment, pedigree
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


def add(document: dict[str, Any], statements: Iterable[Statement], where: str, now: datetime) -> None:
    """Write a vulnerability with its analysis into a document for each statement.

    One that is there already, such as a scanner has written it, and has no analysis, gets ours.
    """
    there = document.setdefault("vulnerabilities", [])
    for one in statements:
        ref = pedigree.ref_of(document, one.component, where)
        written = _vulnerability(one, ref, now)
        same = next((each for each in there if _is_same(each, one.advisory.id, ref)), None)
        if same is None:
            there.append(written)
        else:
            same["analysis"] = written["analysis"]


def _is_same(there: dict[str, Any], advisory: str, ref: str) -> bool:
    affects = [one["ref"] for one in there.get("affects", ())]
    return there.get("id") == advisory and affects == [ref] and "analysis" not in there


def _vulnerability(one: Statement, ref: str, now: datetime) -> dict[str, Any]:
    advisory = one.advisory
    analysis: dict[str, Any] = {"state": _STATES[one.verdict], "detail": one.told}
    if one.action:
        analysis["response"] = ["update", "workaround_available"]
    return {
        "bom-ref": f"backportkit:{advisory.id}:{ref}",
        "id": advisory.id,
        "source": {"name": advisory.source, "url": advisory.url},
        **({"recommendation": one.action} if one.action else {}),
        "analysis": {**analysis, "lastUpdated": moment.written(one.read_back or now)},
        "affects": [{"ref": ref}],
    }
