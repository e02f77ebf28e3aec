"""Tell what becomes of patches with given releases, which are read and not installed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet

from backportkit.check import previewed
from backportkit.source.lookup import Library
from backportkit.upstream import follow, several
from backportkit.upstream import history as histories
from backportkit.upstream.archive import Archive
from backportkit.upstream.follow import Sought
from backportkit.upstream.history import Place
from backportkit.upstream.modules import Upgraded
from backportkit.upstream.session import AT_A_TIME
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from backportkit.check.previewed import Previewed
    from backportkit.cli.asked import Wanted
    from backportkit.declaration.edits import Edit
    from backportkit.declaration.registry import Declared
    from backportkit.upstream.evidence import Evidence
    from backportkit.upstream.history import Run, Watcher
    from backportkit.upstream.index import Release, Releases
    from backportkit.upstream.means import Means

# The findings to which the releases before have something to add.
_CHANGES = frozenset({"BK208", "BK209"})


class Picked(NamedTuple):
    """A release that was picked, and the others of its project."""

    wanted: Wanted
    releases: Releases
    release: Release

    @property
    def version(self) -> str:
        """Its version."""
        return str(self.release.version)


class Change(NamedTuple):
    """A target as it was before, and the release since which it is as it is.

    Attributes:
        target: The target.
        before: The last releases that have a body which the patch was written against.
        now: The releases with the present body, up to the one that was asked for.
    """

    target: str
    before: Run
    now: Run

    @property
    def said(self) -> str:
        """The change in words."""
        first, known = self.now.releases[0], self.before.releases[-1].version
        since = f"since {dated(first)}"
        if not self.now.body.is_there:
            return f"{since}{f', there as {self.now.elsewhere}' if self.now.elsewhere else ''}"
        return f"{since}, with +{self.now.added} -{self.now.removed} lines from {known}"


class Outlook(NamedTuple):
    """The outcome of a patch with some releases, and the changes until then."""

    previewed: Previewed
    changes: tuple[Change, ...] = ()


def dated(release: Release) -> str:
    """Return a version with the day of its release, if that is known."""
    return f"{release.version}{'' if release.date is None else f' of {release.date:%Y-%m-%d}'}"


def pick(wanted: Sequence[Wanted], evidence: Evidence) -> tuple[list[Picked], list[str]]:
    """Return the newest release in each range, and what cannot be told."""
    tried = list(several.each(lambda one: _pick(one, evidence), wanted, AT_A_TIME))
    return [one for one in tried if isinstance(one, Picked)], [one for one in tried if isinstance(one, str)]


def _pick(wanted: Wanted, evidence: Evidence) -> Picked | str:
    try:
        releases = evidence.releases(wanted.name)
    except UnavailableError as error:
        return histories.in_one(error)
    found = releases.newest(wanted.specifier) or releases.newest(_public(wanted.specifier))
    if found is None:
        return f"{releases.address} has no release of {wanted.name}{wanted.specifier}"
    return Picked(wanted, releases, found)


def _public(specifier: SpecifierSet) -> SpecifierSet:
    """Return a range without local versions: the index that is asked may lack such builds."""
    return SpecifierSet(",".join(str(one).partition("+")[0] for one in specifier))


def judge(declared: Iterable[Declared], picked: Sequence[Picked], means: Means, watcher: Watcher) -> list[Outlook]:
    """Tell what becomes of each patch that is about a distribution of these releases; of several, with each."""
    versions: dict[str, list[str]] = {}
    for one in picked:
        versions.setdefault(one.wanted.name, []).append(one.version)
    asked = [(one, way) for one in declared for way in previewed.combinations(one, versions)]
    with ExitStack() as stack:
        opened = {
            (one.wanted.name, one.version): stack.enter_context(Archive(one.release.file, means)) for one in picked
        }
        watcher.expect(len(opened) + len(asked))
        for (name, version), _ in zip(opened, several.each(_look_into, list(opened.values()), AT_A_TIME), strict=True):
            watcher.done(f"{name} {version}")
        libraries = {key: Library(Upgraded(_archives(opened, key))) for key in {tuple(way.items()) for _, way in asked}}
        told = []
        for patch, way in asked:
            told.append(_judge(patch, way, libraries[tuple(way.items())], picked, means))
            watcher.done(patch.id)
        return told


def _look_into(archive: Archive) -> None:
    """Read the names in an archive. What stands against it is told where they are needed."""
    try:
        _ = archive.paths
    except UnavailableError:
        return


def _archives(opened: Mapping[tuple[str, str], Archive], versions: Iterable[tuple[str, str]]) -> dict[str, Archive]:
    return {name: opened[name, version] for name, version in versions}


def _judge(
    declared: Declared, versions: Mapping[str, str], library: Library, picked: Iterable[Picked], means: Means
) -> Outlook:
    try:
        told = previewed.judge(declared, versions, library)
    except UnavailableError as error:
        return Outlook(previewed.unread(declared, versions, histories.in_one(error)))
    concerned = {one.target for one in told.findings if one.code in _CHANGES}
    own = [one for one in picked if versions.get(one.wanted.name) == one.version]
    edits = [edit for edit in declared.patch.edits if str(edit.target) in concerned and edit.target.path]
    changes = (_change(edit, one, means) for edit in edits if not edit.target.items for one in own)
    return Outlook(told, tuple(change for change in changes if change is not None))


def _change(edit: Edit, picked: Picked, means: Means) -> Change | None:
    """Return what changed since the last release whose body the edit was written against; None if none is found."""
    place = Place(edit.target.module, edit.target.path)
    sought = Sought(place, edit.original)
    before = follow.read([sought], picked.releases.before(picked.release), means)[sought]
    runs = histories.runs(place, [*reversed(before), *histories.read_all([place], picked.release, means)], means)
    if len(runs) < 2 or not runs[0].body.is_there:  # noqa: PLR2004 -- the one before, and the one of now
        return None
    now = runs[-1]
    return Change(str(edit.target), runs[0], histories.changed(now, runs[0].body.lines) if now.body.is_there else now)
