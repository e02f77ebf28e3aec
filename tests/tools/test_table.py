"""docs/tools.md has a row for each program here."""

from __future__ import annotations

from scenarios import SCENARIOS
from table import PAGE


def test_page_has_each_program():
    """The page is written by `table.py`, which somebody has to run."""
    text = PAGE.read_text("utf-8")
    assert [one.tool for one in SCENARIOS if f"| {one.tool} |" not in text or one.what not in text] == []
