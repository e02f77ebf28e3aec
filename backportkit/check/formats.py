"""Write findings for machines: as JSON, as GitHub's workflow commands, and as SARIF."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from backportkit.check.findings import RULES, Level, exit_code, page_of
from backportkit.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.check.findings import Finding
    from backportkit.check.verdict import Verdict

_ANNOTATIONS = {Level.ERROR: "error", Level.REMOVE: "warning", Level.WARNING: "warning", Level.NOTE: "notice"}
_SARIF_LEVELS = {Level.ERROR: "error", Level.REMOVE: "warning", Level.WARNING: "warning", Level.NOTE: "note"}
# What a viewer would make a link of, see 3.11.6 of the standard.
_LINK = re.compile(r"\[(?=[^\]]*\]\()")
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_json(verdict: Verdict) -> str:
    """Return an object with `exit_code`, `findings`, and the numbers of `patches` and of `dormant` ones."""
    findings = list(map(as_record, verdict.findings))
    document = {"exit_code": exit_code(verdict.findings), "patches": verdict.patches, "dormant": verdict.dormant}
    return json.dumps(document | {"findings": findings}, indent=2)


def as_record(finding: Finding) -> dict[str, Any]:
    """Return the fields of a finding, with its title, its level, and where it is explained."""
    kind = {"code": finding.code, "title": finding.rule.title, "level": finding.rule.level}
    return kind | finding._asdict() | {"docs": finding.docs}


def as_github(findings: Sequence[Finding]) -> str:
    """Return one workflow command for each finding.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    return "\n".join(map(_annotation, findings))


def _annotation(finding: Finding) -> str:
    fields = {"file": finding.path, "line": finding.line, "title": f"{finding.code} {finding.rule.title}"}
    given = ",".join(f"{name}={_property(str(value))}" for name, value in fields.items() if value is not None)
    return f"::{_ANNOTATIONS[finding.rule.level]} {given}::{_data(_sentence(finding))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")


def _sentence(finding: Finding) -> str:
    about = ", ".join(filter(None, [finding.patch, finding.target]))
    return printable(f"{about}{': ' if about else ''}{finding.message}. Next: {finding.next_step}")


def as_sarif(findings: Sequence[Finding]) -> str:
    """Return a log of one run: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""
    driver = {
        "name": "backportkit",
        "version": version("backportkit"),
        "rules": [
            {
                "id": code,
                "name": rule.title,
                "shortDescription": {"text": rule.title},
                "help": {"text": f"See {page_of(code)}."},
                "defaultConfiguration": {"level": _SARIF_LEVELS[rule.level]},
            }
            for code, rule in RULES.items()
        ],
    }
    run = {"tool": {"driver": driver}, "results": list(map(_result, findings))}
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(finding: Finding) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": list(RULES).index(finding.code),
        "level": _SARIF_LEVELS[finding.rule.level],
        "message": {"text": _LINK.sub(r"\\[", _sentence(finding))},
    }
    if finding.path is not None:
        region = {} if finding.line is None else {"region": {"startLine": finding.line}}
        result["locations"] = [
            {"physicalLocation": {"artifactLocation": {"uri": quote(finding.path, safe="/,")}} | region}
        ]
    if finding.patch is not None:
        result["partialFingerprints"] = {"patch/v1": f"{finding.patch} {finding.target or ''}".strip()}
    return result
