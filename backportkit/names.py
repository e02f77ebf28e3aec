"""Compare names: those of distributions in their normal form, and any by patterns."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

WILD = frozenset("*?[")


def normalised(name: str) -> str:
    """The normal form of a distribution's name (https://peps.python.org/pep-0503/)."""
    return "-".join(filter(None, name.lower().replace("_", "-").replace(".", "-").split("-")))


def fits(name: str, pattern: str) -> bool:
    """Tell whether a name is equal to another one, or fits it if that is a pattern (`*`, `?`, `[...]`)."""
    if WILD.isdisjoint(pattern):
        return name == pattern
    from fnmatch import fnmatchcase  # needs re

    return fnmatchcase(name, pattern)


def fits_any(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether a name fits one of several patterns."""
    return any(fits(name, pattern) for pattern in patterns)
