"""Start an interpreter with patches armed that it never needs."""

from __future__ import annotations

import peers

TITLE = "Start-up, patches that are never needed"
SIZE, SIZES = "patches", (0, 1000)
UNIT, REPEATS = "process", None  # the whole process, from its start to its end
BASE = "bare"
WAYS = {
    **peers.LAZY,
    "opentelemetry": peers.opentelemetry,
    "backportkit, installed": peers.installed,
    "import backportkit": None,
    "backportkit, nothing declared": None,
}
ONLY = {"import backportkit": (0,), "backportkit, nothing declared": (0,)}
SOURCES = {  # processes without a word of the benchmark
    "bare": "pass",
    "import backportkit": "import backportkit",
    "backportkit, nothing declared": "import backportkit; backportkit.apply_all()",
}
GOALS = (
    ("backportkit, nothing declared", 0, "instructions", "ratio", 1.25),
    ("backportkit, installed", 1000, "instructions", "ratio", 1.60),
)


def prepare(way, size, repeat):
    edits = [(f"absent{number}", "f0") for number in range(size)]
    return lambda: WAYS[way](edits)
