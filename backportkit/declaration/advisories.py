"""The rule of what a patch resolves: ids of advisories, such as a CVE, and addresses of issues."""

from __future__ import annotations

from backportkit.declaration import rules
from backportkit.declaration.checked import refuse, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_WAY = "write 'CVE-2024-5569', 'GHSA-jfmj-5v4g-7637', 'PYSEC-2024-60', or the address of an issue, from 'https://' on"
_OF_GHSA = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_SHORTEST = {"CVE": 4, "PYSEC": 1}  # digits after the year
_YEAR, _GROUPS, _GROUP = 4, 3, 4


def checked(value: Any) -> str:
    """Return the id of an advisory, or an address, as it is. Raises Refusal for all else."""
    found = rules.text(value)
    if is_id(found):
        return found
    if "://" in found:
        return rules.url(found)
    raise refuse(f"{shown(found)} is no id of an advisory: {_WAY}")


def is_id(text: str) -> bool:
    """Tell whether a text is the id of an advisory, which scanners know, and no address."""
    kind, _, rest = text.partition("-")
    return _is_of_github(rest) if kind == "GHSA" else kind in _SHORTEST and _is_numbered(rest, _SHORTEST[kind])


def _is_of_github(rest: str) -> bool:
    groups = rest.split("-")
    return len(groups) == _GROUPS and all(len(one) == _GROUP and _OF_GHSA.issuperset(one) for one in groups)


def _is_numbered(rest: str, shortest: int) -> bool:
    """Tell whether a text is a year and a number: https://www.cve.org/About/Process#CVERecordLifecycle."""
    year, _, number = rest.partition("-")
    are_digits = rest.isascii() and year.isdecimal() and number.isdecimal()
    return are_digits and len(year) == _YEAR and len(number) >= shortest
