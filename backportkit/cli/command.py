"""The command that typer makes of a function: its usage and its help, which read alike with every release of typer."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

if TYPE_CHECKING:
    from collections.abc import Iterator


class Command(TyperCommand):
    """A command that tells its usage and its help by itself.

    typer prints the inner names of arguments, or types such as `<list[str]>` beside them, as its release has it.
    """

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what stands behind the name of the command in its usage."""
        return ["[OPTIONS]", *(_usage_of(one) for one in self.get_params(ctx) if _is_argument(one))]

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 -- click's protocol
        """Show the help in the form of the program's help."""
        from backportkit.cli import help_page

        panels: dict[str, dict[str, str]] = {"Arguments": {}, "Options": {}}
        for one in self.get_params(ctx):
            panels["Arguments" if _is_argument(one) else "Options"][_name_of(one)] = " ".join(_said_of(one))
        told = {title: rows for title, rows in panels.items() if rows}
        help_page.show(self.get_usage(ctx), self.help or "", told)


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _usage_of(argument: Any) -> str:
    name = _value_of(argument)
    several = f"{name}..." if argument.nargs != 1 and " " not in name else name
    return several if argument.required else f"[{several}]"


def _name_of(parameter: Any) -> str:
    """Return an argument or option as it is written on a command line."""
    if _is_argument(parameter):
        return _value_of(parameter)
    names = ", ".join(parameter.opts)
    return names if parameter.is_flag else f"{names} {_value_of(parameter)}"


def _value_of(parameter: Any) -> str:
    """Return the word for a value; N for a number."""
    return str(parameter.metavar or (parameter.name.upper() if _is_argument(parameter) else "N"))


def _said_of(parameter: Any) -> Iterator[str]:
    """Yield what a parameter is for, its default, and whether it has to be given."""
    yield parameter.help or ""
    default = parameter.show_default if isinstance(parameter.show_default, str) else parameter.default
    if default is not None and parameter.show_default and not (_is_argument(parameter) or parameter.is_flag):
        yield f"[default: {default.value if isinstance(default, Enum) else default}]"
    if parameter.required:
        yield "[required]"
