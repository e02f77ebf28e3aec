"""Choose the two releases that an advisory alone has compared: the last one with the bug, and one with the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.authoring.asked.files import UnusableError
from backportkit.authoring.releases import reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.version import Version

    from backportkit.authoring.asked.advisory import Advisory, Branch
    from backportkit.authoring.asked.pinned import Pins
    from backportkit.upstream.index import Release, Releases


def before(new: Release, advisory: Advisory, releases: Releases) -> Release:
    """Return the last release with the bug before one with the fix. Raises UnusableError if it has the bug itself."""
    known = [one for one in releases.before(new) if any(one.version in branch for branch in advisory.branches)]
    has_bug = any(new.version in branch for branch in advisory.branches)
    if has_bug or not known:
        raise UnusableError(
            f"{new.version} is no release with the fix of {advisory.id}",
            expected=_after(advisory.branches),
            found="it has the bug, as the advisory says" if has_bug else "no release before it has the bug",
            next_step="name another one by --fixed-in",
        )
    return known[0]


def of(advisory: Advisory, releases: Releases, pins: Pins) -> tuple[Release, Release]:
    """Return the ends of the newest branch that the project can use. Raises UnusableError if it can use none."""
    final = [one for one in releases.all if one.is_plain]
    branch = _branch(advisory, [one.version for one in final], pins)
    bug = [one for one in final if one.version in branch]
    after = [one for one in final if bug and one.version > bug[-1].version]
    if not after:
        raise UnusableError(
            f"{advisory.id} names releases that {releases.project} has not, or none after them",
            expected=f"releases in {branch.specifier}, and one after them",
            found=f"{len(bug)} of the first, at {releases.address}",
            next_step="compare two releases: backportkit new PACKAGE BUGGY FIXED",
        )
    return bug[-1], after[0]


def _branch(advisory: Advisory, versions: Sequence[Version], pins: Pins) -> Branch:
    """Return the branch of the newest release that the project can use, or else the newest one that has any."""
    usable = [one for one in advisory.branches if not pins.allowed or _has(one, pins.allowed)]
    if not any(_has(one, versions) for one in advisory.branches):
        return advisory.branches[-1]
    if not usable:
        raise UnusableError(
            f"the project can use no release that {advisory.id} is about",
            expected=" or ".join(one.specifier for one in advisory.branches),
            found=reach.span_of(pins.allowed),
            next_step=reach.ALL_THE_SAME,
        )
    return next((one for one in usable if pins.newest in one), usable[-1])


def _has(branch: Branch, versions: Sequence[Version]) -> bool:
    return any(one in branch for one in versions)


def _after(branches: Sequence[Branch]) -> str:
    ends = [f"{one.fixed} or newer" if one.fixed else f"one after {one.last}" for one in branches]
    return "; ".join(ends)
