"""The page that walks a reader through the code names files and functions that are there, in the order they run in."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "architecture.md"
STOP = re.compile(r"^\| \d+ \| `([\w/]+\.py)` \| `([\w.]+)` \|", re.MULTILINE)

ROUTE = """
import sys
import backportkit
ran = []
def note(frame, event, argument):
    code = frame.f_code
    folder, found, file = code.co_filename.rpartition("/backportkit/")
    if event == "call" and found:
        ran.append([file, code.co_name])
sys.setprofile(note)
@backportkit.backport("victim:f", requires="victim<2", id="victim-1")
def f():
    "What breaks without it."
    return "new"
backportkit.apply_all()
import victim
sys.setprofile(None)
print(victim.f())
for file, name in ran: print(file, name)
"""


def test_stops_are_passed_in_their_order(world):
    """A plain declaration comes through each of the ten, one after the other."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): return 'old'\n")
    result, *ran = world.run(ROUTE)
    stops = [f"{file} {name.rpartition('.')[2]}" for file, name in STOP.findall(PAGE.read_text("utf-8"))]
    assert (result, len(stops)) == ("new", 10)
    left = iter(ran)
    assert [stop for stop in stops if stop not in left] == []


def test_files_that_are_named_are_there():
    """Each file and folder that the page names."""
    named = set(re.findall(r"`((?:\w+/)+(?:\w+\.py)?)`", PAGE.read_text("utf-8")))
    root = PAGE.parents[1]
    assert {name for name in named if not ((root / "backportkit" / name).exists() or (root / name).exists())} == set()
