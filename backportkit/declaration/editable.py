"""Find the folders and archives that hold one distribution: those of editable installs, of eggs, and of zip files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backportkit.declaration.metadata import Metadata


def folders(found: Metadata, recorded: Iterable[str]) -> Iterator[str]:
    """Yield where the modules of a distribution are which no list of files has.

    An installer notes the folder of an editable one in `direct_url.json`
    (https://packaging.python.org/en/latest/specifications/direct-url/), or has listed a `.pth` file that leads to it.
    """
    place = Path(found.place)
    if place.is_file() or place.suffix.lower() == ".egg":
        yield found.place
    yield from _by_address(found.text("direct_url.json"))
    for row in recorded:
        if row.endswith(".pth") and "/" not in row:
            yield from _in_pth(place / row)


def _by_address(text: str) -> Iterator[str]:
    try:
        said = json.loads(text or "{}")
        is_editable, address = said["dir_info"]["editable"], str(said["url"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    if is_editable and address.startswith("file:"):
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        yield url2pathname(urlsplit(address).path)


def _in_pth(file: Path) -> Iterator[str]:
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    stripped = map(str.strip, lines)
    yield from (str(file.parent / line) for line in stripped if line and not line.startswith(("#", "import ")))
