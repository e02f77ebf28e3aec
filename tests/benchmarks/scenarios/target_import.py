"""Import modules of a hundred functions, some of which are patched."""

from __future__ import annotations

import sys

import peers

TITLE = "Importing a target"
SIZE, SIZES = "patches", (1, 100)
UNIT, REPEATS = "import", (3, 13)
BASE = "bare"


def by_hand(edits):
    """Import, then set the attributes."""
    import mine

    for module, attribute in edits:
        __import__(module)
        setattr(sys.modules[module], attribute, getattr(mine, attribute))


WAYS = {
    **peers.LAZY,
    "backportkit's hook": peers.hook,
    "backportkit, (*args, **kwargs)": peers.taking_all,
    "by hand": by_hand,
}
del WAYS["ddtrace"]  # its own threads and late imports cost more than what is measured


def prepare(way, size, repeat):
    names = [f"target{number}" for number in range(repeat)]
    edits = [(name, f"f{number}") for name in names for number in range(size)]
    if way == "by hand":
        return lambda: by_hand(edits)
    WAYS[way](edits)

    def work():
        for name in names:
            __import__(name)

    return work
