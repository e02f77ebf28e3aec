"""Tell the history of a target: in remarks for people, and in a document for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.utils import canonicalize_name

from backportkit.proof import choose
from backportkit.upstream import history as histories

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.version import Version

    from backportkit.declaration.edits import Edit, Target
    from backportkit.declaration.record import Patch
    from backportkit.upstream.history import Read, Run
    from backportkit.upstream.index import Release, Releases


class Told(NamedTuple):
    """The history of one target.

    Attributes:
        target: The target.
        releases: The releases of the project, and the index that answered.
        runs: The runs of releases with one body, the oldest first.
        unread: The releases that could not be read.
        declared: The patch, and its edit of this target; None if the target was asked for by itself.
        held: The releases that the user has, by the word for that, such as `installed`.
    """

    target: Target
    releases: Releases
    runs: Sequence[Run]
    unread: Sequence[Read]
    declared: tuple[Patch, Edit] | None
    held: Mapping[str, Version]

    def remarks(self, run: Run) -> list[str]:
        """Return what is to be said of a run, in words."""
        here = {one.version for one in run.releases}
        held = [f"{word}: {version}" for word, version in self.held.items() if version in here]
        return [*held, *self._of_patch(run), *_of_body(run), *self._of_members(run)]

    def role(self, run: Run) -> str | None:
        """Return the field of the patch that names the body of a run; None if there is none."""
        if self.declared is None:
            return None
        edit, found = self.declared[1], run.body.fingerprint
        return next((name for name in ("original", "fixed") if found in getattr(edit, name)), None)

    def in_range(self, run: Run) -> list[Release]:
        """Return the releases of a run that the patch is for."""
        if self.declared is None:
            return []
        branches = [one for one in choose.all_branches(self.declared[0]) if _is_of(one, self.releases)]
        return [one for one in run.releases if any(choose.in_range(branch, one.version) for branch in branches)]

    @property
    def open_questions(self) -> list[str]:
        """The differences between the patch and the releases."""
        return [] if self.declared is None else list(self._open(self.declared[1]))

    def _open(self, edit: Edit) -> Iterator[str]:
        seen = {run.body.fingerprint for run in self.runs}
        for name in ("original", "fixed"):
            for one in getattr(edit, name):
                if one not in seen:
                    yield f"open: {name} names {one}, and no release that was read has it"
        for run in self.runs:
            if self.in_range(run) and self.role(run) is None and edit.original:
                yield f"open: {_span(self.in_range(run))} is in range, and its body is neither original nor fixed"
            if self.role(run) == "original" and len(self.in_range(run)) < len(run.releases):
                outside = [one for one in run.releases if one not in self.in_range(run)]
                yield f"open: {_span(outside)} has a body that original names, and is not in range"

    def _of_patch(self, run: Run) -> Iterator[str]:
        if self.declared is None:
            return
        yield self.role(run) or "not named by the patch"
        inside = self.in_range(run)
        if not inside:
            yield "not in range"
        else:
            yield "in range" if len(inside) == len(run.releases) else f"in range: {_span(inside)}"

    def _of_members(self, run: Run) -> Iterator[str]:
        before = next((old for old, new in histories.changes(self.runs) if new is run), None)
        if before is not None and (names := histories.members_changed(before.body, run.body)):
            yield f"changed: {', '.join(names)}"


def _is_of(patch: Patch, releases: Releases) -> bool:
    return canonicalize_name(choose.subject(patch).name) == releases.project


def _of_body(run: Run) -> Iterator[str]:
    body = run.body
    if body.reason:
        yield body.reason
    if body.leads:
        yield f"from {body.leads}"
    if run.elsewhere:
        yield f"there as {run.elsewhere}"
    if body.several > 1:
        yield f"one of {body.several} definitions, of which running the module tells the one that counts"


def _span(releases: Sequence[Release]) -> str:
    first, last = releases[0].version, releases[-1].version
    return str(first) if first == last else f"{first} to {last}"


def of(told: Sequence[Told], cost: tuple[int, int]) -> dict[str, Any]:
    """Return the document for programs."""
    return {"targets": [_of_target(one) for one in told], "requests": cost[0], "bytes": cost[1]}


def _of_target(told: Told) -> dict[str, Any]:
    return {
        "target": str(told.target),
        "patch": None if told.declared is None else told.declared[0].id,
        "project": told.releases.project,
        "index": told.releases.address,
        "runs": [_of_run(told, run) for run in told.runs],
        "unread": [{"version": str(one.release.version), "reason": one.reason} for one in told.unread],
        "open": told.open_questions,
    }


def _of_run(told: Told, run: Run) -> dict[str, Any]:
    return {
        "first": str(run.releases[0].version),
        "last": str(run.releases[-1].version),
        "date": run.releases[0].date,
        "releases": [_of_release(one) for one in run.releases],
        "fingerprint": run.body.fingerprint,
        "kind": run.body.kind,
        "where": run.body.where,
        "leads": run.body.leads,
        "elsewhere": run.elsewhere,
        "added": run.added,
        "removed": run.removed,
        "role": told.role(run),
        "in_range": [str(one.version) for one in told.in_range(run)],
        "remarks": told.remarks(run),
        "body": list(run.body.lines),
    }


def _of_release(release: Release) -> dict[str, Any]:
    return {
        "version": str(release.version),
        "date": release.date,
        "file": release.file.name,
        "sha256": release.file.sha256,
        "requires_python": release.requires_python,
        "yanked": release.yanked,
    }
