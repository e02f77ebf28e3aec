"""The memory that an armed patch takes, with its metadata."""

from __future__ import annotations

import peers

TITLE = "Memory of an armed patch"
SIZE, SIZES = "patches", (0,)
UNIT, REPEATS = "patch", (1000, 3000)
MEASURES = ("bytes",)
BASE = "floor"
WAYS = {name: way for name, way in peers.LAZY.items() if name != "bare"} | {"backportkit's hook": peers.hook}


def prepare(way, size, repeat):
    edits = [(f"absent{number}", "f0") for number in range(repeat)]  # names and replacements are not counted
    return lambda: WAYS[way](edits)
