"""tests/README.md says which file guards which promise."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_map_names_each_file():
    """A new file of tests has its place in the map, by its name or by its folder, and each name is that of a file."""
    text = (HERE / "README.md").read_text("utf-8")
    named = set(re.findall(r"`((?:\w+/)?test_\w+)`", text))
    folders = set(re.findall(r"`(\w+)(?:/\*)?`", text))
    there = {path.relative_to(HERE).with_suffix("").as_posix() for path in HERE.rglob("test_*.py")} - {"test_map"}
    assert {name for name in there if name.partition("/")[0] not in folders} <= named
    assert named <= there
