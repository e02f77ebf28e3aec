"""Make the program out of its commands: typer reads one of them when it is called, and no other."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from backportkit.cli import options
from backportkit.cli.command import Command
from backportkit.cli.commands import activate, check, deactivate, diff, explain, policy, prove, retire, run, status
from backportkit.cli.commands_supply import sbom, sign, verify
from backportkit.cli.commands_upstream import history, new, preview, scan
from backportkit.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ABOUT = "Backport patches as data: see where they stand, check what to mend and what to delete, and prove them."
_OPTIONS = {
    "--version": "Say the version.",
    "--install-completion": "Have the shell complete commands, options, ids and codes: bash, zsh, fish, PowerShell.",
    "--show-completion": "Show what that installs.",
    "--help": "Show this message and exit.",
}

_OF_PATCHES = (status, check, explain, diff, history, preview, scan, new, prove, retire)
# In the order in which the help shows them.
_IN_ORDER = (*_OF_PATCHES, run, activate, deactivate, policy, sbom, sign, verify)
_COMMANDS = {one.__name__: one for one in _IN_ORDER}
# typer reads a line of `run` only if it asks for help; all others run a program without typer (see `__main__`).
_SETTINGS = {"run": {"ignore_unknown_options": True, "allow_interspersed_args": False}}


def _help_of(command: Callable[..., None]) -> str:
    """Return the docstring of a command with a line for each paragraph: the terminal breaks them."""
    return "\n\n".join(" ".join(part.split()) for part in (inspect.getdoc(command) or "").split("\n\n"))


# What these print is the answer.
_ANSWERS = frozenset({"explain", "diff", "history", "run"})


def declared(name: str) -> Callable[..., None]:
    """Return the function of a command, with the options of commands like it."""
    return _COMMANDS[name] if name in _ANSWERS else _with_quiet(_COMMANDS[name])


def _with_quiet(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option --quiet, and obey that."""

    def call(*, quiet: bool, **given: Any) -> None:
        from backportkit.cli import quiet as wish

        wish.ask(quiet)
        command(**given)

    own = inspect.signature(command, eval_str=True)
    added = inspect.Parameter("quiet", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=options.Quiet)
    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own.parameters.values()]
    call.__doc__ = command.__doc__
    call.__signature__ = own.replace(parameters=[*parameters, added])  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in (*parameters, added)}
    return call


class _Commands(TyperGroup):
    """Have typer read a command when it is asked for, and no other one."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 -- click's protocol
        if cmd_name not in _COMMANDS:
            return None
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        command = declared(cmd_name)
        settings = _SETTINGS.get(cmd_name)
        single.command(cmd_name, cls=Command, help=_help_of(command), context_settings=settings)(command)
        return typer.main.get_command(single)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 -- click's protocol
        """Name the commands, for shells that complete them."""
        return list(_COMMANDS)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that a line begins with. Ends with a usage error that asks whether another one was meant."""
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            from backportkit import alike

            ctx.fail(f"No such command {name!r}; {alike.then(name, _COMMANDS, 'see --help', alike.OWN)}")
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 -- click's protocol
        """Show the help of the program in the form of typer, which would load half of rich for it."""
        from backportkit.cli import help_page

        said = {name: (inspect.getdoc(one) or "").partition("\n\n")[0] for name, one in _COMMANDS.items()}
        help_page.show(self.get_usage(ctx), _ABOUT, {"Options": _OPTIONS, "Commands": said})

    def make_context(self, *args: Any, **options: Any) -> Any:
        with _printable_errors():
            try:
                return super().make_context(*args, **options)
            except typer.Exit as error:  # 1 for a shell that typer does not know
                raise typer.Exit(ExitCode.CANNOT if error.exit_code else ExitCode.FINE) from None

    def invoke(self, ctx: Any) -> Any:
        with _printable_errors(), _own_ends():
            return super().invoke(ctx)


@contextmanager
def _printable_errors() -> Iterator[None]:
    """Make invisible characters visible in usage errors, which repeat what was written."""
    try:
        yield
    except Exception as error:
        if hasattr(error, "format_message"):  # click's; typer brings its own click, or none
            from backportkit.cli.printing import clean  # the help needs none of it

            error.message = clean(str(error.message))  # type: ignore[attr-defined]
        raise


@contextmanager
def _own_ends() -> Iterator[None]:
    """End with our exit code where typer has one of its own: 1, which means that something is wrong.

    Its first releases end an interrupt with 1, too.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except EOFError:  # nobody answers a question
        raise typer.Exit(ExitCode.CANNOT) from None


program = typer.Typer(name="backportkit", cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False)


def _version(value: bool) -> None:  # noqa: FBT001 -- typer calls it with the option's value
    if value:
        from importlib.metadata import version

        typer.echo(f"backportkit {version('backportkit')}")
        raise typer.Exit


@program.callback(help=_ABOUT)
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help=_OPTIONS["--version"])
    ] = False,
) -> None:
    """Take the options of the program itself."""
