"""Tell which modules of a project prove its declared patches: they patch what they like, as test suites do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.scan.texts import Text

# `reproducer="module:function"` and `Reproducer(run="module:function")`
_NAMED = re.compile(rb"\b(?:reproducer|run)[ \t]*=[ \t]*[\"']([\w.]+):[\w.]+[\"']")


def modules(texts: Iterable[Text]) -> frozenset[str]:
    """Return the modules that declarations name for their reproducers."""
    declaring = (text.content for text in texts if b"backportkit" in text.content)
    return frozenset(name.decode("utf-8", "replace") for content in declaring for name in _NAMED.findall(content))
