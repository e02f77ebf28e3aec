"""Keep what was fetched, for this user alone. What comes out is what went in, or nothing."""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from backportkit.upstream import cache, stamp

if TYPE_CHECKING:
    from pathlib import Path

_UPSTREAM = "upstream"


def exists() -> bool:
    """Tell whether anything of upstream's has ever been kept."""
    return (cache.root() / _UPSTREAM).is_dir()


class Store:
    """A folder of the cache with contents under keys, each with its stamp.

    Raises UnavailableError if the folder is not this user's alone.
    """

    def __init__(self, folder: str = _UPSTREAM) -> None:
        self._folder = cache.folder(folder)

    def get(self, *key: str) -> bytes | None:
        """Return the content under a key; None if there is none, or if it is not what was put there."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        found, body = content[: stamp.LENGTH], content[stamp.LENGTH :]
        return body if stamp.is_of(found, path.name.encode(), body) else None

    def put(self, content: bytes, *key: str) -> None:
        """Put a content under a key, whole or not at all. A full disk costs the cache and nothing else."""
        path = self._path(key)
        unfinished = path.with_name(f"unfinished-{os.getpid()}-{threading.get_ident()}")
        stamped = stamp.of(path.name.encode(), content) + content
        try:
            path.parent.mkdir(mode=cache.PRIVATE, exist_ok=True)
            unfinished.write_bytes(stamped)
            unfinished.replace(path)
        except OSError:
            return
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)

    def _path(self, key: tuple[str, ...]) -> Path:
        """Return the file of a key: no character of a key stands in its name, and no other key has that name."""
        first, *rest = (hashlib.sha256(part.encode("utf-8", "surrogatepass")).hexdigest() for part in key)
        return self._folder / first[:2] / hashlib.sha256("/".join([first, *rest]).encode()).hexdigest()
