"""`backportkit status`: where every patch stands here, or in many processes, side by side."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer
from packaging.requirements import Requirement
from rich.console import Console
from rich.table import Table

from backportkit.cli import declarations
from backportkit.cli.printing import as_json as written
from backportkit.cli.printing import escape
from backportkit.declaration.bounds import normalised
from backportkit.declaration.registry import SHIPPED
from backportkit.engine import on_error, verbs
from backportkit.reports import fleet, process
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from backportkit.reports.fleet import Difference, Fleet
    from backportkit.reports.process import ProcessReport, Record

_STYLES = {State.WAITING: "cyan", State.APPLIED: "green", State.DORMANT: "dim", State.ABSORBED: "green"}
_TROUBLE = "bold red"
_SHOWN = 4  # names of processes in a row


def status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Show the shipped patches of packages that are not installed, too.")
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FOLDER|FILE|-",
            help="Show what running processes said by backportkit.report() instead, and where they differ.",
        ),
    ] = None,
) -> None:
    """Show the patches that concern this environment, and where they stand. Imports nothing of what is patched.

    What `[tool.backportkit] modules` of the project in the working directory declares is shown, too.

    The digest is the same wherever the same patches are in force. Exit code 2 if a provider cannot be read; what the
    others have is shown. With --from: exit code 0 if all processes have the same digest, 1 if not. The JSON has all
    patches; docs/report-schema.json and docs/fleet-schema.json describe it.
    """
    if source is not None:
        _show_fleet(fleet.read(source), as_json=as_json)
    unread = declarations.read(None)
    report, errors = process.survey()
    errors = [*unread, *errors]
    if as_json:
        typer.echo(written(report))
    elif report.patches:
        _show(report, everything=everything)
    elif not errors:
        typer.echo("no patches: no provider is installed here, or BACKPORTKIT_DISABLE=all is set")
    on_error.raise_all(errors)


def _show(report: ProcessReport, *, everything: bool) -> None:
    shown = [record for record in report.patches if everything or not _is_of_no_concern(record)]
    rest = len(report.patches) - len(shown)
    if shown:
        Console().print(_table(shown))
    if rest:
        patches = "patch is" if rest == 1 else "patches are"
        typer.echo(f"{rest} shipped {patches} for packages that are not installed: --all shows them")
    typer.echo(f"digest {report.digest}")


def _is_of_no_concern(record: Record) -> bool:
    """Whether it is shipped for a package that is not installed."""
    if record.state is not State.DORMANT or record.provider not in SHIPPED:
        return False
    names = (normalised(Requirement(text).name) for text in verbs.find(record.id).requires)
    return any(name not in record.installed for name in names)


def _table(records: Sequence[Record]) -> Table:
    copied = any(record.copies for record in records)
    table = _blank("patch", "state", "installed", "reason", "provider", *(["copies"] if copied else []))
    for record in records:
        installed = ", ".join(f"{name} {version}" for name, version in record.installed.items())
        state = f"[{_STYLES.get(record.state, _TROUBLE)}]{record.state}[/]"
        texts = [installed or "-", record.reason, record.provider, *([", ".join(record.copies)] if copied else [])]
        table.add_row(escape(record.id), state, *map(escape, texts))
    return table


def _blank(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in {"patch", "state", "process", "digest"})
    return table


# --- many processes ---------------------------------------------------------------------------------------------------


def _show_fleet(found: Fleet, *, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(written(found))
    else:
        _print_fleet(found)
    raise typer.Exit(0 if found.consistent else 1)


def _print_fleet(found: Fleet) -> None:
    console = Console()
    console.print(_processes(found.processes))
    if found.consistent:
        console.print(f"{len(found.processes)} processes, all with the digest {found.processes[0].digest}")
        return
    console.print()
    console.print(_differences(found.differences))


def _processes(reports: tuple[ProcessReport, ...]) -> Table:
    table = _blank("process", "digest", "patches", "python", "said")
    for report in reports:
        counts = Counter(record.standing for record in report.patches)
        patches = ", ".join(f"{count} {standing}" for standing, count in counts.most_common()) or "none"
        said = f"{report.written:%Y-%m-%d %H:%M:%S} UTC"
        table.add_row(*map(escape, [report.name, report.digest, patches, report.python, said]))
    return table


def _differences(differences: tuple[Difference, ...]) -> Table:
    table = _blank("patch", "stands", "in", "reason")
    for difference in differences:
        for group in difference.groups:
            stands = f"{group.standing} ({group.content})" if group.content else group.standing
            table.add_row(*map(escape, [difference.patch, stands, _names(group.processes), group.reason]))
    return table


def _names(processes: tuple[str, ...]) -> str:
    more = len(processes) - _SHOWN
    return ", ".join(processes[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
