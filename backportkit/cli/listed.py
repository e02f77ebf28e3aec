"""List findings: a line each, and below it what else is to be said. A terminal breaks the lines between words alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from backportkit.check.findings import Level
from backportkit.cli.printing import clean, console

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backportkit.check.findings import Finding

STYLES = {Level.ERROR: "bold red", Level.REMOVE: "bold magenta", Level.WARNING: "yellow", Level.NOTE: "dim"}
_INDENT = "  "


class Entry(NamedTuple):
    """A finding as it is listed.

    Attributes:
        finding: The finding.
        about: The patch or target that it is about; empty for none.
        details: The lines below it.
    """

    finding: Finding
    about: str
    details: Sequence[str] = ()


def show(entries: Iterable[Entry]) -> None:
    """Print findings."""
    out = console()
    for one in entries:
        head = Text(_head(one))
        head.highlight_regex(r"\bBK\d{3}\b", STYLES[one.finding.rule.level])
        out.tell(head, 2 * len(_INDENT))
        for line in one.details:
            out.tell(Text(_INDENT + clean(line)))


def details(message: str, *more: str) -> list[str]:
    """Return the further lines of a message, and more lines."""
    return [*message.splitlines()[1:], *more]


def left_out(codes: Iterable[str]) -> str:
    """Say what is not asked for, by its codes and their numbers; empty for nothing."""
    numbers = ", ".join(f"{number} {code}" for code, number in sorted(Counter(codes).items()))
    return f"left out by --select, --ignore or pyproject.toml: {numbers}" if numbers else ""


def show_left_out(findings: Iterable[Finding]) -> None:
    """Print a line for each finding that is not asked for."""
    for one in findings:
        console().tell(Text(f"left out: {_head(Entry(one, one.patch or ''))}"), 2 * len(_INDENT))


def _head(one: Entry) -> str:
    """Return the line of a finding, with the first line of its message."""
    found = one.finding
    where = f"{found.where}: " if found.where else ""
    about = f" [{one.about}]" if one.about else ""
    message = (found.message.splitlines() or [""])[0]
    return clean(f"{where}{found.code} {found.rule.title}: {message}{about}")
