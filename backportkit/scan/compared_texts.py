"""Judge comparisons of versions that are texts: "2.10" < "2.9" holds, so that no range can be read off them.

What such a comparison means is tried with the releases that are known. The range that it looks like is taken where it
agrees with all of them; else the releases for which it holds are told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MOST = 8  # ranges that are told
# The versions of Python 3 that there are or may be.
PYTHONS = tuple(f"3.{minor}.{micro}" for minor in range(30) for micro in range(30))


def ranges(holds: Callable[[str], bool], looks: str | None, releases: Sequence[str]) -> list[str] | None:
    """Return the ranges of releases for whose texts a test holds; None if that cannot be told.

    Args:
        holds: Tells it of the text of a version.
        looks: The range that the test looks like, if it looks like one.
        releases: The texts of the known releases, the oldest first.
    """
    try:
        held = [holds(one) for one in releases]
    except (TypeError, ValueError, LookupError):
        return None
    if not releases:
        return None
    if looks is not None and _agree(looks, held, releases):
        return [looks]
    found = _runs(held, releases)
    return found if len(found) <= _MOST else None


def _agree(looks: str, held: Sequence[bool], releases: Sequence[str]) -> bool:
    specifier = SpecifierSet(looks)
    return all(
        specifier.contains(one, prereleases=True) == is_held for one, is_held in zip(releases, held, strict=True)
    )


def _runs(held: Sequence[bool], releases: Sequence[str]) -> list[str]:
    """Return the ranges from the first release of each run for which a test holds up to the first behind it."""
    found = []
    for index, one in enumerate(releases):
        if held[index] and (not index or not held[index - 1]):
            after = next((other for at, other in enumerate(releases) if at > index and not held[at]), None)
            ends = [f">={one}" if index else "", "" if after is None else f"<{after}"]
            found.append(",".join(filter(None, ends)) or ">=0")
    return found or [f"<{releases[0]},>{releases[0]}"]


def beginning(prefix: str) -> list[str]:
    """Return the ranges of versions whose texts begin with another one: with 2.1 begin 2.1.3, 2.10 and 2.100."""
    whole = prefix.rstrip(".")
    if prefix.endswith("."):
        return [f"=={whole}.*"]
    *first, last = whole.split(".")
    longer = [(f"{last}{zeros}", f"{int(last) + 1}{zeros}") for zeros in ("0", "00")]
    spans = [[".".join([*first, end]) for end in pair] for pair in longer]
    return [f"=={whole}.*", *(f">={lower},<{upper}" for lower, upper in spans)]
