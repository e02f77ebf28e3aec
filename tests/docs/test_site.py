"""The pages of docs/ lead to each other, and what a command makes of them is what it made last."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import backportkit
from backportkit import testing

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
READ = [*PAGES, *sorted(ROOT.glob("*.md"))]
MARKDOWN = MarkdownIt("commonmark").enable("table")


def named(path):
    return path.relative_to(ROOT).as_posix()


@cache
def blocks(path):
    return MARKDOWN.parse(path.read_text("utf-8"))


def tokens(path):
    """Yield the parts of a page, those within a line too."""
    for block in blocks(path):
        yield block
        yield from block.children or []


def links(path):
    """Return where a page leads within the repository: files beside it, and headings."""
    found = [one.attrs.get("href") or one.attrs.get("src") for one in tokens(path)]
    return [one for one in found if one and not re.match(r"\w+:", one)]


def anchors(path):
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = [text for one, text in pairwise(blocks(path)) if one.type == "heading_open"]
    texts = ["".join(part.content for part in heading.children) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}


@pytest.mark.parametrize("path", READ, ids=named)
def test_links_lead_somewhere(path):
    """Each link within the repository is to a file that is there and, if it names one, to a heading of it."""
    lost = []
    for link in links(path):
        name, _, anchor = link.partition("#")
        to = (path.parent / name).resolve() if name else path
        if not to.exists() or (anchor and anchor not in anchors(to)):
            lost.append(link)
    assert lost == []


def test_links_are_found():
    """No page of many links has none, so that what finds them is not blind."""
    assert len(links(DOCS / "eligibility.md")) > 5
    assert "asking-for-a-patch" in anchors(DOCS / "eligibility.md")


def test_start_page_has_each_page_once():
    """The list of pages is the navigation; a page that is not in it cannot be reached."""
    listed = re.findall(r"^- \[[^\]]+\]\((\S+\.md)\)", (DOCS / "index.md").read_text("utf-8"), re.MULTILINE)
    assert sorted([*listed, "index.md"]) == sorted(path.relative_to(DOCS).as_posix() for path in PAGES)


def test_pages_lead_to_no_page_outside():
    """The site has what is in docs/ alone, and a README elsewhere would be a download."""
    out = [(named(path), one) for path in PAGES for one in links(path) if one.partition("#")[0].endswith(".md")]
    assert [one for one in out if not (ROOT / one[0]).parent.joinpath(one[1]).resolve().is_relative_to(DOCS)] == []


def test_reference_has_each_public_name():
    """The errors have a page of their own."""
    names = re.findall(r"^\.\. auto\w+:: (\w+)$", (DOCS / "api.md").read_text("utf-8"), re.MULTILINE)
    offered = [*backportkit.__all__, *testing.__all__]
    public = [one for one in offered if not one.endswith(("Error", "Warning"))]
    assert sorted(names) == sorted(public)
