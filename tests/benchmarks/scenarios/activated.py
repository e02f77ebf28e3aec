"""Start an interpreter whose whole environment is activated, for a program that concerns no patch."""

from __future__ import annotations

TITLE = "Start-up of an activated environment"
SIZE, SIZES = "", (0,)
UNIT, REPEATS = "process", None
BASE = "bare"
WAYS = dict.fromkeys(("bare", "activated", "activated, 1,000 patches"))
SOURCES = dict.fromkeys(WAYS, "pass")
PLACES = {"activated": "activated", "activated, 1,000 patches": "thousand"}  # each runs in an environment of its own
