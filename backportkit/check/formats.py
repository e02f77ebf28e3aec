"""Write findings for machines: as JSON, as GitHub's workflow commands, as GitLab's report, and as SARIF."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.metadata import version
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from backportkit.check.findings import RULES, Level, page_of
from backportkit.printable import printable
from backportkit.redacted import redacted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.check.findings import Finding, Rule
    from backportkit.check.verdict import Verdict

PROJECT = "https://github.com/backportkit/backportkit"
_ANNOTATIONS = {Level.ERROR: "error", Level.REMOVE: "warning", Level.WARNING: "warning", Level.NOTE: "notice"}
_SEVERITIES = {Level.ERROR: "major", Level.REMOVE: "minor", Level.WARNING: "minor", Level.NOTE: "info"}
_SARIF_LEVELS = {Level.ERROR: "error", Level.REMOVE: "warning", Level.WARNING: "warning", Level.NOTE: "note"}
_MEANINGS = {
    Level.ERROR: "something is broken",
    Level.REMOVE: "something can be deleted",
    Level.WARNING: "something is to be looked at",
    Level.NOTE: "something is to be known",
}
# What a viewer would make a link of, see 3.11.6 of the standard.
_LINK = re.compile(r"\[(?=[^\]]*\]\()")
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_json(verdict: Verdict, code: int) -> str:
    """Return an object with the exit code, `findings`, and the numbers of `patches` and of `dormant` ones."""
    findings = list(map(as_record, verdict.findings))
    document = {"exit_code": code, "patches": verdict.patches, "dormant": verdict.dormant}
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
    return _data(_clean(text)).replace(":", "%3A").replace(",", "%2C")


def _sentence(finding: Finding) -> str:
    about = ", ".join(filter(None, [finding.patch, finding.target]))
    return _clean(f"{about}{': ' if about else ''}{finding.message}. Next: {finding.next_step}")


def _clean(text: str) -> str:
    """Return a text without secrets, and then with escapes, for further escapes would hide a secret."""
    return printable(redacted(text))


def as_gitlab(findings: Sequence[Finding]) -> str:
    """Return a report of Code Quality.

    https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
    """
    return json.dumps(list(map(_issue, findings)), indent=2)


def _issue(finding: Finding) -> dict[str, Any]:
    """Return an issue; GitLab wants a place of each, so that one without any is shown at the project's file."""
    what = [finding.code, finding.patch, finding.target, finding.message]
    return {
        "description": _sentence(finding),
        "check_name": finding.code,
        "fingerprint": hashlib.sha256(json.dumps(what).encode()).hexdigest(),
        "severity": _SEVERITIES[finding.rule.level],
        "location": {"path": finding.path or "pyproject.toml", "lines": {"begin": finding.line or 1}},
    }


def as_sarif(findings: Sequence[Finding]) -> str:
    """Return a log of one run: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""
    release = version("backportkit")
    files = f"{PROJECT}/blob/v{release}"
    driver = {
        "name": "backportkit",
        "version": release,
        "informationUri": PROJECT,
        "rules": [_rule(code, rule, files) for code, rule in RULES.items()],
    }
    run = {"tool": {"driver": driver}, "results": list(map(_result, findings))}
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: str, rule: Rule, files: str) -> dict[str, Any]:
    """Return a kind of finding, with all that code scanning asks for; `files` is the address of the project's.

    https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
    """
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in re.findall(r"\w+", rule.title)),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"{rule.title}: {_MEANINGS[rule.level]}"},
        "helpUri": f"{files}/{page_of(code)}",
        "help": {"text": f"See {page_of(code)}."},
        "defaultConfiguration": {"level": _SARIF_LEVELS[rule.level]},
    }


def _result(finding: Finding) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": list(RULES).index(finding.code),
        "level": _SARIF_LEVELS[finding.rule.level],
        "message": {"text": _LINK.sub(r"\\[", _sentence(finding))},
    }
    if finding.path is not None:
        place = {"artifactLocation": {"uri": uri(PurePath(finding.path))}, "region": {"startLine": finding.line or 1}}
        result["locations"] = [{"physicalLocation": place}]
    if finding.patch is not None:
        result["partialFingerprints"] = {"patch/v1": f"{finding.patch} {finding.target or ''}".strip()}
    return result


def uri(path: PurePath) -> str:
    """Return the reference to a file: relative to the working directory, or with a scheme, as drives need it."""
    return path.as_uri() if path.is_absolute() else quote(path.as_posix(), safe="/,")
