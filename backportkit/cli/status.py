"""`backportkit status`: where every patch stands here, or in many processes, side by side."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from backportkit.cli import declarations
from backportkit.cli.printing import as_json as written
from backportkit.cli.printing import console, escape, say
from backportkit.declaration import eligibility
from backportkit.declaration.registry import SHIPPED
from backportkit.engine import on_error, verbs
from backportkit.reports import process
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, TypeAlias

    from rich.table import Table

    from backportkit.reports.document import ProcessReport
    from backportkit.reports.fleet import Difference, Fleet

    Record: TypeAlias = Mapping[str, Any]

_STYLES = {State.WAITING: "cyan", State.APPLIED: "green", State.DORMANT: "dim", State.ABSORBED: "green"}
_STYLES |= {State.OFFERED: "blue"}
_TROUBLE = "bold red"
_SHOWN = 4  # names of processes in a row


def status(*, as_json: bool = False, everything: bool = False, source: str | None = None) -> int:
    """Show where the patches stand here, or with `source` in many processes; return the exit code.

    Raises what keeps a provider from being read, after what the others have is shown.
    """
    if source is not None:
        return _show_fleet(source, as_json=as_json)
    unread = declarations.read(None)
    report, errors = process.survey()
    errors = [*unread, *errors]
    if as_json:
        say(written(report))
    elif report["patches"]:
        _show(report, everything=everything)
    elif not errors:
        say("no patches: no provider is installed here, or BACKPORTKIT_DISABLE=all is set")
    on_error.raise_all(errors)
    return 0


def _show(report: Mapping[str, Any], *, everything: bool) -> None:
    shown = [record for record in report["patches"] if everything or not _is_of_no_concern(record)]
    rest = len(report["patches"]) - len(shown)
    if shown:
        console().print(_table(shown))
    if rest:
        patches = "patch is" if rest == 1 else "patches are"
        say(f"{rest} shipped {patches} for packages that are not installed: --all shows them")
    say(f"digest {report['digest']}")


def _is_of_no_concern(record: Record) -> bool:
    """Tell whether it is shipped for a package that is not installed."""
    if record["state"] is not State.DORMANT or record["provider"] not in SHIPPED:
        return False
    names = map(eligibility.name_of, verbs.find(record["id"]).requires)
    return any(name not in record["installed"] for name in names)


def _table(records: Iterable[Record]) -> Table:
    copied = any(record["copies"] for record in records)
    table = _blank("patch", "state", "installed", "reason", "provider", *(["copies"] if copied else []))
    for record in records:
        installed = ", ".join(f"{name} {version}" for name, version in record["installed"].items())
        state, copies = record["state"], [", ".join(record["copies"])] if copied else []
        texts = [installed or "-", record["reason"], record["provider"], *copies]
        table.add_row(escape(record["id"]), f"[{_STYLES.get(state, _TROUBLE)}]{state}[/]", *map(escape, texts))
    return table


def _blank(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in {"patch", "state", "process", "digest"})
    return table


# --- many processes ---------------------------------------------------------------------------------------------------


def _show_fleet(source: str, *, as_json: bool) -> int:
    from backportkit.reports import fleet  # needs pydantic

    found = fleet.read(source)
    if as_json:
        say(written(found.model_dump(mode="json")))
    else:
        _print_fleet(found)
    return 0 if found.consistent else 1


def _print_fleet(found: Fleet) -> None:
    out = console()
    out.print(_processes(found.processes))
    if found.consistent:
        out.print(f"{len(found.processes)} processes, all with the digest {found.processes[0].digest}")
        return
    out.print()
    out.print(_differences(found.differences))


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
