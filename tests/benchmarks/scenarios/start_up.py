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
    "backportkit, one patch": None,
}
ONLY = dict.fromkeys(("import backportkit", "backportkit, nothing declared", "backportkit, one patch"), (0,))
ONE = """
from backportkit import apply_all, backport
@backport("absent:f", requires="absent>=1,<2", id="absent-1")
def f(a, b=None):
    "What breaks without it."
apply_all()
"""
SOURCES = {  # processes without a word of the benchmark
    "bare": "pass",
    "import backportkit": "import backportkit",
    "backportkit, nothing declared": "import backportkit; backportkit.apply_all()",
    "backportkit, one patch": ONE,
}


def prepare(way, size, repeat):
    edits = [(f"absent{number}", "f0") for number in range(size)]
    return lambda: WAYS[way](edits)
