"""Tell at which place a patch is told: at its statement, at a call that gives the target, or at a row of a table."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.scan.values import UNKNOWN, Given, Several, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.scan.sites import Site

_CALLS = frozenset({"call", "decorator"})
FORMS = {"call": "helper", "decorator": "decorator", "row": "table"}


def by(sites: Sequence[Site]) -> Site | None:
    """Return the call or the row that says what is patched; None if the statement itself does.

    The sites are those that led to the target, the nearest first. The furthest counts: nearer ones pass its words on.
    """
    if any(one.kind == "row" and _is_unknown(one.node) for one in sites):
        return None
    told = [one for one in sites if (one.says_name and one.kind in _CALLS) or (one.kind == "row" and _is_whole(one))]
    last = told[-1] if told else None
    if last is None or last.kind in _CALLS or not isinstance(last.node, ast.Constant):
        return last
    return next((one for one in sites if one.kind in _CALLS and _has(one, last)), last)


def _is_whole(row: Site) -> bool:
    """Tell whether a row stands apart from its loop, and says more than a name."""
    text = row.node.value if isinstance(row.node, ast.Constant) else None
    is_name = isinstance(row.node, ast.Name | ast.Attribute) or (isinstance(text, str) and text.isidentifier())
    first, last = getattr(row.statement, "lineno", 0), getattr(getattr(row.statement, "iter", None), "end_lineno", 0)
    return not is_name and not first <= getattr(row.node, "lineno", 0) <= last


def _is_unknown(node: ast.AST) -> bool:
    """Tell whether a row stands for all that an object has, as those of `dir()` do."""
    values = node.values if isinstance(node, Given) else ()
    return any(
        text_of(one) == UNKNOWN or (isinstance(one, Several) and _is_unknown(one.parts[0].node)) for one in values
    )


def _has(call: Site, row: Site) -> bool:
    """Tell whether a row is one of the arguments of a call."""
    first, last = getattr(call.node, "lineno", 0), getattr(call.node, "end_lineno", 0) or 0
    return call.file is row.file and first <= getattr(row.node, "lineno", 0) <= last
