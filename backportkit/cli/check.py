"""`backportkit check`: judge declared patches offline, without importing what they patch."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from backportkit.check import formats, scope, verdict
from backportkit.check.findings import Level, exit_code
from backportkit.cli.printing import escape

if TYPE_CHECKING:
    from backportkit.check.findings import Finding
    from backportkit.check.verdict import Verdict

_STYLES = {Level.ERROR: "bold red", Level.REMOVE: "bold magenta", Level.WARNING: "yellow", Level.NOTE: "dim"}


class Format(str, Enum):
    """How findings are written."""

    TABLE = "table"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def check(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATH|PROVIDER]",
            help="A project folder, a .py, .toml or .json file, a module, or an installed distribution. "
            "Without it: all that is installed, and the project in the working directory.",
            show_default=False,
        ),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    output: Annotated[Format, typer.Option("--format", help="How to write the findings.")] = Format.TABLE,
) -> None:
    """Say which patches are broken and which can be deleted. Offline; imports nothing of what is patched.

    Exit code 0 if all is well, 1 if something is broken, 2 for wrong usage, 3 if something can be removed.
    """
    judged = verdict.judge(scope.gather(what))
    _WRITERS[Format.JSON if as_json else output](judged)
    raise typer.Exit(exit_code(judged.findings))


def _write_table(judged: Verdict) -> None:
    console = Console()
    if judged.findings:
        console.print(_table(judged.findings))
    console.print(_summary(judged), highlight=False, soft_wrap=True)


def _table(findings: tuple[Finding, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("code", "patch", "finding", "place"):
        table.add_column(column, overflow="fold", no_wrap=column == "code")
    for finding in findings:
        table.add_row(
            f"[{_STYLES[finding.rule.level]}]{finding.code}[/]",
            escape(finding.patch or "-"),
            _told(finding),
            escape(finding.where) or "-",
        )
    return table


def _told(finding: Finding) -> str:
    target = f"\n{finding.target}" if finding.target else ""
    return escape(f"{finding.rule.title}: {finding.message}{target}\nnext: {finding.next_step}")


def _summary(judged: Verdict) -> str:
    if not judged.patches and not judged.findings:
        return "no patches are declared here: see backportkit.backport, and name what declares them"
    levels = Counter(finding.rule.level for finding in judged.findings)
    counts = {
        "broken": levels[Level.ERROR],
        "to remove": levels[Level.REMOVE],
        "to look at": levels[Level.WARNING],
        "to know": levels[Level.NOTE],
    }
    said = ", ".join(f"{number} {words}" for words, number in counts.items() if number)
    patches = f"{judged.patches} patch{'' if judged.patches == 1 else 'es'}, {judged.dormant} dormant here"
    return f"{patches}: {said or 'all is well'}"


def _write_json(judged: Verdict) -> None:
    typer.echo(formats.as_json(judged))


def _write_github(judged: Verdict) -> None:
    if judged.findings:
        typer.echo(formats.as_github(judged.findings))


def _write_sarif(judged: Verdict) -> None:
    typer.echo(formats.as_sarif(judged.findings))


_WRITERS = {
    Format.TABLE: _write_table,
    Format.JSON: _write_json,
    Format.GITHUB: _write_github,
    Format.SARIF: _write_sarif,
}
