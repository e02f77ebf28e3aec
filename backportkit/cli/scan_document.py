"""The document of a scan, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backportkit.check import findings

if TYPE_CHECKING:
    from backportkit.scan.scan import Scanned
    from backportkit.scan.verdicts import Judged


_UNREAD = 2  # the exit code where a file that was given by its name cannot be read


def exit_code(told: Scanned) -> int:
    """Return the exit code of `check`; 2 if a file that was given by its name cannot be read."""
    return _UNREAD if told.is_unread else findings.exit_code(one.reported for one in told.findings)


def of(told: Scanned) -> dict[str, Any]:
    """Return the patches that were found, and the files that could not be read."""
    return {
        "exit_code": exit_code(told),
        "files": told.files,
        "findings": [_of_finding(one) for one in told.findings],
        "unread": [{"file": path, "reason": reason} for path, reason in told.unread],
    }


def _of_finding(one: Judged) -> dict[str, Any]:
    return {"code": one.code, "level": one.rule.level} | one._asdict() | {"also": list(one.also)}
