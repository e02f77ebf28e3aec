"""Choose the releases to prove a patch on by the bodies that upstream's wheels have. Nothing of them is executed."""

from __future__ import annotations

import os
from functools import cached_property
from itertools import groupby, islice
from typing import TYPE_CHECKING, NamedTuple, Protocol

from backportkit.declaration import eligibility
from backportkit.proof import choose
from backportkit.proof.results import Bodies
from backportkit.upstream import history
from backportkit.upstream.evidence import Evidence, Options
from backportkit.upstream.history import Place
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packaging.version import Version

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.record import Patch
    from backportkit.proof.choose import Release, Releases
    from backportkit.proof.results import Identities, Known
    from backportkit.upstream.body import Body
    from backportkit.upstream.history import Read
    from backportkit.upstream.index import Release as Published

# Where uv takes releases from folders of files, what an index has is no evidence of them.
_OF_FOLDERS = "UV_FIND_LINKS", "UV_NO_INDEX"


class _Row(NamedTuple):
    """A release, and what it has at each target of a patch; None where that cannot be read."""

    version: Version
    told: tuple[Read, ...]

    @property
    def bodies(self) -> tuple[Body, ...]:
        return tuple(one.body for one in self.told if one.body is not None)

    @property
    def identities(self) -> Identities:
        return tuple(body.identity for body in self.bodies)


class Watcher(Protocol):
    """An observer of the progress. Several threads may call it at a time."""

    def begin(self, step: str) -> None:
        """Take note of a step that begins and takes a while."""


class Histories:
    """The bodies that the targets of patches have in the releases of their ranges, read once for each branch."""

    def __init__(self, watcher: Watcher, releases: Releases, options: Options) -> None:
        self._watcher = watcher
        self._releases = releases
        self._options = options
        self._known: dict[Patch, dict[Release, Bodies]] = {}

    def around_the_range(self, branch: Patch) -> list[Release]:
        """Return the releases next to a range and, of each run of releases in it with the same bodies, both ends.

        Where the history cannot be had, they are those of `Releases.around_the_range`, and the watcher is told.
        """
        around = self._releases.around_the_range(branch)
        inside = [one for one in around if choose.has(branch, one)]
        try:
            rows = self._read(branch, inside) if inside[1:] else []
        except UnavailableError as error:
            self._watcher.begin(f"{branch.id}: releases are chosen without a history: {error.message}")
            return around
        ends = [end for run in _runs(rows) for end in self._ends(branch, run, inside)]
        return sorted(dict.fromkeys([*around, *ends]), key=lambda one: one.version)

    def known(self, patch: Patch) -> Known:
        """Return the bodies of releases in the range of a patch, so far as they are known."""
        parts = [self._known.get(branch, {}) for branch in choose.branches(patch, self._releases.python)]
        return {release: bodies for part in parts for release, bodies in part.items()}

    def _read(self, branch: Patch, inside: Sequence[Release]) -> list[_Row]:
        """Return the releases from end to end that can be read. Raises UnavailableError if no bodies are known."""
        if reason := _reason_against(branch):
            raise UnavailableError(reason)
        published = self._evidence.releases(choose.subject(branch).name).all
        within = [one for one in published if _is_within(one, branch, inside)]
        self._watcher.begin(f"{branch.id}: reading its targets in {len(within)} releases of {inside[0].package}")
        places = [Place(edit.target.module, edit.target.path) for edit in branch.edits]
        columns = [history.read(place, within, self._evidence.means, history.Silent()) for place in places]
        rows = [_Row(told[0].release.version, told) for told in zip(*columns, strict=True)]
        known = [row for row in rows if _are_known(branch.edits, row)]
        if not known:
            raise UnavailableError(_reason(rows))
        package = inside[0].package
        bodies = {row.version: Bodies(package, row.identities) for row in known}
        self._known[branch] = {self._releases.release(branch, version): one for version, one in bodies.items()}
        return [row for row in rows if len(row.bodies) == len(row.told)]

    def _ends(self, branch: Patch, run: Sequence[Version], inside: Iterable[Release]) -> Iterator[Release]:
        """Yield the oldest and the newest release of a run that uv has for this Python; nothing if it has none."""
        at_hand = {one.version: one for one in inside}
        for versions in (run, run[::-1]):
            found = (at_hand.get(version) or self._releases.available(branch, version) for version in versions)
            yield from islice(filter(None, found), 1)

    @cached_property
    def _evidence(self) -> Evidence:
        """The way to the indexes that uv asks; those of the checkout are among them only if the user says so."""
        return Evidence(self._options)


def _reason_against(branch: Patch) -> str:
    """Return why there can be no history of a patch; empty if there can."""
    if choose.subject(branch).name.lower() == eligibility.PYTHON:
        return "Python itself is in no package index"
    for edit in branch.edits:
        if edit.target.items or not edit.target.path:
            return f"{edit.target} has no history of its own"
    named = next(filter(os.environ.get, _OF_FOLDERS), None)
    return f"{named} is set, and what stands in folders has no history" if named else ""


def _is_within(one: Published, branch: Patch, inside: Sequence[Release]) -> bool:
    """Tell whether a release counts: those of the ends, and what is in range between them, as uv counts it."""
    if one.version in {end.version for end in inside}:
        return True
    is_between = inside[0].version < one.version < inside[-1].version and choose.in_range(branch, one.version)
    return is_between and one.yanked is None and not one.version.is_prerelease


def _are_known(edits: Sequence[Edit], row: _Row) -> bool:
    """Tell whether source alone tells all bodies. What a patch adds has none."""
    return len(row.bodies) == len(edits) and all(map(_is_known, edits, row.bodies))


def _is_known(edit: Edit, body: Body) -> bool:
    if body.fingerprint is None:
        return edit.how == "add" and not body.is_there
    return body.several == 1


def _reason(rows: Iterable[_Row]) -> str:
    """Return the first reason why a body is not known."""
    said = [one.reason if one.body is None else one.body.reason for row in rows for one in row.told]
    return next(filter(None, said), "only running it tells which of several definitions counts")


def _runs(rows: Iterable[_Row]) -> Iterator[list[Version]]:
    """Yield the releases of each run with the same bodies, the oldest first."""
    for _, run in groupby(rows, lambda row: row.identities):
        yield [row.version for row in run]
