"""Find the known names that may have been meant by one that nobody knows. Only messages need this module."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# Ids of other packages have half in common, such as a year, and a name that only looks like one in some module, as
# `assert` does like `absent`, helps less than none.
_SIMILAR = 0.75
# There are few words of our own, and `hwo` is `how`.
OWN = 0.6
_LONGEST = 200  # difflib takes time by the square of it


def names(name: str, known: Iterable[str], most: int = 3, least: float = _SIMILAR) -> list[str]:
    """Return the known names that are most like another one, the best first. Capitals make hardly a difference."""
    from difflib import SequenceMatcher, get_close_matches

    by_letters: dict[str, list[str]] = {}
    for one in dict.fromkeys(known):
        if one != name:
            by_letters.setdefault(one[:_LONGEST].casefold(), []).append(one)
    close = get_close_matches(name[:_LONGEST].casefold(), by_letters, most, least)
    alike = SequenceMatcher(None, b=name[:_LONGEST])

    def likeness(one: str) -> float:
        alike.set_seq1(one[:_LONGEST])
        return alike.ratio()

    return [one for letters in close for one in sorted(by_letters[letters], key=likeness, reverse=True)][:most]


def question(name: str, known: Iterable[str], least: float = _SIMILAR) -> str:
    """Ask whether a known name was meant, for a next step; empty if none is like it."""
    close = names(name, known, least=least)
    return f"did you mean {' or '.join(close)}?" if close else ""


def then(name: str, known: Iterable[str], otherwise: str, least: float = _SIMILAR) -> str:
    """Return a next step, behind the question whether a known name was meant."""
    return " ".join(filter(None, (question(name, known, least), otherwise)))


def there_is(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like another one, for the end of a reason; empty if none is like it."""
    close = names(name, known, 1)
    return f" (there is {close[0]!r})" if close else ""
