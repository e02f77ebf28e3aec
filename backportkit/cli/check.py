"""`backportkit check`: judge declared patches offline, without importing what they patch."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit.check import codes, formats, life, scope, verdict
from backportkit.check.codes import EVERY
from backportkit.check.findings import Level, exit_code
from backportkit.cli import reported, tables
from backportkit.cli.printing import commands, emit_json, escape, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.check.codes import Codes
    from backportkit.check.findings import Finding
    from backportkit.check.scope import Scope
    from backportkit.check.verdict import Verdict
    from backportkit.upstream.evidence import Options

STYLES = {Level.ERROR: "bold red", Level.REMOVE: "bold magenta", Level.WARNING: "yellow", Level.NOTE: "dim"}
LEFT_OUT = "of codes that are not asked for"


def check(
    what: str | None = None,
    *,
    as_json: bool = False,
    output: str = "table",
    named: Codes = EVERY,
    upstream: Options | None = None,
) -> int:
    """Judge the patches of a project, a file, a module or a provider; return the exit code.

    None stands for all patches that are installed or in the project here.
    `output` is `table`, `json`, `github`, `gitlab` or `sarif`. Upstream's newest releases are asked if it is said how.
    Findings whose codes are not `named`, nor stated by the project, neither are shown nor count.
    """
    gathered = scope.gather(what)
    wanted = named.over(codes.of_project(Path(gathered.folder)))
    judged = verdict.judge(gathered)
    if upstream is not None:
        judged = judged._replace(findings=(*judged.findings, *_upstream(gathered, upstream)))
    findings = [
        one._replace(next_step=commands(one.next_step, gathered.module, gathered.folder))
        for one in judged.findings
        if wanted.have(one.code)
    ]
    left_out = len(judged.findings) - len(findings)
    _write(judged._replace(findings=tuple(findings)), left_out, "json" if as_json else output)
    return exit_code(findings)


def _upstream(gathered: Scope, options: Options) -> Iterator[Finding]:
    """Yield what the newest releases say of the patches that are to be kept."""
    from backportkit.cli import newest
    from backportkit.upstream.evidence import Evidence

    kept = [one.declared for one in gathered.subjects if not life.outgrown(one)]
    return newest.findings(kept, Evidence(options))


def _write(judged: Verdict, left_out: int, output: str) -> None:
    if output == "table":
        _write_table(judged, left_out)
    elif output == "json":
        emit_json(formats.as_json(judged))
    else:
        reported.WRITERS[output](judged.findings)


def _write_table(judged: Verdict, left_out: int) -> None:
    if judged.findings:
        tables.show(["code", "patch", "finding", "place"], map(_row, judged.findings), wide="finding")
    say(_summary(judged, left_out))


def _row(finding: Finding) -> list[str]:
    code = f"[{STYLES[finding.rule.level]}]{finding.code}[/]"
    return [code, escape(finding.patch or "-"), _text(finding), escape(finding.where) or "-"]


def _text(finding: Finding) -> str:
    target = f"\n{finding.target}" if finding.target else ""
    return escape(f"{finding.rule.title}: {finding.message}{target}\nnext: {finding.next_step}")


def _summary(judged: Verdict, left_out: int) -> str:
    if not judged.patches and not judged.findings and not left_out:
        return "no patches are declared here: backportkit new writes one; name what declares those that there are"
    levels = Counter(finding.rule.level for finding in judged.findings)
    counts = {
        "broken": levels[Level.ERROR],
        "to remove": levels[Level.REMOVE],
        "to look at": levels[Level.WARNING],
        "to know": levels[Level.NOTE],
        LEFT_OUT: left_out,
    }
    said = ", ".join(f"{number} {words}" for words, number in counts.items() if number)
    patches = f"{judged.patches} patch{'' if judged.patches == 1 else 'es'}, {judged.dormant} dormant here"
    return f"{patches}: {said or 'all is well'}"
