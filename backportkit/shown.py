"""Show in an error any object that a user has given."""

from __future__ import annotations

_LONGEST = 200
_LONGEST_TEXT = 1000  # a path may be long


def shown(value: object) -> str:
    """Return a value as Python writes it, cut if it is long; its type if it cannot be written."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 -- a RecursionError, a number of too many digits, whatever a class of theirs raises
        return f"a {type(value).__qualname__} that cannot be shown"
    return text if len(text) <= _LONGEST else _cut(text)


def _cut(text: str) -> str:
    from backportkit.redacted import redacted  # nobody would know the half of a secret for one

    return f"{redacted(text)[:_LONGEST]}... of {len(text)} characters"


def plain(text: str) -> str:
    """Return a text as it is, or as `shown` shows it if it is long or cannot be printed."""
    return text if text.isprintable() and len(text) <= _LONGEST_TEXT else shown(text).strip("'")
