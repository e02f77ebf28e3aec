"""Say in words under which conditions a patch is made."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.scan.conditions import All, Caught, Test

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.scan.conditions import Condition

_FEW, _LONGEST = 4, 120  # alternatives that are told, and the letters of each


def said(condition: Condition, most: int = 240) -> str:
    """Return a condition in words: that of the statement itself, and where its function is used at one place."""
    whole = " and ".join(_texts(condition, {}))
    return whole if len(whole) <= most else f"{whole[:most]} ..."


def _texts(condition: Condition, told: dict[int, list[str]]) -> list[str]:
    """Return the parts of a condition in words, each once; `told` keeps those of parts that several share."""
    if id(condition) not in told:
        told[id(condition)] = list(dict.fromkeys(_parts(condition, told)))
    return told[id(condition)]


def _parts(condition: Condition, told: dict[int, list[str]]) -> Iterator[str]:
    if isinstance(condition, Test):
        text = ast.unparse(condition.node)
        is_plain = isinstance(condition.node, ast.Call | ast.Name | ast.Attribute)
        yield text if condition.holds else f"not {text}" if is_plain else f"not ({text})"
    elif isinstance(condition, Caught):
        yield condition.text
    elif isinstance(condition, All):
        for one in condition.parts:
            yield from _texts(one, told)
    else:
        yield from _alternatives_in_words([" and ".join(_texts(one, told)) for one in condition.parts])


def _alternatives_in_words(every: Sequence[str]) -> Iterator[str]:
    """Yield alternatives in words; nothing if one of them is without a condition."""
    different = list(dict.fromkeys(every))
    if different and all(different):
        short = [one if len(one) <= _LONGEST else f"{one[:_LONGEST]} ..." for one in different[:_FEW]]
        yield short[0] if len(short) == 1 else " or ".join(f"({one})" for one in short)
