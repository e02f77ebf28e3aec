"""Choose the releases to prove a patch on: uv asks the index for those of a package, and lists installed Pythons."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from backportkit.declaration import alternatives, eligibility
from backportkit.proof import interpreters
from backportkit.upstream import uv
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.specifiers import SpecifierSet

    from backportkit.declaration.record import Patch
    from backportkit.proof.borders import Gap
    from backportkit.proof.interpreters import Interpreter

_WAS_YANKED = re.compile(r"\s[^\s<=>]+?([<=>]\S+) was yanked")
_RANGE = re.compile(r">=([^,]+),<=([^,]+)")
_IS_YANKED = re.compile(r'is yanked(?: \(reason: "(?P<reason>.*)"\))?')
_HIGHEST, _LOWEST = "highest", "lowest-direct"
_NO_PRERELEASES = "--prerelease", "explicit"  # only those that a requirement names


class Release(NamedTuple):
    """One release of the package that a patch is for, or an interpreter.

    Attributes:
        package: The distribution, or `python`.
        version: Its version.
        pin: The requirement for exactly this release; empty for an interpreter.
        python: The interpreter to try it with.
        yanked: Upstream's reason for yanking it; None if it is not yanked.
    """

    package: str
    version: Version
    pin: str
    python: Interpreter = interpreters.RUNNING
    yanked: str | None = None

    @property
    def said(self) -> str:
        """The release in words, with the Python that it is tried with."""
        beside = f" with Python {self.python.version}" if self.pin else ""
        return f"{self.package} {self.version}{beside}"


class Answer(NamedTuple):
    """The answer of the index for a range.

    Attributes:
        version: The release at the end that was asked for; None if there is none.
        yanked: The reason for yanking that release, which only an exact requirement can get; None if it is not yanked.
        passed_over: If there is no release, the yanked ones: versions, or "first to last" for several.
    """

    version: Version | None
    yanked: str | None = None
    passed_over: tuple[str, ...] = ()


def branches(patch: Patch, python: Interpreter = interpreters.RUNNING) -> list[Patch]:
    """Return the patch for each branch that fits this platform and an interpreter; for all branches if none fits.

    Each is the patch for the requirements of one branch, with the alternative's own requirement first. A patch without
    alternatives is returned as it is. The functions below take such patches.
    """
    every = all_branches(patch)
    return [branch for branch in every if _is_for(python, branch)] or every


def all_branches(patch: Patch) -> list[Patch]:
    """Return the patch for each of its branches, on whatever platform."""
    beside = [one for one in patch.requires if isinstance(one, str)]
    asked = [one for entry in patch.requires if not isinstance(entry, str) for one in entry.alternatives]
    every = [[*sorted(map(_normal, one), key=alternatives.is_of_python), *beside] for one in asked]
    return [patch.for_requirements(tuple(one)) for one in every] or [patch]


def _normal(text: str) -> str:
    """Return a requirement with a normalised name, so that equal ones are equal."""
    requirement = Requirement(text)
    requirement.name = canonicalize_name(requirement.name)
    return str(requirement)


def _is_for(python: Interpreter, branch: Patch) -> bool:
    """Tell whether the markers of a branch hold, and whether an interpreter meets its requirement on Python."""
    requirements = list(map(Requirement, map(str, branch.requires)))
    beside = [one for one in requirements[1:] if one.name.lower() == eligibility.PYTHON]
    markers = [one.marker for one in requirements if one.marker is not None]
    meets = all(one.specifier.contains(python.version, prereleases=True) for one in beside)
    return meets and all(marker.evaluate(python.marks) for marker in markers)


def first_of(patch: Patch) -> str:
    """Return the first of the requirements of a branch, which names the package that the patch is for."""
    return str(patch.requires[0])


def others_of(patch: Patch) -> list[str]:
    """Return the requirements after the first."""
    return list(map(str, patch.requires[1:]))


def subject(patch: Patch) -> Requirement:
    """Return the first of the requirements of a branch, parsed."""
    return Requirement(first_of(patch))


def packages(patch: Patch) -> list[str]:
    """Return the distributions that a patch is for: that of each branch, once."""
    return list(dict.fromkeys(subject(branch).name for branch in all_branches(patch)))


def range_of(patch: Patch) -> str:
    """Return the range of a patch in words, with `or` between alternatives."""
    return " or ".join(dict.fromkeys(map(first_of, all_branches(patch))))


def in_range(patch: Patch, version: Version) -> bool:
    """Tell whether a version of the subject is in the patch's range."""
    return subject(patch).specifier.contains(version, prereleases=True)


