"""Make docs/commands.md: what each command is for, with its options, as its function declares them."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, get_args

import made
from typer.models import ArgumentInfo, ParameterInfo

from backportkit.cli.program import _COMMANDS, declared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CODE = re.compile(r"(`[^`]*`)")
_OPTION = re.compile(r"(?<!\S)(--[a-z][a-z-]+)")
_SPECIAL = re.compile(r"([*_|<>\[\]])")


def with_commands(page: str) -> str:
    """Return the page with a heading for each command."""
    return made.between(page, "\n".join(_section(name, declared(name)) for name in _COMMANDS))


def _section(name: str, command: Callable[..., None]) -> str:
    parameters = [f"| `{written}` | {_prose(text)} |" for written, text in _parameters(command)]
    table = "\n".join(["| argument or option | |", "| --- | --- |", *parameters, ""]) if parameters else ""
    return f"### {name}\n\n{_prose(inspect.getdoc(command) or '')}\n\n{table}"


def _parameters(command: Callable[..., None]) -> Iterator[tuple[str, str]]:
    """Yield how each parameter is written on a command line, and its help."""
    for name, parameter in inspect.signature(command, eval_str=True).parameters.items():
        kind, *metadata = get_args(parameter.annotation)
        if metadata and isinstance(told := metadata[0], ParameterInfo):
            yield _written(name, kind, told).replace("|", "\\|"), " ".join((told.help or "").split())


def _written(name: str, kind: object, told: Any) -> str:
    if isinstance(told, ArgumentInfo):
        return told.metavar or name.upper()
    given = [one for one in (told.default, *(told.param_decls or ())) if str(one).startswith("-")]
    names = ", ".join(given or [f"--{name.replace('_', '-')}"])
    return names if kind is bool else f"{names} {told.metavar or _choices(kind)}"


def _choices(kind: Any) -> str:
    """Return the values of an enumeration, or N for a number."""
    return "|".join(one.value for one in kind) if hasattr(kind, "__members__") else "N"


def _prose(text: str) -> str:
    """Return a text with options as code, and with what Markdown would take for markup escaped."""
    parts = _CODE.split(_OPTION.sub(r"`\1`", text))
    return "".join(part if part.startswith("`") else _SPECIAL.sub(r"\\\1", part) for part in parts)
