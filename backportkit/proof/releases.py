"""Choose the releases to prove a patch on: of a package by asking the index through uv, of Python those installed."""

from __future__ import annotations

import json
import sys
from functools import cache
from importlib.metadata import metadata
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from backportkit import eligibility, installer
from backportkit.installer import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.model import Patch
    from backportkit.proof.bounds import Gap

_NO_SUCH_RELEASE = "No solution found"
_HIGHEST, _LOWEST = "highest", "lowest-direct"


class Release(NamedTuple):
    """One release of what a patch is for, and the interpreter to try it with.

    Attributes:
        package: The distribution, or `python`.
        version: Its version.
        pin: The requirement that gets exactly this one; empty for an interpreter.
        python: The interpreter.
    """

    package: str
    version: Version
    pin: str
    python: str = sys.executable


def subject(patch: Patch) -> Requirement:
    """What the patch is for: the first of its requirements."""
    return Requirement(patch.requires[0])


def in_range(patch: Patch, version: Version) -> bool:
    """Whether a version of the subject is one that the patch says to be for."""
    return subject(patch).specifier.contains(version, prereleases=True)


def around_the_range(patch: Patch) -> list[Release]:
    """The newest release below the range, the first and the last in it and the first above, as far as there are any.

    For Python all interpreters that are installed. Raises UnavailableError if the index has nothing in the range.
    """
    if _is_python(patch):
        return list(_interpreters())
    first, last = (_ask(patch, str(subject(patch).specifier), end) for end in (_LOWEST, _HIGHEST))
    if first is None or last is None:
        raise _none_in_range(patch)
    found = (
        _ask(patch, f"<{first.version.public}", _HIGHEST),
        first,
        last,
        _ask(patch, f">{last.version.public}", _LOWEST),
    )
    return list(dict.fromkeys(release for release in found if release is not None))


def newest(patch: Patch) -> list[Release]:
    """The newest release in the range; of Python the interpreter that is running, or else the newest that is installed.

    Raises UnavailableError if there is none.
    """
    if _is_python(patch):
        return [interpreter(patch)]
    last = _ask(patch, str(subject(patch).specifier), _HIGHEST)
    if last is None:
        raise _none_in_range(patch)
    return [last]


def interpreter(patch: Patch) -> Release:
    """The interpreter to try a patch with: the one that is running, unless the patch is for other Pythons.

    Raises UnavailableError if none of those is installed.
    """
    running = _running()
    if not _is_python(patch) or in_range(patch, running.version):
        return running
    installed = list(_interpreters())
    fitting = [release for release in installed if in_range(patch, release.version)]
    if not fitting:
        raise UnavailableError(
            "no Python in the patch's range is installed here",
            patch=patch.id,
            expected=patch.requires[0],
            found=", ".join(str(release.version) for release in installed),
            next_step="install one where uv finds it, such as by `uv python install`",
        )
    return fitting[-1]


def named(patch: Patch, versions: Iterable[str]) -> list[Release]:
    """Those releases. Raises UnavailableError for what is no version, and for a Python that is not installed."""
    wanted = [installer.checked_version(text) for text in versions]
    if not _is_python(patch):
        return [_release(patch, version) for version in wanted]
    installed = {release.version: release for release in _interpreters()}
    missing = [str(version) for version in wanted if version not in installed]
    if missing:
        raise UnavailableError(
            f"there is no Python {', '.join(missing)} here",
            patch=patch.id,
            found=", ".join(map(str, sorted(installed))),
            next_step="install it where uv finds it",
        )
    return [installed[version] for version in wanted]


def between(patch: Patch, gap: Gap) -> list[Release]:
    """All releases in a gap, from the newest on; of Python none, since all that are installed are tried anyway."""
    low = f",>{gap.low.public}" if gap.low else ""
    found: list[Release] = []
    high = gap.high
    while not _is_python(patch):
        bound = f"<{high.public}{low}" if high else low.lstrip(",")
        release = _ask(patch, bound, _HIGHEST)
        if release is None:
            break
        found.append(release)
        high = release.version
    return found


def _is_python(patch: Patch) -> bool:
    return subject(patch).name.lower() == eligibility.PYTHON


def _ask(patch: Patch, specifier: str, resolution: str) -> Release | None:
    """The release at one end of a range, by uv's own resolver, so that all its settings are respected."""
    version = _version_at(f"{subject(patch).name}{specifier}", resolution)
    return None if version is None else _release(patch, version)


@cache  # a search for a border asks the same again and again
def _version_at(requirement: str, resolution: str) -> Version | None:
    options = ["--quiet", "--no-header", "--no-annotate", "--no-deps", "--python", sys.executable]
    command = ["pip", "compile", *options, "--resolution", resolution, "-"]
    try:
        pinned = installer.run_uv(command, standard_input=requirement)
    except UnavailableError as error:
        if error.found is not None and _NO_SUCH_RELEASE in error.found:
            return None
        raise
    return Version(pinned.strip().rpartition("==")[2])


def _release(patch: Patch, version: Version) -> Release:
    wanted = subject(patch)
    extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
    return Release(wanted.name, version, f"{wanted.name}{extras}=={version}")


def _interpreters() -> Iterator[Release]:
    """The Pythons that backportkit runs on, each version once, the one that is running among them."""
    supported = SpecifierSet(metadata("backportkit")["Requires-Python"])
    found = json.loads(installer.run_uv(["python", "list", "--only-installed", "--output-format", "json"]))
    paths = {entry["version"]: entry["path"] for entry in found if entry["implementation"] == "cpython"}
    running = _running()
    others = [Release(eligibility.PYTHON, Version(version), "", path) for version, path in paths.items()]
    for release in sorted([running, *(other for other in others if other.version != running.version)]):
        if supported.contains(release.version, prereleases=True):
            yield release


def _running() -> Release:
    version = eligibility.judge([eligibility.PYTHON]).installed[eligibility.PYTHON]
    return Release(eligibility.PYTHON, Version(version), "")


def _none_in_range(patch: Patch) -> UnavailableError:
    return UnavailableError(
        "the package index has no release in the patch's range for this Python",
        patch=patch.id,
        expected=patch.requires[0],
        next_step="correct `requires`, or run this with another Python",
    )
