"""The program: its commands, and how it ends when one of them cannot do its work."""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from backportkit.errors import BackportError
from backportkit.printable import printable

_CANNOT = 2

# Each is a function of its own name in the module of that name, in the order in which the help shows them.
_COMMANDS = ("status", "check", "explain", "diff", "prove", "run", "activate", "deactivate")


class _Commands(TyperGroup):
    """The commands, each imported when it is asked for: one that shows a table needs none of what another installs."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 -- click's protocol
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 -- click's protocol
        if cmd_name not in _COMMANDS:
            return None
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        module = import_module(f"backportkit.cli.{cmd_name}")
        single.command(cmd_name, context_settings=getattr(module, "CONTEXT", None))(getattr(module, cmd_name))
        return typer.main.get_command(single)


program = typer.Typer(
    name="backportkit",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Backport patches as data: see where they stand, check what to mend and what to delete, and prove them.",
)


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
        typer.echo(f"backportkit: {printable(str(error))}", err=True)
        sys.exit(_CANNOT)


def _never_fail_to_print() -> None:
    """Names of files and messages of others may hold what the terminal's encoding lacks: show it escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
