"""Tell under which licence a release is, by its metadata."""

from __future__ import annotations

from email.parser import HeaderParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backportkit.upstream.archive import Archive

_CLASSIFIER = "License :: "
_LONGEST = 80  # characters of a licence's name; more is its text


def of(archive: Archive) -> str | None:
    """Return the licence of a release as its metadata names it; None if that says nothing."""
    said = HeaderParser().parsestr(archive.metadata())
    name = said.get("License-Expression") or said.get("License") or ""
    if name and name != "UNKNOWN" and "\n" not in name and len(name) <= _LONGEST:
        return name.strip()
    classifiers = said.get_all("Classifier", [])
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith(_CLASSIFIER)]
    return ", ".join(named) or None
