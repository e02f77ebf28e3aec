"""The part of a page that a command writes, between two marks."""

from __future__ import annotations

BEGIN, END = "<!-- made by tests/docs/record.py -->", "<!-- end of what it made -->"


def between(page: str, text: str) -> str:
    """Return the page with a text between its marks."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{rest.partition(END)[2]}"
