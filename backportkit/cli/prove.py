"""`backportkit prove ID`: red without the patch, green with it, red after undo, each in a fresh process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from backportkit.cli import declarations
from backportkit.proof.protocol import prove as run_proof
from backportkit.proof.record import Colour

if TYPE_CHECKING:
    from typing_extensions import Self

    from backportkit.proof.record import Proof, Run

_STYLES = {Colour.RED: "bold red", Colour.GREEN: "bold green", Colour.BROKEN: "bold yellow"}


def prove(
    patch_id: declarations.PatchId,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Build the throw-away environment anew.")] = False,
    module: declarations.Module = None,
) -> None:
    """Prove that a patch fixes something: its reproducer fails without it, passes with it and fails after undo.

    In this environment if it meets the patch's requirements; otherwise in a throw-away one with the newest release in
    range, which is kept for the next time. Exit code 0 if it is proved, 1 if not, 2 if it cannot be tried here.
    """
    patch = declarations.find(patch_id, module).patch
    with _Steps() as steps:
        proof = run_proof(patch, steps, fresh=fresh)
    if as_json:
        typer.echo(proof.model_dump_json(indent=2))
    else:
        _show(proof)
    raise typer.Exit(0 if proof.proved else 1)


class _Steps:
    """Says what is being done: on a terminal in one line with the time it has taken so far, else in a line a step."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, step: str) -> None:
        if self._progress.disable:
            typer.echo(step, err=True)
        for task in self._progress.tasks:
            self._progress.update(task.id, visible=False)
        self._progress.add_task(step, total=None)


def _show(proof: Proof) -> None:
    console = Console()
    table = Table(box=None, pad_edge=False)
    for column in ("run", "shows", "time", "because"):
        table.add_column(column, overflow="fold", justify="right" if column == "time" else "left")
    for run in proof.runs:
        table.add_row(
            str(run.phase), _colour(run), f"{run.seconds:.1f} s", escape(run.message) or "the reproducer passes"
        )
    console.print(table)
    versions = ", ".join(f"{name} {version}" for name, version in proof.runs[0].versions.items())
    verdict = "[bold green]proved[/]" if proof.proved else "[bold red]not proved[/]"
    console.print(f"{proof.patch}: {verdict} with {versions}, Python {proof.python}, {proof.platform}", highlight=False)
    for run in proof.runs:
        if run.output is not None:
            console.print(f"{run.phase}: see {run.output}", highlight=False, soft_wrap=True)


def _colour(run: Run) -> str:
    wrong = "" if run.as_it_must_be else f", should be {run.phase.must_be}"
    return f"[{_STYLES[run.colour]}]{run.colour}[/]{wrong}"
