"""The program: its commands, and how it ends when one of them cannot do its work."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from backportkit.cli import check, diff, explain, prove, status
from backportkit.errors import BackportError

PROVED, NOT_PROVED, CANNOT = 0, 1, 2

program = typer.Typer(
    name="backportkit",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Backport patches as data: see where they stand, check what to mend and what to delete, and prove them.",
)
program.command("status")(status.status)
program.command("check")(check.check)
program.command("explain")(explain.explain)
program.command("diff")(diff.diff)
program.command("prove")(prove.prove)


def _version(value: bool) -> None:  # noqa: FBT001 -- typer calls it with the option's value
    if value:
        from importlib.metadata import version

        typer.echo(f"backportkit {version('backportkit')}")
        raise typer.Exit


@program.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Options of the program itself."""


def app() -> None:
    """Run the command that `sys.argv` names.

    Exit codes: 0 fine, 1 not so, 2 usage or it cannot be done here, 3 something to remove.
    """
    _never_fail_to_print()
    try:
        program()
    except BackportError as error:
        typer.echo(f"backportkit: {error}", err=True)
        sys.exit(CANNOT)


def _never_fail_to_print() -> None:
    """Names of files and messages of others may hold what the terminal's encoding lacks: show it escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
