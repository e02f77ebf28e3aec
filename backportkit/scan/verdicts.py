"""The verdicts about hand-written patches, each with its code among those of `check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit.check.findings import RULES
from backportkit.check.findings import Finding as Reported

if TYPE_CHECKING:
    from backportkit.check.findings import Rule

DEAD, GONE, DRIFTED = "dead", "gone", "drifted"
PROBED, UNBOUNDED, EARLY = "lost by a probe", "applied without any range", "import made too early"
LEFT = "never undone"
NEEDED, UNTOLD = "needed", "cannot be told"
# The verdicts, the one that counts first.
CODES = {
    DEAD: "BK601",
    GONE: "BK602",
    DRIFTED: "BK603",
    PROBED: "BK604",
    LEFT: "BK607",
    UNBOUNDED: "BK605",
    EARLY: "BK606",
    NEEDED: "BK608",
    UNTOLD: "BK609",
}


class Judged(NamedTuple):
    """A patch that was found, with what is said of it.

    Attributes:
        file: The file.
        line: The line.
        target: The target, as `module:Class.attribute`.
        owner: The distribution that has the target, or `python`.
        form: How the patch is written.
        how: What it does.
        guard: The conditions under which it is made, in words; empty for none.
        specifier: The range that these mean, of the owner or else of another distribution; empty for none.
        of: The distribution that `specifier` is about; empty without one.
        verdict: The verdict.
        reason: The reason in words.
        next: What to do next.
        also: Further verdicts that hold.
    """

    file: str
    line: int
    target: str
    owner: str
    form: str
    how: str
    guard: str
    specifier: str
    of: str
    verdict: str
    reason: str
    next: str
    also: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The code of the verdict."""
        return CODES[self.verdict]

    @property
    def rule(self) -> Rule:
        """The title and the level of the verdict."""
        return RULES[self.code]

    @property
    def reported(self) -> Reported:
        """The same as a finding of `check`, for its formats."""
        return Reported(self.code, self.reason, self.next, None, self.target, self.file, self.line)
