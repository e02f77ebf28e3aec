"""The document of a scan, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backportkit.cli import exit_codes
from backportkit.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from backportkit.scan.scan import Scanned
    from backportkit.scan.verdicts import Judged


def exit_code(told: Scanned) -> ExitCode:
    """Return the exit code of `check`; CANNOT if a file that was given by its name cannot be read."""
    return ExitCode.CANNOT if told.is_unread else exit_codes.of(one.reported for one in told.findings)


def of(told: Scanned, code: ExitCode) -> dict[str, Any]:
    """Return the patches that were found, and the files that could not be read."""
    return {
        "exit_code": code,
        "files": len(told.files),
        "findings": [_of_finding(one) for one in told.findings],
        "unread": [{"file": path, "reason": reason} for path, reason in told.unread],
    }


def _of_finding(one: Judged) -> dict[str, Any]:
    return {"code": one.code, "level": one.rule.level} | one._asdict() | {"also": list(one.also)}
