"""Import modules with a patch whose range is that of a distribution with a long description."""

from __future__ import annotations

import sys

import peers

TITLE = "METADATA at a target import"
SIZE, SIZES = "", (0,)
UNIT, REPEATS = "import", (0, 10)  # the first one reads what all others know
BASE = "bare"
RANGES = {"bare": None, "python": "python>=3.10,<4", "small METADATA": "small>=1,<2", "large METADATA": "large>=1,<2"}
WAYS = dict.fromkeys(RANGES)


def prepare(way, size, repeat):
    import backportkit

    names = [f"target{number}" for number in range(repeat)]
    sys.path.append(f"{sys.path[0]}/described")
    for name in names if RANGES[way] else ():
        backportkit.backport(f"{name}:f0", id=name, requires=RANGES[way])(peers.replacement)
    backportkit.apply_all()

    def work():
        for name in names:
            __import__(name)

    return work
