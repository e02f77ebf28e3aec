"""`preview` of the shipped patches reads real wheels of torch, and says what the page about vLLM's file says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.torch

PAGE = Path(__file__).parents[2] / "docs" / "migrating-from-env-override.md"
ROW = re.compile(r"^\| .* \| \d+ \| `([\w-]+)`.*\| (dead|needed)[^|]*\|$", re.MULTILINE)


def test_twelve_edits(tmp_path):
    """Each patch of the table is removable with torch 2.14 where the table calls it dead, and else needed."""
    line = [sys.executable, "-m", "backportkit", "preview", "torch==2.14.0", "--json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=tmp_path)
    document = json.loads(done.stdout)
    told = {one["id"]: one["outcome"] for one in document["patches"]}
    words = {"dead": "removable", "needed": "needed"}
    assert told == {patch: words[word] for patch, word in ROW.findall(PAGE.read_text("utf-8"))}
    assert document["exit_code"] == done.returncode == 0
    assert (document["requests"] <= 20, document["bytes"] < 5_000_000) == (True, True)
