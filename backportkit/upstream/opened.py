"""Open archives of others, which may have been made to do harm: reading them has limits, and nothing is unpacked."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any, Protocol

import remotezip

if TYPE_CHECKING:
    from typing_extensions import Self

    from backportkit.upstream.session import Session

_MEGABYTE = 10**6
_LARGEST = 20 * _MEGABYTE  # a file of source with more bytes is no source
_LONGEST = 2000 * _MEGABYTE  # the bytes of an sdist, unpacked
_MOST = 200_000  # the files of an sdist
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # others make more at once than they are asked for


class Opened(Protocol):
    """An archive that is open."""

    def files(self) -> dict[str, str | None]:
        """Return the names of its files, each with a checksum of its content; None if only reading it gives one."""
        raise NotImplementedError

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        raise NotImplementedError

    def close(self) -> None:
        """Close it."""


def in_memory(name: str, content: bytes) -> Opened:
    """Open the content of an archive with that name."""
    if name.endswith((".whl", ".zip")):
        return _Zip(zipfile.ZipFile(io.BytesIO(content)))
    return _Tar(content)


def by_ranges(url: str, session: Session | None) -> RemoteZip | None:
    """Open a zip file by its end; None if the index gives no ranges."""
    try:
        return RemoteZip(remotezip.RemoteZip(url, session=session, fetcher=_Ranges))
    except remotezip.RangeNotSupported:
        return None


class _Ranges(remotezip.RemoteFetcher):  # type: ignore[misc]  # it has no types
    """Fetch ranges, as remotezip does, unless they are larger than a directory or a file of source can be.

    The end of the file is fetched first. What it has of the directory is not sent again.
    """

    _offset = 0
    _end = b""

    def fetch(self, data_range: tuple[int, int | None], stream: bool = False) -> Any:  # noqa: FBT001, FBT002 -- its own
        first, last = data_range
        if last is None:
            return self._fetch_end(data_range)
        if last - first > _LARGEST:
            msg = f"{last - first + 1} bytes are to be sent at once, and no more than {_LARGEST} are read"
            raise remotezip.RemoteZipError(msg)
        if not first < self._offset <= last:
            return super().fetch(data_range, stream)
        content = super().fetch((first, self._offset - 1)).read() + self._end
        return remotezip.PartialBuffer(io.BytesIO(content), first, len(content), stream=False)

    def _fetch_end(self, data_range: tuple[int, int | None]) -> Any:
        found = super().fetch(data_range)
        self._offset, self._end = found.tell(), found.read()
        found.seek(self._offset, 0)
        return found


class _Zip:
    """A zip file. Its checksums are compared with what is read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def files(self) -> dict[str, str | None]:
        return {info.filename: f"{info.CRC:08x} {info.file_size}" for info in self._archive.infolist()}

    def read(self, name: str) -> bytes:
        """Return the content of a file, of which no more is made than its entry says."""
        info = self._archive.getinfo(name)
        _check_size(name, info.file_size)
        if info.compress_type not in _METHODS:
            msg = f"{name} is compressed by method {info.compress_type}, and wheels have stored and deflated files"
            raise ValueError(msg)
        with self._archive.open(info) as member:
            return member.read(info.file_size + 1)

    def close(self) -> None:
        self._archive.close()


class RemoteZip(_Zip):
    """A zip file at an address, read by HTTP range requests."""

    def __init__(self, archive: remotezip.RemoteZip) -> None:
        super().__init__(archive)
        self.size: int = archive.size()


class _Entry(tarfile.TarInfo):
    """An entry of a tar file. tarfile reads those with the long name or attributes of the next one whole."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        made = super().frombuf(buf, encoding, errors)
        if made.size < 0 or (not made.isreg() and made.size > _LARGEST):
            msg = f"{made.name} has {made.size} bytes"
            raise tarfile.ReadError(msg)
        return made


class _Tar:
    """A tar file, with or without compression. Its entries are read once, up to the limits of size and number."""

    def __init__(self, content: bytes) -> None:
        self._archive = tarfile.open(fileobj=io.BytesIO(content), tarinfo=_Entry)  # noqa: SIM115 -- `close` closes it
        self._members: dict[str, tarfile.TarInfo] = {}
        for number, member in enumerate(self._archive):
            if number >= _MOST or member.offset_data + member.size > _LONGEST:
                msg = f"it has more than {_LONGEST // _MEGABYTE} MB, or {_MOST} files"
                raise tarfile.ReadError(msg)
            if member.isreg():
                self._members[member.name] = member

    def files(self) -> dict[str, str | None]:
        return dict.fromkeys(self._members)

    def read(self, name: str) -> bytes:
        member = self._members[name]
        _check_size(name, member.size)
        content = self._archive.extractfile(member)
        assert content is not None
        return content.read()

    def close(self) -> None:
        self._archive.close()


def _check_size(name: str, size: int) -> None:
    if size > _LARGEST:
        msg = f"{name} has {size} bytes, and no more than {_LARGEST} are read"
        raise ValueError(msg)
