"""Tell which lines a change replaced, and by which: one fix has the same in several branches."""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backportkit.upstream.body import Body


def lines(before: Sequence[Body], after: Sequence[Body]) -> list[Counter[str]]:
    """Return the lines that the bodies of each target lose and get."""
    return [_of_one(old.lines, new.lines) for old, new in zip(before, after, strict=True)]


def _of_one(before: Sequence[str], after: Sequence[str]) -> Counter[str]:
    changed = difflib.unified_diff(before, after, n=0, lineterm="")
    return Counter(line[0] + line[1:].strip() for line in changed if not line.startswith(("---", "+++", "@@")))
