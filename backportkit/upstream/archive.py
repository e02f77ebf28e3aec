"""Read single files of a wheel by HTTP range requests; a whole wheel or sdist where it takes that."""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import tarfile
import zipfile
import zlib
from functools import cached_property
from typing import TYPE_CHECKING

import remotezip
import requests
import urllib3.exceptions

from backportkit.upstream import opened
from backportkit.upstream.session import ACCESS, REFUSED
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from typing_extensions import Self

    from backportkit.upstream.index import File
    from backportkit.upstream.means import Means
    from backportkit.upstream.opened import Opened

_MEGABYTE = 10**6
_METADATA = (".dist-info/METADATA", "/PKG-INFO")
_EXTENSIONS = (".so", ".pyd")
_SUFFIXES = (".py", *_EXTENSIONS, *_METADATA)
_NO_DATA = (*_SUFFIXES, ".pyc", "/")
_CHUNK = 2**16
_BROKEN = (
    *(OSError, EOFError, ValueError, LookupError, RuntimeError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, tarfile.TarError, remotezip.RemoteZipError),
    urllib3.exceptions.HTTPError,
)


_NAMED = frozenset({"body", "member"})  # what is kept of one thing, which the last part of the key names


class Archive:
    """The Python files of one release, by the paths that an installation gives them.

    What was read is kept by the archive's hash; an archive without a hash is read anew each time. Raises
    UnavailableError if the archive cannot be read, is too large, or is not what the index says.
    """

    def __init__(self, file: File, means: Means) -> None:
        self._file = file
        self._means = means
        self._opened: Opened | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._opened is not None:
            self._opened.close()

    def kept(self, *key: str) -> bytes | None:
        """Return what was kept about this archive under a key.

        What came by ranges was never compared with the hash, so that it counts for the same address alone.
        """
        found = None if self._file.sha256 is None else self._means.store.get(self._file.sha256, self._file.url, *key)
        if found is not None:
            self._means.log.kept(self._file.url, len(found), key[0], *(key[-1:] if key[0] in _NAMED else ()))
        return found

    def keep(self, content: bytes, *key: str) -> None:
        """Keep something about this archive."""
        if self._file.sha256 is not None:
            self._means.store.put(content, self._file.sha256, self._file.url, *key)

    @cached_property
    def paths(self) -> dict[str, str]:
        """The names of its Python files, extension modules and metadata, by their paths in an installation."""
        return _installed(self._file.name, self._files)

    @cached_property
    def extensions(self) -> list[str]:
        """The paths of its extension modules."""
        return [path for path in self.paths if path.endswith(_EXTENSIONS)]

    @property
    def checksums(self) -> dict[str, str | None]:
        """The checksums of the contents, by paths, as the archive has them: files with one checksum are alike."""
        return {path: self._files[name] for path, name in self.paths.items()}

    @cached_property
    def data(self) -> dict[str, str | None]:
        """The checksums of all other files, by their paths in an installation, but for its record and bytecode."""
        files = self._listed("data", lambda name: not name.endswith(_NO_DATA) and ".dist-info/" not in name)
        return {path: files[name] for path, name in _installed(self._file.name, files).items()}

    @cached_property
    def _files(self) -> dict[str, str | None]:
        return self._listed("files", lambda name: name.endswith(_SUFFIXES), *_SUFFIXES)

    def _listed(self, kind: str, is_one: Callable[[str], bool], *key: str) -> dict[str, str | None]:
        """Return the checksums of files of one kind, which are kept."""
        kept = self.kept(kind, *key)
        if kept is not None:
            return dict(json.loads(kept))
        try:
            files = {name: checksum for name, checksum in self._open().files().items() if is_one(name)}
        except _BROKEN as error:
            raise self._broken(error) from error
        self.keep(json.dumps(files).encode(), kind, *key)
        return files

    def read(self, path: str) -> bytes:
        """Return the content of the file that an installation would have at a path."""
        name = self.paths[path]
        content = self.kept("member", name)
        if content is None:
            try:
                content = self._open().read(name)
            except _BROKEN as error:
                raise self._broken(error) from error
            self.keep(content, "member", name)
        return content

    def metadata(self) -> str:
        """Return the metadata of the release; an empty text if it has none."""
        found = [path for path, name in self.paths.items() if name.endswith(_METADATA)]
        return self.read(min(found, key=len)).decode("utf-8", "replace") if found else ""

    def _open(self) -> Opened:
        if self._opened is None:
            self._opened = self._downloaded() or self._by_ranges() or self._download()
        return self._opened

    def _downloaded(self) -> Opened | None:
        content = self._means.store.get("whole", self._file.sha256) if self._file.sha256 is not None else None
        if content is None and self._means.session is None:
            raise UnavailableError(
                f"{self._file.name} is not in the cache",
                next_step="call the command without --offline",
            )
        if content is None:
            return None
        self._means.log.kept(self._file.url, len(content))
        return opened.in_memory(self._file.name, content)

    def _by_ranges(self) -> Opened | None:
        """Open a zip file by its end; None for another archive, and if the index gives no ranges."""
        if not self._file.name.endswith((".whl", ".zip")):
            return None
        found = opened.by_ranges(self._file.url, self._means.session)
        if found is not None and self._file.size not in {None, found.size}:
            raise self._another(f"{self._file.size} bytes", f"{found.size} bytes")
        return found

    def _download(self) -> Opened:
        assert self._means.session is not None
        if (self._file.size or 0) > self._means.largest:
            raise self._too_large(self._file.size or 0)
        with self._means.session.get(self._file.url, stream=True) as response:
            response.raise_for_status()
            said = int(response.headers.get("Content-Length") or 0)
            buffer = io.BytesIO()
            for chunk in response.iter_content(_CHUNK):
                buffer.write(chunk)
                if max(said, buffer.tell()) > self._means.largest:
                    raise self._too_large(max(said, buffer.tell()))
        content = buffer.getvalue()
        self._check(content)
        if self._file.sha256 is not None:
            self._means.store.put(content, "whole", self._file.sha256)
        return opened.in_memory(self._file.name, content)

    def _check(self, content: bytes) -> None:
        found = hashlib.sha256(content).hexdigest()
        if self._file.sha256 not in {None, found}:
            raise self._another(f"sha256 {self._file.sha256}", f"sha256 {found}, of {len(content)} bytes")

    def _another(self, expected: str, found: str) -> UnavailableError:
        return UnavailableError(
            f"{self._file.name} is not the file that the index names",
            expected=expected,
            found=found,
            next_step="try again; if it stays like this, tell those who run the index",
        )

    def _too_large(self, size: int) -> UnavailableError:
        needed = -(-size // _MEGABYTE)
        return UnavailableError(
            f"{self._file.name} would have to be downloaded whole",
            found=f"{needed} MB or more, and the limit is {self._means.largest // _MEGABYTE} MB",
            next_step=f"--max-download {needed} allows it",
        )

    def _broken(self, error: Exception) -> UnavailableError:
        if isinstance(error, UnavailableError):
            return error
        said = f"{type(error).__name__}: {error}"
        found = str(error) if isinstance(error, requests.RequestException | remotezip.RemoteZipError) else said
        next_step = ACCESS if _status(error) in REFUSED else "try again, or leave it out"
        return UnavailableError(f"{self._file.name} cannot be read", found=found, next_step=next_step)


def _status(error: BaseException | None) -> int | None:
    """Return the status of the answer that an error, or the one before it, tells of; None if there is none."""
    while error is not None:
        if isinstance(error, requests.HTTPError) and error.response is not None:
            return error.response.status_code
        error = error.__context__
    return None


def _installed(archive: str, names: Iterable[str]) -> dict[str, str]:
    """Return the names of files by their paths in an installation. An sdist has them in a folder, or in `src` there."""
    if archive.endswith(".whl"):
        return {_of_data(name): name for name in names}
    inner = {name.partition("/")[2]: name for name in names}
    return inner | {path.removeprefix("src/"): name for path, name in inner.items()}


def _of_data(name: str) -> str:
    """Return a path without the folders of https://packaging.python.org/specifications/binary-distribution-format/"""
    folder, _, rest = name.partition("/")
    kind, _, path = rest.partition("/")
    return path if folder.endswith(".data") and kind in {"purelib", "platlib"} else name
