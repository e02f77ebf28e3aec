"""Find the known names that may have been meant by one that nobody knows. Only messages need this module."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# difflib's own 0.6 suggests `assert` for `absent`, and ids of other packages have half in common, such as a year: a
# name that only looks like it helps less than none.
_SIMILAR = 0.75
_LONGEST = 200  # difflib takes time by the square of it


def names(name: str, known: Iterable[str], most: int = 3, least: float = _SIMILAR) -> list[str]:
    """Return the known names that are most like another one, the best first. Capitals make no difference."""
    from difflib import get_close_matches

    by_letters: dict[str, list[str]] = {}
    for one in dict.fromkeys(known):
        if one != name:
            by_letters.setdefault(one[:_LONGEST].casefold(), []).append(one)
    close = get_close_matches(name[:_LONGEST].casefold(), by_letters, most, least)
    return [one for letters in close for one in by_letters[letters]][:most]


def question(name: str, known: Iterable[str]) -> str:
    """Ask whether a known name was meant, for a next step; empty if none is like it."""
    close = names(name, known)
    return f"did you mean {' or '.join(close)}?" if close else ""


def then(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return a next step, behind the question whether a known name was meant."""
    return " ".join(filter(None, (question(name, known), otherwise)))


def there_is(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like another one, for the end of a reason; empty if none is like it."""
    close = names(name, known, 1)
    return f" (there is {close[0]!r})" if close else ""
