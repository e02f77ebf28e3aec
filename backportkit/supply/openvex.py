"""Write statements as an OpenVEX document, https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from backportkit.supply import bom, moment
from backportkit.supply.errors import SupplyError
from backportkit.supply.evidence import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from backportkit.supply.vex import Statement

_CONTEXT = "https://openvex.dev/ns/v0.2.0"
# `not_affected` with `inline_mitigations_already_exist` would be wrong: such a protection "cannot be configured or
# disabled by the user", and a backport can.
_STATUS = {
    Verdict.IN_EFFECT: "fixed",
    Verdict.UPSTREAM: "fixed",
    Verdict.AFFECTED: "affected",
    Verdict.UNKNOWN: "under_investigation",
}


def document(statements: Sequence[Statement], product: str, author: str, now: datetime) -> dict[str, Any]:
    """Return the document about a product, by its package URL. Raises SupplyError if there is nothing to say."""
    if not statements:
        raise SupplyError(
            "there is no advisory to write about",
            expected="a patch of an installed release that says what it resolves",
            next_step="write resolves=['CVE-...'] in the declaration of the patch",
        )
    found: dict[str, Any] = {
        "@context": _CONTEXT,
        "author": author,
        "role": "Document Creator",
        "timestamp": moment.written(now),
        "version": 1,
        "tooling": f"{bom.NAME} {version(bom.NAME)}",
        "statements": [_statement(one, product, now) for one in statements],
    }
    return {"@id": bom.name_of(found), **found}


def _statement(one: Statement, product: str, now: datetime) -> dict[str, Any]:
    action = {"action_statement": one.action} if one.action else {}
    return {
        "vulnerability": {"@id": one.advisory.url, "name": one.advisory.id},
        "timestamp": moment.written(one.read_back or now),
        "products": [{**_component(product), "subcomponents": [_component(one.component.purl)]}],
        "status": _STATUS[one.verdict],
        "status_notes": one.told,
        **action,
    }


def _component(purl: str) -> dict[str, Any]:
    return {"@id": purl, "identifiers": {"purl": purl}}
