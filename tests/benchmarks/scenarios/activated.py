"""Start an interpreter whose whole environment is activated, for a program that concerns no patch."""

from __future__ import annotations

TITLE = "Start-up of an activated environment"
SIZE, SIZES = "patches", (1000,)
UNIT, REPEATS = "process", None
BASE = "bare"
WAYS = {"bare": None, "activated": None}
SOURCES = {"bare": "pass", "activated": "pass"}
PLACES = {"activated": "activated"}  # a way that runs in an environment of its own
GOALS = (("activated", 1000, "instructions", "ratio", 1.10),)
