"""The upstream fixes that this project cannot wait for."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from backportkit import Reproducer, backport

if TYPE_CHECKING:
    from collections.abc import Iterator


@backport(
    "zipp:_ancestry",
    id="zipp-cve-2024-5569",
    requires="zipp>=3.18,<3.19.1",
    fixes="https://github.com/advisories/GHSA-jfmj-5v4g-7637",
    original="ast1:d3f875e9ff89",
    fixed="ast1:5bfb43be022d",
    reproducer=Reproducer(run="downstream.reproducers:ancestors_end", expect="'//', '//'"),
)
def _ancestry(path: str) -> Iterator[str]:
    """A zip file with a name like '//' sends zipp.Path into an infinite loop."""
    path = path.rstrip(posixpath.sep)
    while path.rstrip(posixpath.sep):
        yield path
        path, _ = posixpath.split(path)
