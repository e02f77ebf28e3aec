"""Keep the cells of one patch, and tell what they say of releases that have the same bodies."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from backportkit.proof.record import Alike, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from backportkit.declaration.record import Patch
    from backportkit.proof.cell import Task
    from backportkit.proof.choose import Release
    from backportkit.proof.record import Cell


Identities: TypeAlias = tuple[tuple[str | None, ...], ...]  # of the bodies at all targets of a patch


class Bodies(NamedTuple):
    """The bodies that a release has at all targets of a patch, so that two releases with equal ones have the same."""

    package: str
    identities: Identities


Known: TypeAlias = "Mapping[Release, Bodies]"  # of releases in range

# What equal bodies come to alike. Of all other outcomes each release is asked itself.
_ALIKE = frozenset({Outcome.PROVED, Outcome.ABSORBED})


def nothing_known(patch: Patch) -> Known:  # noqa: ARG001 -- the signature of those who know something
    """Return no bodies, so that each release is asked itself."""
    return {}


class Results:
    """The cells of one patch by their releases, with the bodies that are known of releases in its range."""

    def __init__(self, known: Known) -> None:
        self.cells: dict[Release, Cell] = {}
        self._known = known

    def first(self, tasks: Iterable[Task]) -> list[Task]:
        """Return the tasks to begin with: of those of a branch whose releases have the same bodies, that of the newest.

        Each branch is a range of its own: what else is in its releases may differ from all others.
        """
        known = self._known
        chosen = {(task.branch, known.get(task.release, task.release)): task for task in sorted(tasks, key=_version)}
        return list(chosen.values())

    def left(self, tasks: Iterable[Task]) -> list[Task]:
        """Return the tasks whose releases were not tried, and are like none that was."""
        done = self.all
        return [task for task in tasks if task.release not in done]

    @property
    def all(self) -> dict[Release, Cell]:
        """The cells, and those that releases with the same bodies would have."""
        return self.cells | {
            release: self.cells[like].model_copy(update={"version": str(release.version), "runs": ()})
            for release, like in self._like.items()
        }

    @property
    def _like(self) -> dict[Release, Release]:
        """The release with the same bodies that tells of each one that was not tried: a neighbour among those tried.

        A proof in another branch tells nothing of releases whose neighbours were tried and are broken.
        """
        tried: dict[Bodies, list[Release]] = {}
        for release in sorted(self.cells.keys() & self._known.keys(), key=lambda one: one.version):
            tried.setdefault(self._known[release], []).append(release)
        untried = {release: bodies for release, bodies in self._known.items() if release not in self.cells}
        beside = {release: _beside(release, tried.get(bodies, [])) for release, bodies in untried.items()}
        told = {release: [one for one in each if self.cells[one].outcome in _ALIKE] for release, each in beside.items()}
        return {release: each[0] for release, each in told.items() if each}

    def alike(self, packages: Sequence[str]) -> Iterator[Alike]:
        """Yield the releases that were not tried since one like them was, those that follow each other together."""
        like = self._like
        for package in packages:
            every = [one for one in {*self.cells, *self._known} if one.package == package]
            found = sorted(every, key=lambda one: one.version)
            for tried, group in groupby(found, like.get):
                if tried is not None:
                    yield Alike(
                        versions=tuple(str(one.version) for one in group),
                        like=str(tried.version),
                        outcome=self.cells[tried].outcome,
                        package=package if packages[1:] else None,
                    )


def _beside(release: Release, tried: Sequence[Release]) -> list[Release]:
    """Return the releases next to another one, the newer first."""
    above = [one for one in tried if one.version > release.version]
    below = [one for one in tried if one.version < release.version]
    return [*above[:1], *below[-1:]]


def _version(task: Task) -> tuple[str, object]:
    return task.release.package, task.release.version
