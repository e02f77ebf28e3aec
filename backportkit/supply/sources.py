"""Name where an advisory or an issue is published."""

from __future__ import annotations

from typing import NamedTuple

from backportkit.declaration import advisories

_SOURCES = {
    "CVE": ("NVD", "https://nvd.nist.gov/vuln/detail/"),
    "GHSA": ("GitHub Advisories", "https://github.com/advisories/"),
    "PYSEC": ("OSV", "https://osv.dev/vulnerability/"),
}


class Published(NamedTuple):
    """An advisory or an issue as it is published.

    Attributes:
        id: The id of the advisory; empty for an issue.
        source: The name of who publishes the advisory; empty for an issue.
        url: Its address.
    """

    id: str
    source: str
    url: str


def of(entry: str) -> Published:
    """Return what an entry of `resolves` names."""
    if not advisories.is_id(entry):
        return Published("", "", entry)
    name, address = _SOURCES[entry.partition("-")[0]]
    return Published(entry, name, f"{address}{entry}")
