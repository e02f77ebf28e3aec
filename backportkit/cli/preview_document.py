"""The document of a preview, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backportkit.check.formats import as_record

if TYPE_CHECKING:
    from backportkit.cli.outlook import Change, Outlook, Picked
    from backportkit.cli.preview import Preview


def of(told: Preview, cost: tuple[int, int]) -> dict[str, Any]:
    """Return what becomes of each patch, with which releases, and what it has cost to know."""
    return {
        "exit_code": told.exit_code,
        "releases": [_of_picked(one) for one in told.picked],
        "patches": [_of_outlook(one) for one in told.outlooks],
        "aside": list(told.aside),
        "untold": list(told.untold),
        "requests": cost[0],
        "bytes": cost[1],
    }


def _of_picked(one: Picked) -> dict[str, Any]:
    return {
        "project": one.wanted.name,
        "version": one.version,
        "date": one.release.date,
        "for": one.wanted.said,
        "index": one.releases.address,
        "file": one.release.file.name,
        "sha256": one.release.file.sha256,
        "yanked": one.release.yanked,
    }


def _of_outlook(one: Outlook) -> dict[str, Any]:
    told = one.previewed
    return {
        "id": told.declared.id,
        "with": dict(told.versions),
        "outcome": told.outcome,
        "reason": told.reason,
        "findings": [as_record(finding) for finding in told.findings],
        "changes": [_of_change(change) for change in one.changes],
    }


def _of_change(change: Change) -> dict[str, Any]:
    before, now = change.before, change.now
    return {
        "target": change.target,
        "known": str(before.releases[-1].version),
        "since": str(now.releases[0].version),
        "date": now.releases[0].date,
        "added": now.added,
        "removed": now.removed,
        "elsewhere": now.elsewhere,
        "fingerprint": now.body.fingerprint,
        "before": list(before.body.lines),
        "now": list(now.body.lines),
    }
