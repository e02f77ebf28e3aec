"""Run twenty tests by pytest, with the plugin of backportkit and without it, which has no header then."""

from __future__ import annotations

import sys

TITLE = "A run of pytest"
SIZE, SIZES = "patches", (0, 20)
UNIT, REPEATS = "run", None
BASE = "-p no:backportkit"
WAYS = {BASE: ["-p", "no:backportkit"], "the plugin": []}
PLACES = dict.fromkeys(WAYS, "pytest")


def prepare(way, size, repeat):
    import pytest

    return lambda: pytest.main(["-p", "no:cacheprovider", *WAYS[way], f"{sys.path[0]}/suite-{size}"])
