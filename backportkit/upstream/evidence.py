"""Join what is needed to read upstream's releases: the user's settings, the network, and the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet

from backportkit.upstream import config, index, settings, uv
from backportkit.upstream.archive import Archive
from backportkit.upstream.fetched import Log
from backportkit.upstream.means import Means
from backportkit.upstream.session import Session
from backportkit.upstream.store import Store
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

    from backportkit.upstream.index import Releases

_MEGABYTE = 10**6


class Options(NamedTuple):
    """The user's options for reading releases.

    Attributes:
        offline: Whether the cache alone is used.
        of_project: Whether the settings of the checkout count.
        largest: The megabytes of a file that may be downloaded whole.
        log: The file that lists what is fetched; None for no such list.
    """

    offline: bool = False
    of_project: bool = False
    largest: int = 50
    log: Path | None = None


class Evidence:
    """The way to upstream's releases, with one session for all of them."""

    def __init__(self, options: Options) -> None:
        said = config.read(of_project=options.of_project)
        self._indexes = settings.indexes(said)
        log = Log(options.log)
        self._session = None if options.offline else Session(self._indexes, said, log)
        self.means = Means(self._session, Store(), options.largest * _MEGABYTE, log)

    def releases(self, project: str) -> Releases:
        """Return the releases of a project. Raises UnavailableError if no index has it."""
        return index.releases(project, self._indexes, self.means)

    def archive(self, project: str, version: str) -> Archive:
        """Return the archive of one release. Raises UnavailableError if no index has it."""
        releases = self.releases(project)
        found = releases.newest(SpecifierSet(f"=={uv.checked_version(version)}"))
        if found is None:
            raise UnavailableError(
                f"there is no release {releases.project} {version}",
                found=f"{releases.address} has {_span(releases)}",
                next_step="ask for one that it has",
            )
        return Archive(found.file, self.means)

    @property
    def cost(self) -> tuple[int, int]:
        """The number of requests, and of the bytes that came."""
        return (0, 0) if self._session is None else (self._session.requests, self._session.bytes)


def _span(releases: Releases) -> str:
    versions = [str(one.version) for one in releases.all]
    return f"{versions[0]} to {versions[-1]}" if versions else "none"
