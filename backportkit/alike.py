"""Ask whether a known name was meant by one that nobody knows. Only messages need this module."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# difflib's own 0.6 suggests `assert` for `absent`: a name that only looks like it helps less than none.
_SIMILAR = 0.75
_LONGEST = 200  # difflib takes time by the square of it


def names(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Return the known names that are most like another one, the best first. Capitals make no difference."""
    from difflib import get_close_matches

    wanted = name[:_LONGEST].casefold()
    by_letters: dict[str, list[str]] = {}
    for one in dict.fromkeys(known):
        if one != name:
            by_letters.setdefault(one[:_LONGEST].casefold(), []).append(one)
    close = get_close_matches(wanted, by_letters, n=most, cutoff=_SIMILAR)
    return [one for letters in close for one in by_letters[letters]][:most]


def question(name: str, known: Iterable[str]) -> str:
    """Ask whether a known name was meant, as the end of a message; empty if none is like it."""
    close = names(name, known)
    return f"did you mean {' or '.join(close)}?" if close else ""
