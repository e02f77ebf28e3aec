"""Write findings as CI systems read them, whichever command has found them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.check import formats
from backportkit.cli.printing import emit, emit_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.check.findings import Finding


def _write_github(findings: Sequence[Finding]) -> None:
    if findings:
        emit(formats.as_github(findings))


def _write_gitlab(findings: Sequence[Finding]) -> None:
    emit_json(formats.as_gitlab(findings))


def _write_sarif(findings: Sequence[Finding]) -> None:
    emit_json(formats.as_sarif(findings))


WRITERS = {"github": _write_github, "gitlab": _write_gitlab, "sarif": _write_sarif}
