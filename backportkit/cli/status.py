"""`backportkit status`: the patches of this environment, one line each."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from backportkit import engine
from backportkit.state import State

if TYPE_CHECKING:
    from backportkit.state import PatchStatus

_STYLES = {State.WAITING: "cyan", State.APPLIED: "green", State.DORMANT: "dim", State.ABSORBED: "green"}
_TROUBLE = "bold red"
_DIGITS = 12


class Record(BaseModel):
    """One patch as it stands."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="The patch's id.")
    state: State = Field(description="Where it stands, in one word.")
    reason: str = Field(description="Why, in words a person can act on.")
    targets: tuple[str, ...] = Field(description="The targets as module:Class.attribute.")
    installed: dict[str, str] = Field(description="The installed version of each required distribution that is here.")
    provider: str = Field(description="The distribution, or else the top-level package, that declares it.")
    summary: str = Field(description="What breaks without it, in one line.")
    copies: tuple[str, ...] = Field(description="Names elsewhere, as module:name, that were bound to the replacement.")
    fingerprints: tuple[str, ...] = Field(description="The fingerprints that the declaration names, sorted.")


class Document(BaseModel):
    """What `backportkit status --json` prints."""

    model_config = ConfigDict(frozen=True, title="backportkit status")

    digest: str = Field(description="12 hexadecimal digits over the id, the state and the fingerprints of all patches.")
    patches: tuple[Record, ...] = Field(description="The patches, in the order of their declaration.")


def status(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False) -> None:
    """Show every patch that is installed here, and where it stands. Imports nothing of what is patched.

    The digest is the same wherever the same patches are in the same states. docs/status-schema.json describes the JSON.
    """
    records = tuple(map(_record, engine.status()))
    document = Document(digest=_digest(records), patches=records)
    if as_json:
        typer.echo(document.model_dump_json(indent=2))
    elif records:
        Console().print(_table(records))
        typer.echo(f"digest {document.digest}")
    else:
        typer.echo("no patches: no provider is installed here, or BACKPORTKIT_DISABLE=all is set")


def _record(found: PatchStatus) -> Record:
    edits = engine.find(found.id).edits
    named = {print_ for edit in edits for print_ in (*edit.original, *edit.fixed)}
    return Record.model_validate(found._asdict() | {"fingerprints": tuple(sorted(named))})


def _digest(records: tuple[Record, ...]) -> str:
    lines = sorted(" ".join([record.id, record.state, *record.fingerprints]) for record in records)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:_DIGITS]


def _table(records: tuple[Record, ...]) -> Table:
    copied = any(record.copies for record in records)
    table = Table(box=None, pad_edge=False)
    for column in ("patch", "state", "installed", "reason", "provider", *(["copies"] if copied else [])):
        table.add_column(column, overflow="fold", no_wrap=column in {"patch", "state"})
    for record in records:
        installed = ", ".join(f"{name} {version}" for name, version in record.installed.items())
        state = f"[{_STYLES.get(record.state, _TROUBLE)}]{record.state}[/]"
        texts = [installed or "-", record.reason, record.provider, *([", ".join(record.copies)] if copied else [])]
        table.add_row(record.id, state, *map(escape, texts))
    return table
