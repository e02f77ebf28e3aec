"""What docs/ shows of commands is what they say: `python tests/docs/record.py` and `pictures.py` make it anew."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pictures
import pytest
import record

from backportkit.proof import page as proofs


@pytest.mark.parametrize("name", sorted(record.PAGES.keys() - {"tutorial.md"}))
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


def test_page_of_proofs_is_made_of_the_proofs(tmp_path):
    """Of the JSON files beside it."""
    shutil.copytree(record.DOCS / "proofs", tmp_path / "proofs")
    shutil.copy(record.DOCS / "proving.md", tmp_path)
    page = tmp_path / "proofs" / "README.md"
    page.write_text("# Proofs\n")
    proofs.write([], page.parent)
    assert page.read_text("utf-8") == (record.DOCS / "proofs" / "README.md").read_text("utf-8")


def test_page_of_costs_is_made_of_the_figures(tmp_path):
    """Tables and plots, of what was measured last."""
    root = record.DOCS.parent
    for name in ("tests/benchmarks", "docs/performance"):
        shutil.copytree(root / name, tmp_path / name)
    for name in ("performance.md", "performance.json"):
        shutil.copy(root / "docs" / name, tmp_path / "docs")
    plots = [*(tmp_path / "docs/performance").iterdir()]
    for plot in plots:
        plot.write_text("")
    subprocess.run([sys.executable, tmp_path / "tests/benchmarks/run.py", "--page"], check=True)
    made = [tmp_path / "docs/performance.md", *plots]
    assert [one.name for one in made if one.read_bytes() != (root / one.relative_to(tmp_path)).read_bytes()] == []