def has(patch: Patch, release: Release) -> bool:
    """Tell whether a release is in the patch's range."""
    return subject(patch).name == release.package and in_range(patch, release.version)


class Releases:
    """The releases that there are for one Python; those of Python itself are interpreters.

    Attributes:
        python: The interpreter that releases are tried with.
        among: The interpreters that patches of Python itself are tried with; empty for all that are installed.
    """

    def __init__(self, python: Interpreter = interpreters.RUNNING, among: Sequence[Interpreter] = ()) -> None:
        self.python = python
        self.among = tuple(among)

    def around_the_range(self, patch: Patch) -> list[Release]:
        """Return the newest release below the range, the first and the last in it, and the first above it.

        Releases that do not exist are left out. For Python, all interpreters are returned. Raises UnavailableError if
        the index has nothing in the range.
        """
        if is_of_python(patch):
            return list(map(_of, self.among or interpreters.installed()))
        first, last = (self._ask(patch, str(subject(patch).specifier), end) for end in (_LOWEST, _HIGHEST))
        if first is None or last is None:
            raise self._none_in_range(patch)
        found = (
            self._ask(patch, f"<{first.version.public}", _HIGHEST),
            first,
            last,
            self._ask(patch, f">{last.version.public}", _LOWEST),
        )
        return list(dict.fromkeys(release for release in found if release is not None))

    def newest(self, patch: Patch) -> list[Release]:
        """Return the newest release in the range.

        For Python they are the interpreters that were named. If none was, it is the running one or, if that is out of
        range, the newest installed one in range. Raises UnavailableError if there is none.
        """
        if is_of_python(patch):
            return list(map(_of, self.among)) or [interpreter(patch)]
        last = self._ask(patch, str(subject(patch).specifier), _HIGHEST)
        if last is None:
            raise self._none_in_range(patch)
        return [last]

    def ends(self, patch: Patch, ranges: Iterable[SpecifierSet]) -> list[Release]:
        """Return the oldest and the newest release of the subject in some ranges, which need not be those of the patch.

        For Python they are installed interpreters. Raises UnavailableError if there is none.
        """
        if is_of_python(patch):
            every = map(_of, interpreters.installed())
            found = [one for one in every if any(each.contains(one.version, prereleases=True) for each in ranges)]
        else:
            asked = (self._ask(patch, str(one), end) for one in ranges for end in (_LOWEST, _HIGHEST))
            found = [one for one in asked if one is not None]
        if not found:
            raise UnavailableError(
                "there is no release that the project supports for this Python",
                patch=patch.id,
                expected=f"{subject(patch).name}{' or '.join(map(str, ranges))}",
                next_step="run this with another Python",
            )
        return list(dict.fromkeys([min(found, key=_version), max(found, key=_version)]))

    def named(self, patch: Patch, versions: Iterable[str]) -> list[Release]:
        """Return the releases of these versions, yanked ones too.

        Raises UnavailableError for a text that is no version, and for a Python that is not installed.
        """
        if is_of_python(patch):
            return list(map(_of, interpreters.named(versions, "--versions")))
        wanted = [uv.checked_version(text) for text in versions]
        return [self.available(patch, version) or self.release(patch, version) for version in wanted]

    def available(self, patch: Patch, version: Version) -> Release | None:
        """Return the release of a version, a yanked one too; None if the index has none for this Python."""
        return self._ask(patch, f"=={version}", _HIGHEST)

    def between(self, patch: Patch, gap: Gap) -> list[Release]:
        """Return all releases in a gap, the newest first; none of Python, since all its interpreters are tried."""
        found: list[Release] = []
        while not is_of_python(patch):
            version = self._within(patch, gap).version
            if version is None:
                break
            found.append(self.release(patch, version))
            gap = gap._replace(high=version)
        return found

    def is_empty(self, patch: Patch, gap: Gap) -> bool:
        """Tell whether no release lies in a gap. Yanked ones do not count, nor pre-releases between two that are none.

        For Python this is known only between two neighbours of one line, since not all releases are installed.
        """
        if not is_of_python(patch):
            return self._within(patch, gap).version is None
        low, high = gap
        if low is None or high is None:
            return False
        return low.release[:2] == high.release[:2] and low.micro + 1 == high.micro

    def passed_over(self, patch: Patch, gap: Gap) -> tuple[str, ...]:
        """Return the yanked releases in a gap that has no others. Only an exact requirement gets one of them."""
        return () if is_of_python(patch) else self._within(patch, gap).passed_over

    def release(self, patch: Patch, version: Version) -> Release:
        """Return the release of a version, whether there is one or not."""
        wanted = subject(patch)
        extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
        return Release(wanted.name, version, f"{wanted.name}{extras}=={version}", self.python)

    def _ask(self, patch: Patch, specifier: str, resolution: str) -> Release | None:
        """Return the release at one end of a range. uv's own resolver finds it, so that all its settings hold."""
        answer = self._answer(patch, specifier, resolution)
        if answer.version is None:
            return None
        return self.release(patch, answer.version)._replace(yanked=answer.yanked)

    def _within(self, patch: Patch, gap: Gap) -> Answer:
        """Return the answer for the newest release in a gap. Pre-releases count only if one is at an end of the gap."""
        return self._answer(patch, gap.specifier, _HIGHEST, *_NO_PRERELEASES)

    def _answer(self, patch: Patch, specifier: str, resolution: str, *more: str) -> Answer:
        return _version_at(self.python.path, f"{subject(patch).name}{specifier}", resolution, *more)

    def _none_in_range(self, patch: Patch) -> UnavailableError:
        yanked = self._answer(patch, str(subject(patch).specifier), _HIGHEST).passed_over
        this = "this Python" if self.python == interpreters.RUNNING else f"Python {self.python.version}"
        return UnavailableError(
            f"the package index has no release in the patch's range for {this}",
            patch=patch.id,
            expected=first_of(patch),
            found=f"{', '.join(yanked)}, yanked" if yanked else None,
            next_step="name one by --versions" if yanked else "correct `requires`, or run this with another Python",
        )


