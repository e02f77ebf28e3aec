"""Findings: each kind has one stable code and a level."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from backportkit.source import location

if TYPE_CHECKING:
    from backportkit.declaration.registry import Declared


class Level(str, Enum):
    """The weight of a finding: `error` means that the check fails, `remove` that something can be deleted."""

    ERROR = "error"
    REMOVE = "remove"
    WARNING = "warning"
    NOTE = "note"

    def __str__(self) -> str:
        return self.value


class Rule(NamedTuple):
    """One kind of finding: its title in a few words, and its level."""

    title: str
    level: Level


# Codes are never given a second meaning, and each has a heading in docs/findings.md. The first digit: 1 metadata,
# 2 target, 3 discovery, 4 life, 5 upstream, 6 patches by hand.
RULES = {
    "BK101": Rule("missing provenance", Level.ERROR),
    "BK102": Rule("missing reproducer", Level.WARNING),
    "BK103": Rule("open upper bound", Level.WARNING),
    "BK104": Rule("missing fingerprint", Level.NOTE),
    "BK105": Rule("empty range", Level.ERROR),
    "BK106": Rule("not fixed upstream", Level.NOTE),
    "BK107": Rule("hidden characters", Level.ERROR),
    "BK108": Rule("unusable reproducer", Level.WARNING),
    "BK109": Rule("other distribution", Level.WARNING),
    "BK110": Rule("look-alike letters", Level.WARNING),
    "BK201": Rule("signature cannot fit", Level.ERROR),
    "BK202": Rule("inherited target", Level.WARNING),
    "BK203": Rule("cached target", Level.NOTE),
    "BK204": Rule("copies by from-import", Level.NOTE),
    "BK205": Rule("no Python source", Level.WARNING),
    "BK206": Rule("out of sight", Level.NOTE),
    "BK207": Rule("target is itself a copy", Level.WARNING),
    "BK208": Rule("missing target", Level.ERROR),
    "BK209": Rule("drifted", Level.ERROR),
    "BK210": Rule("conflict", Level.ERROR),
    "BK211": Rule("in the way", Level.ERROR),
    "BK212": Rule("missing replacement", Level.ERROR),
    "BK213": Rule("body cannot be compared", Level.ERROR),
    "BK214": Rule("decorator lost", Level.WARNING),
    "BK215": Rule("out of the namespace's reach", Level.ERROR),
    "BK216": Rule("unknown global", Level.ERROR),
    "BK217": Rule("without effect", Level.ERROR),
    "BK218": Rule("refused target", Level.ERROR),
    "BK219": Rule("unknown copy", Level.ERROR),
    "BK220": Rule("copy out of sight", Level.WARNING),
    "BK221": Rule("compiled callers", Level.NOTE),
    "BK222": Rule("import that fails", Level.ERROR),
    "BK301": Rule("unreadable provider", Level.ERROR),
    "BK302": Rule("never discovered", Level.ERROR),
    "BK303": Rule("out of every provider's reach", Level.ERROR),
    "BK304": Rule("provider imports what it patches", Level.ERROR),
    "BK305": Rule("unknown id in the settings", Level.WARNING),
    "BK306": Rule("offered without opt_in", Level.ERROR),
    "BK307": Rule("outdated installation", Level.WARNING),
    "BK401": Rule("never in range", Level.WARNING),
    "BK402": Rule("removable", Level.REMOVE),
    "BK403": Rule("absorbed", Level.WARNING),
    "BK404": Rule("imported by nobody", Level.REMOVE),
    "BK405": Rule("locked past the range", Level.NOTE),
    "BK501": Rule("fixed upstream", Level.WARNING),
    "BK502": Rule("still open upstream", Level.NOTE),
    "BK503": Rule("upstream not read", Level.WARNING),
    "BK601": Rule("dead by hand", Level.REMOVE),
    "BK602": Rule("target gone", Level.ERROR),
    "BK603": Rule("body changed since", Level.ERROR),
    "BK604": Rule("lost by a probe", Level.WARNING),
    "BK605": Rule("applied without any range", Level.WARNING),
    "BK606": Rule("import made too early", Level.NOTE),
    "BK607": Rule("never undone", Level.WARNING),
    "BK608": Rule("needed by hand", Level.NOTE),
    "BK609": Rule("cannot be told", Level.WARNING),
}


class Finding(NamedTuple):
    """One result of a check.

    Attributes:
        code: A key of `RULES`.
        message: The result in one line.
        next_step: The command or the edit that mends it.
        patch: The id of the patch, or None if no patch is concerned.
        target: The target as `module:Class.attribute`, or None.
        path: The file of the declaration, relative to the working directory if it is below it; or None.
        line: The line in that file, from 1, or None.
    """

    code: str
    message: str
    next_step: str
    patch: str | None = None
    target: str | None = None
    path: str | None = None
    line: int | None = None

    @property
    def rule(self) -> Rule:
        """The kind of the finding."""
        return RULES[self.code]

    @property
    def docs(self) -> str:
        """The place in the source's docs/ that is about such findings."""
        return page_of(self.code)

    @property
    def where(self) -> str:
        """The place as `file:line`, as far as it is known."""
        return ":".join(str(part) for part in (self.path, self.line) if part is not None)


def page_of(code: str) -> str:
    """Return the place in the source's docs/ that is about a code."""
    return f"docs/findings.md#{code.lower()}"


def about(declared: Declared, code: str, message: str, next_step: str, target: object = None) -> Finding:
    """Return a finding about a patch, at the place of its declaration."""
    path, line = location.of(declared.place)
    return Finding(code, message, next_step, declared.patch.id, None if target is None else str(target), path, line)
