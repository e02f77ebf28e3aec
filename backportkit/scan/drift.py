"""Tell whether a body of upstream's has changed so that a patch by hand no longer fits it.

Fingerprints count annotations, since libraries such as pydantic read them as a program runs. Here they do not count: a
function does the same without them.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.source import slight
from backportkit.source.reader import FUNCTIONS

if TYPE_CHECKING:
    from backportkit.scan.upstream import Seen


def of_replaced(owner: str, oldest: Seen, newest: Seen) -> str | None:
    """Return how a body that a patch replaces has changed, in words; None if it has not."""
    if oldest.body.fingerprint == newest.body.fingerprint:
        return None
    before, after = _parsed(oldest), _parsed(newest)
    is_slight = before is not None and after is not None and slight.is_slight(before, after)
    return None if is_slight else f"the body in {owner} {_others(oldest, newest)}"


def of_wrapped(owner: str, oldest: Seen, newest: Seen) -> str | None:
    """Return how the parameters of what a patch wraps have changed, in words: its body is called, whatever it does."""
    before, after = (_parameters(one) for one in (oldest, newest))
    has_changed = before is not None and after is not None and before != after
    return f"the list of parameters in {owner} {_others(oldest, newest)}, and it wraps them" if has_changed else None


def _others(oldest: Seen, newest: Seen) -> str:
    return f"{newest.release.version} is another one than in {oldest.release.version}; both count"


def _parsed(seen: Seen) -> ast.stmt | None:
    try:
        body = ast.parse("\n".join(seen.body.lines)).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    return body[0] if len(body) == 1 else None


def _parameters(seen: Seen) -> str | None:
    """Return the parameters of a function, without annotations; None of anything else."""
    node = _parsed(seen)
    return ast.dump(slight.bare(node).args) if isinstance(node, FUNCTIONS) else None  # type: ignore[attr-defined]
