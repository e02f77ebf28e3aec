"""What docs/ shows of commands is what they say: `python tests/docs/record.py` and `pictures.py` make it anew."""

from __future__ import annotations

import re

import pictures
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


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_picture_shows_its_command(name):
    """And asks for no font of another host: the site needs no network."""
    picture = (pictures.FOLDER / f"{name}.svg").read_text("utf-8")
    words = re.sub(r"<[^>]+>|&#160;", " ", picture).split()
    assert " ".join(words).find(f"$ backportkit {pictures.PICTURES[name][0]}") >= 0
    assert "url(http" not in picture
