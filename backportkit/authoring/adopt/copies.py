"""Tell of patches by hand that are of one thing: a copy of a target by from-import follows it, and needs none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring.adopt import given
from backportkit.source.found import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.authoring.adopt.draft import Taken
    from backportkit.scan.judge import Facts
    from backportkit.scan.upstream import Upstream

_FOLLOWING = frozenset({Kind.FUNCTION.value, Kind.CLASS.value})  # a value may be that of others by chance


def check(one: Taken, upstream: Upstream) -> None:
    """Raise NothingToWriteError for a copy of what another line of the file patches."""
    facts, leads = one.located.facts, _leads(one, one.located.facts, upstream)
    for other in one.located.beside:
        if leads == other.target:
            path, line = other.found.file.text.path, other.found.line
            raise given.refused(
                one.located,
                f"{facts.module} has it from {leads}, which line {line} patches, and copies follow",
                f"adopt that one, at {path}:{line}; this line then needs no declaration",
            )


def notes(one: Taken, upstream: Upstream) -> Iterator[str]:
    """Say which lines of the file patch copies of a target, which follow it."""
    for other in one.located.beside:
        if _leads(one, other, upstream) == one.located.facts.target:
            follows = f"{other.target}, a copy of {one.located.facts.target}, which follows"
            yield f"line {other.found.line} patches {follows}: that line needs no declaration"


def _leads(one: Taken, facts: Facts, upstream: Upstream) -> str | None:
    """Return the function or class that a target is a copy of, in the newest release of a range; None if it is none."""
    if not one.bodies.ends or facts.found.is_item or not facts.path:
        return None
    seen = upstream.read(facts.module, facts.path, one.bodies.ends[-1])
    return None if isinstance(seen, str) or seen.body.kind not in _FOLLOWING else seen.body.leads
