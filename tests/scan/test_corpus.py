"""Each form of patch by hand, and what is none, in small programs whose patches are marked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backportkit.toml import parse

pytestmark = pytest.mark.warm

CASES = parse((Path(__file__).parent / "corpus.toml").read_text("utf-8"))["case"]
MARK = re.compile(r"# patch: (.*)")


def marked(files):
    """Return the patches that are marked: file, line, target, form, how, and the range if one is told."""
    told = set()
    for name, text in files.items():
        for number, line in enumerate(text.split("\n"), 1):
            for one in MARK.findall(line):
                told |= {(name, number, *patch.split()) for patch in one.split(";")}
    return told


def found(findings):
    """Return the same of what was found."""
    fields = ("file", "line", "target", "form", "how", "specifier")
    return {tuple(one[name] for name in fields if one[name] != "") for one in findings}


@pytest.mark.parametrize("case", CASES, ids=[one["name"] for one in CASES])
def test_finds(case, scan):
    """Scanning finds the marked patches, each at its line, and nothing else."""
    files = {name: text for name, text in case.items() if name != "name"}
    assert found(scan(files)["findings"]) == marked(files)
