"""Remember which files of a project have patches, so that the next scan of the same files parses these alone."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backportkit.scan.texts import Text
    from backportkit.scan.upstream import Upstream

_FEW = 100  # files, of which looking anew costs less than remembering


class Remembered:
    """The memory of one project, kept under the hash of all of its files: who calls whom is told by all of them."""

    def __init__(self, texts: Sequence[Text], upstream: Upstream) -> None:
        self._upstream = upstream
        self._key = _key(texts) if len(texts) > _FEW else ""

    def paths(self) -> frozenset[str] | None:
        """Return the files that have patches; None if that is not known."""
        if not self._key:
            return None
        try:
            kept = self._upstream.evidence.means.store.get("scan", self._key)
        except UnavailableError:
            return None
        return None if kept is None else frozenset(json.loads(kept))

    def keep(self, paths: Iterable[str]) -> None:
        """Remember the files that have patches."""
        if self._key:
            content = json.dumps(sorted(set(paths))).encode()
            self._upstream.evidence.means.store.put(content, "scan", self._key)


def _key(texts: Iterable[Text]) -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):  # code that finds more is to look anew
        digest.update(path.read_bytes())
    for text in texts:
        for part in (text.path.encode("utf-8", "surrogatepass"), text.content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()
