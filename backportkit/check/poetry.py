"""Read the ranges of versions that Poetry writes in its own way."""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet

_SHORT = re.compile(r"(?P<operator>\^|~)\s*(?P<release>\d+(\.\d+)*)")
_WILDCARD = re.compile(r"(==)?\s*(?P<release>\d+(\.\d+)*)\.\*")
_BARE = re.compile(r"v?\d[\w.+!-]*")


def ranges(constraint: str) -> list[SpecifierSet]:
    """Return the ranges that a constraint allows, each an alternative; none if the constraint cannot be read.

    https://python-poetry.org/docs/dependency-specification/
    """
    try:
        return [_range(alternative) for alternative in re.split(r"\|\|?", constraint)]
    except InvalidSpecifier:
        return []


def _range(text: str) -> SpecifierSet:
    return SpecifierSet(",".join(filter(None, (_specifier(part.strip()) for part in text.split(",")))))


def _specifier(part: str) -> str:
    """Return one comparison in the notation of PEP 440."""
    if part == "*":
        return ""
    if match := _SHORT.fullmatch(part):
        return f">={match['release']},<{_end(match['operator'], match['release'])}"
    if match := _WILDCARD.fullmatch(part):
        return f"=={match['release']}.*"
    return f"=={part}" if _BARE.fullmatch(part) else part


def _end(operator: str, release: str) -> str:
    """Return the first version that is too new.

    A caret keeps the numbers up to the first that is not 0, a tilde keeps the first two.
    """
    numbers = [int(number) for number in release.split(".")]
    kept = min(2, len(numbers))
    if operator == "^":
        kept = next((place for place, number in enumerate(numbers, 1) if number), len(numbers))
    return ".".join(map(str, [*numbers[: kept - 1], numbers[kept - 1] + 1]))
