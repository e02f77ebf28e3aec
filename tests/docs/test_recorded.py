"""What docs/ shows of commands is what they say: `python tests/docs/record.py` writes it anew."""

from __future__ import annotations

import pytest
import record


@pytest.mark.parametrize("name", record.PAGES)
def test_page_is_as_it_would_be_made_now(name, tmp_path):
    """Each table and each output on it."""
    assert record.recorded(name, tmp_path) == (record.DOCS / name).read_text("utf-8")


def test_each_example_of_a_finding_has_one():
    """No example is left without what `check` says of it."""
    page = (record.DOCS / "findings.md").read_text("utf-8")
    assert "```text\n```" not in page
    assert page.count("```text") > 30
