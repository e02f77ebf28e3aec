"""`backportkit status`: the patches of this environment, one line each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from backportkit import engine
from backportkit.state import State

if TYPE_CHECKING:
    from backportkit.state import PatchStatus

_STYLES = {State.WAITING: "cyan", State.APPLIED: "green", State.DORMANT: "dim", State.ABSORBED: "green"}
_TROUBLE = "bold red"


def status(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False) -> None:
    """Show every patch that is installed here, and where it stands. Imports nothing of what is patched."""
    records = engine.status()
    if as_json:
        typer.echo(json.dumps([record._asdict() for record in records], indent=2))
    elif records:
        Console().print(_table(records))
    else:
        typer.echo("no patches: no provider is installed here, or BACKPORTKIT_DISABLE=all is set")


def _table(records: tuple[PatchStatus, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("patch", "state", "installed", "reason", "provider"):
        table.add_column(column, overflow="fold", no_wrap=column in {"patch", "state"})
    for record in records:
        installed = ", ".join(f"{name} {version}" for name, version in record.installed.items())
        state = f"[{_STYLES.get(record.state, _TROUBLE)}]{record.state}[/]"
        table.add_row(record.id, state, installed or "-", record.reason, record.provider)
    return table
