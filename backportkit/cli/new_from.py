"""The ways into `backportkit new` that start from two releases, from a diff of upstream's, or from an advisory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.asked import advisory as advisories
from backportkit.authoring.asked import compared, difference, files, pinned, placed, upstream_diff
from backportkit.authoring.asked.difference import Difference
from backportkit.authoring.asked.files import UnusableError
from backportkit.authoring.project import plan as project
from backportkit.authoring.releases import ends
from backportkit.cli.picked import pick
from backportkit.cli.printing import say
from backportkit.cli.progress import Releases as Progress
from backportkit.declaration import owners
from backportkit.upstream import uv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.version import Version

    from backportkit.authoring.asked.advisory import Advisory
    from backportkit.authoring.asked.compared import Comparison
    from backportkit.authoring.asked.upstream_diff import Diff
    from backportkit.authoring.asked.wanted import Wanted
    from backportkit.upstream.evidence import Evidence
    from backportkit.upstream.index import Release, Releases

_WORDS = 3  # PACKAGE BUGGY FIXED
_OUTER = frozenset({"src", "lib", "python"})  # folders of repositories that are not installed


class Given(NamedTuple):
    """The arguments that a new patch starts from.

    Attributes:
        words: Targets, PACKAGE BUGGY FIXED, or nothing.
        package: The distribution; None if the words, the advisory or the paths of the diff tell.
        diff: The file with a diff, `-` for stdin; None for none.
        osv: The file with an advisory; None for none.
        only: The names of the definitions that are wanted.
    """

    words: tuple[str, ...]
    package: str | None
    diff: str | None
    osv: str | None
    only: tuple[str, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets, if such were named."""
        return self.words if len(self.words) == 1 or any(":" in word for word in self.words) else ()

    @property
    def problem(self) -> str | None:
        """The reason why no patch can be made of this; None if one can."""
        if self.diff is not None and self.words:
            return "give a diff or this, and not both"
        if not self.words and self.diff is None and self.osv is None:
            return "name a target, or PACKAGE BUGGY FIXED, or give --diff or --osv"
        if self.words and not self.targets and len(self.words) != _WORDS:
            return "name targets, or a distribution, a release with the bug and one with the fix"
        return "--only chooses from what changed, and the target is named" if self.targets and self.only else None


def told(given: Given, wanted: Wanted, evidence: Evidence) -> Wanted:
    """Return the patch that is wanted, with what was given. Raises UnusableError if that comes to none."""
    advisory = _advisory(given, given.words[0] if given.words else given.package)
    if given.diff is not None:
        found = _of_diff(given, given.diff, advisory, evidence)
        chosen = difference.choose(found, given.only) if given.only else found.usual
    else:
        found = _of_releases(given, advisory, wanted, evidence)
        chosen = pick(found, given.only)
        wanted = wanted._replace(is_named=wanted.is_named or bool(given.words))
    one = difference.wanted(found, chosen, wanted)
    for note in found.notes:
        say(f"left out: {note}", err=True)
    return one if advisory is None else advisories.told(advisory, one)


def with_advisory(given: Given, wanted: Wanted) -> Wanted:
    """Return what is wanted, with what the advisory says of it, if one was given."""
    advisory = _advisory(given, wanted.package)
    return wanted if advisory is None else advisories.told(advisory, wanted)


def _advisory(given: Given, package: str | None) -> Advisory | None:
    """Return the advisory that was given, as far as it is about a distribution, or the only one that it is about."""
    if given.osv is None:
        return None
    return advisories.parse(files.read(Path(given.osv), "the advisory"), package)


def _of_diff(given: Given, name: str, advisory: Advisory | None, evidence: Evidence) -> Difference:
    diff = upstream_diff.parse(_text_of(name))
    package = given.package or (advisory.package if advisory else None) or _owner(diff)
    releases = evidence.releases(package)
    modules = _modules(given.only)
    with Progress() as progress:
        return placed.place(diff, modules, releases, evidence.means, progress)


def _text_of(name: str) -> str:
    what = "the diff"
    return files.decoded(sys.stdin.buffer.read(), what) if name == "-" else files.read(Path(name), what)


def _owner(diff: Diff) -> str:
    """Return the distribution of the first path in a diff, by what is installed here or by its name."""
    parts = diff.files[0].path.split("/")
    package = next(part for part in parts if part not in _OUTER).removesuffix(".py")
    return next(iter(owners.of(package)), package)


def _of_releases(given: Given, advisory: Advisory | None, wanted: Wanted, evidence: Evidence) -> Difference:
    package, *versions = given.words or (advisory.package if advisory else "",)
    releases = evidence.releases(package)
    if versions:
        old, new = (_release(releases, uv.checked_version(version)) for version in versions)
    else:
        assert advisory is not None
        old, new = _ends(releases, advisory, wanted)
    if old.version == new.version:
        raise UnusableError(
            "one release has no change", found=f"{new.version} twice", next_step="name the one with the bug, too"
        )
    if old.version > new.version:
        raise UnusableError(
            "the release with the bug comes before the one with the fix",
            found=f"{old.version} and {new.version}",
            next_step=f"backportkit new {package} {new.version} {old.version}",
        )
    say(f"comparing {releases.project} {old.version} with {new.version}", err=True)
    told = compared.compare(old, new, evidence.means, _modules(given.only))
    return Difference(releases.project, str(old.version), str(new.version), told.changes, {}, tuple(_notes(told)))


def _modules(only: Sequence[str]) -> frozenset[str]:
    """Return the modules that the names name; nothing if one of them names none, and may be anywhere."""
    modules = [name.partition(":")[0] for name in only if ":" in name]
    return frozenset(modules if len(modules) == len(only) else ())


def _release(releases: Releases, version: Version) -> Release:
    found = next((one for one in releases.all if one.version == version), None)
    if found is None:
        near = [str(one.version) for one in releases.all if one.version.release[:2] == version.release[:2]]
        raise UnusableError(
            f"{releases.project} has no release {version} at {releases.address}",
            expected=", ".join(near) or ", ".join(str(one.version) for one in releases.all[-5:]),
            next_step="name two of its releases",
        )
    return found


def _ends(releases: Releases, advisory: Advisory, wanted: Wanted) -> tuple[Release, Release]:
    """Return the releases to compare where an advisory stands alone, or with the release that has the fix."""
    if wanted.fixed_in is not None:
        new = _release(releases, uv.checked_version(wanted.fixed_in))
        return ends.before(new, advisory, releases), new
    versions = [one.version for one in releases.all if one.is_plain]
    return ends.of(advisory, releases, pinned.read(project.root(Path.cwd().resolve()), releases.project, versions))


def _notes(told: Comparison) -> list[str]:
    notes = [f"{path}: {why}" for path, why in {**told.left_out, **told.unread}.items()]
    notes += [f"{module}: a module that the fix has added" for module in told.come]
    return notes + [f"{module}: a module that the fix has removed" for module in told.gone]
