"""Write down what was fetched, and what came out of the cache instead: a line of JSON for each, and no secrets."""

from __future__ import annotations

import json
import os
import threading
from datetime import datetime, timezone
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from backportkit import regular_file
from backportkit.redacted import redacted
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from requests import Response

_MARK = "***"
_OWN = 0o600  # addresses tell what somebody uses


class Log:
    """A file that gets a line for each thing that was fetched; without a path, nothing is written.

    Raises UnavailableError if the file cannot be written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        if path is not None:
            self._write(path, "")

    def sent(self, response: Response, size: int) -> None:
        """Write down an answer that came over the network."""
        wanted = response.request.headers.get("Range")
        part = {} if wanted is None else {"range": wanted}
        is_kept = response.status_code == HTTPStatus.NOT_MODIFIED
        self._note(response.url, {"status": response.status_code, "bytes": size, "cached": is_kept, **part})

    def kept(self, url: str, size: int, *part: str) -> None:
        """Write down what came out of the cache: all that an address has, or a part of it."""
        self._note(url, {"bytes": size, "cached": True, **({"part": " ".join(part)} if part else {})})

    def _note(self, url: str, facts: Mapping[str, object]) -> None:
        if self._path is None:
            return
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._write(self._path, redacted(json.dumps({"time": now, "url": _without_secrets(url), **facts})) + "\n")

    def _write(self, path: Path, text: str) -> None:
        """Add a text to the file, at once, so that it is whole whenever the program ends."""
        try:
            with self._lock, open(path, "a", encoding="ascii", opener=_opened) as file:
                regular_file.check(file.fileno())
                file.write(text)
        except OSError as error:
            raise UnavailableError(
                f"{path}, which is to list what is fetched, cannot be written",
                found=error.strerror or str(error),
                next_step="name another file by --log-fetches",
            ) from error


def _opened(path: str, flags: int) -> int:
    """Open a file that is this user's alone if it is new, and do not wait for the reader of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0), _OWN)


def _without_secrets(url: str) -> str:
    """Return an address without a name and password, and without its query: indexes sign addresses there."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query=_MARK if parts.query else "", fragment="").geturl()
