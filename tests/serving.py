"""A package index of the files in a folder, without ranges, hashes or anything else that a plain server lacks."""

from __future__ import annotations

import threading
import uuid
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder that has `simple` and `wheels`; yield the address of the index.

    The address is like no other, since uv keeps what it had from there, and ports come again.
    """
    name = uuid.uuid4().hex
    (folder / name).symlink_to(folder)
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{name}/simple"
        server.shutdown()


def page(wheels: Iterable[tuple[str, str]]) -> str:
    """Return the page of a project: the name of each file in `wheels`, with further marks of its link."""
    links = (f'<a href="../../wheels/{name}"{marks}>{name}</a>' for name, marks in wheels)
    return f"<!DOCTYPE html><html><body>{' '.join(links)}</body></html>"
