"""Settings of Sphinx for the site. The pages and their order stand in index.md, and nowhere else."""

from __future__ import annotations

import re
from importlib.metadata import version as version_of
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "backportkit"
version = release = version_of("backportkit")
author = "the authors of backportkit"
copyright = author  # noqa: A001 -- Sphinx's name for it

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
default_role = "code"  # `name` in a docstring is code, as it is in Markdown

myst_heading_anchors = 4  # the links of GitHub: docs/ is read there, too
suppress_warnings = ["myst.header"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_use_ivar = True  # attributes that a docstring names are said once
maximum_signature_line_length = 72  # one parameter a line past that

html_theme = "furo"
html_title = "backportkit"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_show_copyright = False
html_copy_source = False
templates_path: list[str] = []

_CHAPTER = re.compile(r"^## (?P<title>.+)\n(?P<text>(?:(?!^## ).*\n)*)", re.MULTILINE)
_PAGE = re.compile(r"^- \[(?P<title>[^\]]+)\]\((?P<page>[\w/-]+)\.md\)", re.MULTILINE)


def add_navigation(_app: Sphinx, page: str, source: list[str]) -> None:
    """Make the navigation of the list of pages on the start page, so that index.md stays plain Markdown."""
    if page != "index":
        return
    for chapter in _CHAPTER.finditer(source[0]):
        pages = [f"{one['title']} <{one['page']}>" for one in _PAGE.finditer(chapter["text"])]
        if pages:
            source[0] += "\n".join(["\n```{toctree}", ":hidden:", f":caption: {chapter['title']}\n", *pages, "```\n"])


def keep_cells_whole(app: Sphinx, page: nodes.document) -> None:
    """Mark tables of proofs and figures: their cells are short, such as `1.09 [1.08-1.10]`, and can be scrolled to."""
    if app.env.docname in {"proofs/README", "performance"}:
        for table in page.findall(nodes.table):
            head = next(table.findall(nodes.entry)).astext()
            if head in {"", "patch"}:
                table["classes"].append("whole-cells")


def setup(app: Sphinx) -> None:
    """Connect what is above."""
    app.connect("source-read", add_navigation)
    app.connect("doctree-read", keep_cells_whole)
