"""Keep what was fetched, for this user alone. What comes out is what went in, or nothing."""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from backportkit.upstream import uv
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

_DIGEST = 32  # bytes before a content: its SHA-256
_PRIVATE = 0o700


def exists() -> bool:
    """Tell whether something has ever been kept."""
    return _folder().is_dir()


def _folder() -> Path:
    return uv.cache() / "upstream"


class Store:
    """A folder with contents under keys, each with its checksum. Raises UnavailableError if it is another user's."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or _folder()
        try:
            self._folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            self._folder.chmod(_PRIVATE)  # fails for the folder of somebody else
        except OSError as error:
            raise UnavailableError(
                f"the cache {self._folder} cannot be used",
                found=str(error),
                next_step="name another folder in BACKPORTKIT_CACHE",
            ) from error

    def get(self, *key: str) -> bytes | None:
        """Return the content under a key; None if there is none, or if it is not what was put there."""
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        body = content[_DIGEST:]
        return body if hashlib.sha256(body).digest() == content[:_DIGEST] else None

    def put(self, content: bytes, *key: str) -> None:
        """Put a content under a key, whole or not at all. A full disk costs the cache and nothing else."""
        path = self._path(key)
        unfinished = path.with_name(f"unfinished-{os.getpid()}-{threading.get_ident()}")
        try:
            path.parent.mkdir(mode=_PRIVATE, exist_ok=True)
            unfinished.write_bytes(hashlib.sha256(content).digest() + content)
            unfinished.replace(path)
        except OSError:
            return
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)

    def _path(self, key: tuple[str, ...]) -> Path:
        """Return the file of a key: no character of a key stands in its name."""
        first, *rest = (hashlib.sha256(part.encode("utf-8", "surrogatepass")).hexdigest() for part in key)
        return self._folder / first[:2] / hashlib.sha256("/".join([first, *rest]).encode()).hexdigest()
