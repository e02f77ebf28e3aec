"""Import modules that no patch is for."""

from __future__ import annotations

import peers

TITLE = "An import that concerns nobody"
SIZE, SIZES = "patches", (1, 1000, 10_000)
UNIT, REPEATS = "import", (50, 150)
BASE = "bare"
WAYS = {**peers.LAZY, "backportkit's hook": peers.hook, "empty finder": peers.empty_finder}
ONLY = {"vLLM's pattern": (1, 1000)}  # 66 times a bare import at 10,000


def prepare(way, size, repeat):
    WAYS[way]([(f"absent{number}", "f0") for number in range(size)])
    names = [f"idle{number}" for number in range(repeat)]

    def work():
        for name in names:
            __import__(name)

    return work
