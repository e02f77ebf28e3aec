"""Tell under which licence a release is, by its metadata."""

from __future__ import annotations

from email.parser import HeaderParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backportkit.upstream.archive import Archive

_CLASSIFIER = "License :: "
_LONGEST = 80  # characters of a name in the header `License`; more is the licence's text


def of(archive: Archive) -> str | None:
    """Return the licence of a release as its metadata names it; None if that says nothing."""
    said = HeaderParser().parsestr(archive.metadata())
    if expression := said.get("License-Expression"):
        return expression.strip()
    name = said.get("License") or ""
    if name and name != "UNKNOWN" and "\n" not in name and len(name) <= _LONGEST:
        return name.strip()
    classifiers = said.get_all("Classifier", [])
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith(_CLASSIFIER)]
    return ", ".join(named) or None