def _version(one: Release) -> Version:
    return one.version


def interpreter(patch: Patch) -> Release:
    """Return the interpreter to try a patch with: the running one, unless the patch is for other Pythons.

    Raises UnavailableError if none of these is installed.
    """
    if not is_of_python(patch) or in_range(patch, interpreters.RUNNING.version):
        return running_python()
    here = list(map(_of, interpreters.installed()))
    fitting = [release for release in here if in_range(patch, release.version)]
    if not fitting:
        raise UnavailableError(
            "no Python in the patch's range is installed here",
            patch=patch.id,
            expected=first_of(patch),
            found=", ".join(str(release.version) for release in here),
            next_step="install one where uv finds it, such as by `uv python install`",
        )
    return fitting[-1]


def running_python() -> Release:
    """Return the running interpreter."""
    return _of(interpreters.RUNNING)


def _of(python: Interpreter) -> Release:
    return Release(eligibility.PYTHON, python.version, "", python)


def is_of_python(patch: Patch) -> bool:
    """Tell whether a patch is for Python itself."""
    return subject(patch).name.lower() == eligibility.PYTHON


@cache  # a search for a border asks the same questions again and again
def _version_at(python: str, requirement: str, resolution: str, *more: str) -> Answer:
    options = ["--no-progress", "--no-header", "--no-annotate", "--no-deps", "--python", python]
    command = ["pip", "compile", *options, "--resolution", resolution, *more, "-"]
    done = uv.try_uv(command, requirement)
    if done.returncode and uv.NO_SUCH_RELEASE not in done.stderr:
        raise uv.failed(command, done)
    if done.returncode:
        return Answer(None, passed_over=tuple(dict.fromkeys(map(_spoken, _WAS_YANKED.findall(done.stderr)))))
    yanked = _IS_YANKED.search(done.stderr)
    reason = (yanked["reason"] or "no reason given") if yanked is not None else None
    return Answer(Version(done.stdout.strip().rpartition("==")[2]), reason)


def _spoken(specifier: str) -> str:
    return _RANGE.sub(r"\1 to \2", specifier).removeprefix("==")
