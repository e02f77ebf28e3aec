"""List the releases of a project, as an index tells them by its simple API (PEP 503, 691, 700)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from packaging.tags import sys_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version
from pypi_simple import ACCEPT_ANY, DistributionPackage, ProjectPage, UnsupportedRepoVersionError

from backportkit.upstream.session import ACCESS, REFUSED
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from packaging.specifiers import SpecifierSet
    from packaging.tags import Tag

    from backportkit.upstream.means import Means
    from backportkit.upstream.session import Session
    from backportkit.upstream.settings import Index
    from backportkit.upstream.store import Store

# https://packaging.python.org/en/latest/specifications/name-normalization/#name-format
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.ASCII | re.IGNORECASE)
_NOT_THERE = 404
_UNCHANGED = 304
_TRY = (
    "check the network, the index and its proxy in uv's or pip's own settings, or use what is kept by --offline; "
    "UV_HTTP_TIMEOUT has the seconds that an answer may take"
)
_JSON = "application/vnd.pypi.simple.v1+json"


class File(NamedTuple):
    """A file of a release, as the index names it."""

    name: str
    url: str
    sha256: str | None
    size: int | None


class Release(NamedTuple):
    """One release.

    Attributes:
        version: Its version.
        file: The file that speaks for it.
        date: The day of its first file; None if the index does not tell.
        yanked: The reason for yanking it; None if one of its files is not yanked.
        requires_python: The Pythons that it is for, as its file says.
    """

    version: Version
    file: File
    date: datetime | None
    yanked: str | None
    requires_python: str | None

    @property
    def is_plain(self) -> bool:
        """True if it is neither a pre-release nor yanked."""
        return self.yanked is None and not self.version.is_prerelease


class Releases(NamedTuple):
    """The releases of a project, the oldest first, and the index that has them."""

    project: str
    address: str
    all: tuple[Release, ...]

    def newest(self, specifier: SpecifierSet) -> Release | None:
        """Return the newest release in a range; None if there is none.

        A pre-release counts as https://peps.python.org/pep-0440/#handling-of-pre-releases says, a yanked one only
        if the range is that release alone.
        """
        is_pinned = any(one.operator in {"==", "==="} and "*" not in one.version for one in specifier)
        good = [one.version for one in self.all if is_pinned or one.yanked is None]
        chosen = max(specifier.filter(good), default=None)
        return next((one for one in self.all if one.version == chosen), None)

    def before(self, release: Release) -> list[Release]:
        """Return the releases below one, the newest first, without pre-releases and yanked ones."""
        return [one for one in reversed(self.all) if one.version < release.version and one.is_plain]


def releases(project: str, indexes: Sequence[Index], means: Means) -> Releases:
    """Return the releases of a project, of the first index that has it. Without a session, only what is kept is asked.

    Raises UnavailableError if none has it, if one that is asked before does not answer, or for what is no name.
    """
    if not _NAME.fullmatch(project):
        raise UnavailableError(
            f"{project!r} is no name of a distribution",
            expected="letters and digits, with '-', '_' and '.' between them",
            next_step="name the distribution alone, without extras, a version or a path",
        )
    name = canonicalize_name(project)
    for index in indexes:
        page = _page(index, name, means)
        if page is not None:
            return Releases(name, index.url, tuple(sorted(_grouped(page.packages))))
    raise _unknown(name, indexes, means)


def _unknown(name: str, indexes: Sequence[Index], means: Means) -> UnavailableError:
    """Return the error for a project that no index has, or whose page was never kept if nobody may be asked."""
    addresses = ", ".join(index.url for index in indexes) or "no index by HTTP is set"
    if means.session is None:
        return UnavailableError(
            f"the releases of {name} are not in the cache",
            found=f"nothing is kept of {addresses}, and --offline asks nobody",
            next_step="leave out --offline or UV_OFFLINE once: what is read then is kept",
        )
    return UnavailableError(
        f"no package index has the project {name}",
        found=f"no such project there: {addresses}",
        next_step="correct the name of the distribution, or give another one by --package; or name the index in "
        "uv's or pip's own settings",
    )


def _page(index: Index, project: str, means: Means) -> ProjectPage | None:
    """Return the page of a project; None if the index has none. An unchanged page is not sent again."""
    url = f"{index.url}{project}/"
    kept = _kept(url, means.store)
    answer = kept if means.session is None else _ask(url, index, means.session, kept)
    if answer is None:
        return None
    page = _parsed(url, project, answer)
    if means.session is None:
        means.log.kept(url, len(answer["text"]))
    if answer is not kept:
        means.store.put(json.dumps(answer).encode(), "page", url)
    return page


def _parsed(url: str, project: str, answer: dict[str, str]) -> ProjectPage:
    try:
        if answer["type"].startswith(_JSON):
            return ProjectPage.from_json_data(json.loads(answer["text"]), url)
        return ProjectPage.from_html(project, answer["text"], url)
    except (ValueError, KeyError, TypeError, UnsupportedRepoVersionError) as error:
        raise _failed(url, f"the page cannot be read: {error}") from error


def _kept(url: str, store: Store) -> dict[str, str] | None:
    content = store.get("page", url)
    return None if content is None else dict(json.loads(content))


def _ask(url: str, index: Index, session: Session, kept: dict[str, str] | None) -> dict[str, str] | None:
    headers = {"Accept": ACCEPT_ANY} | ({"If-None-Match": kept["tag"]} if kept and kept["tag"] else {})
    try:
        response = session.get(url, headers=headers)
        if response.status_code not in {_NOT_THERE, *REFUSED}:
            response.raise_for_status()
    except UnavailableError:
        raise
    except OSError as error:  # those of requests are such errors, too
        raise _failed(url, str(error)) from error
    if response.status_code in REFUSED:
        raise _failed(url, f"{response.status_code} {response.reason}", f"{index.place} names the index; {ACCESS}")
    if response.status_code == _NOT_THERE:
        return None
    if kept is not None and response.status_code == _UNCHANGED:
        return kept
    return {
        "type": response.headers.get("Content-Type", ""),
        "tag": response.headers.get("ETag", ""),
        "text": response.text,
    }


def _failed(url: str, found: str, next_step: str = _TRY) -> UnavailableError:
    return UnavailableError(f"the package index does not answer for {url}", found=found, next_step=next_step)


def _grouped(packages: Iterable[DistributionPackage]) -> Iterator[Release]:
    tags = {tag: number for number, tag in enumerate(sys_tags())}
    files: dict[Version, list[DistributionPackage]] = {}
    for one in packages:
        version = _version(one)
        if version is not None:
            files.setdefault(version, []).append(one)
    return (_release(version, [*of_it], tags) for version, of_it in files.items())


def _version(package: DistributionPackage) -> Version | None:
    """Return the version of a wheel or sdist; None for a file of another kind, or with another name."""
    if package.package_type not in {"wheel", "sdist"} or package.version is None:
        return None
    try:
        return Version(package.version)
    except InvalidVersion:
        return None


def _release(version: Version, packages: Sequence[DistributionPackage], tags: dict[Tag, int]) -> Release:
    good = [one for one in packages if not one.is_yanked]
    best = min(good or packages, key=lambda one: _rank(one, tags))
    yanked = None if good else best.yanked_reason or "no reason given"
    dates = [one.upload_time for one in packages if one.upload_time is not None]
    file = File(best.filename, best.url, best.digests.get("sha256"), best.size)
    return Release(version, file, min(dates, default=None), yanked, best.requires_python)


def _rank(package: DistributionPackage, tags: dict[Tag, int]) -> tuple[int, int, str]:
    """Rank a file: a wheel that this platform would take comes first, then a pure one, then any, then an sdist."""
    if package.package_type == "sdist":
        return 3, 0 if package.filename.endswith((".tar.gz", ".zip")) else 1, package.filename
    try:
        own = parse_wheel_filename(package.filename)[3]
    except InvalidWheelFilename:
        return 4, 0, package.filename
    taken = min((tags[tag] for tag in own if tag in tags), default=None)
    if taken is not None:
        return 0, taken, package.filename
    is_pure = any(tag.platform == "any" for tag in own)
    return (1 if is_pure else 2), package.size or 0, package.filename
