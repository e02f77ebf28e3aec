"""Apply edits to modules that are loaded, where another module has a copy of each function, and undo them."""

from __future__ import annotations

import sys
from types import ModuleType

import apply_undo

TITLE = "Apply and undo, each with one copy elsewhere"
SIZE, SIZES = "edits", (1000,)
UNIT, REPEATS = "round", (1, 3)
WARM = True
BASE = "by hand, both"


def by_hand(edits):
    """Set what the owner has, and the copy."""
    copies = [(sys.modules["importing"], name, new) for _, name, new in edits]
    return apply_undo.by_hand([*edits, *copies])


WAYS = {BASE: by_hand, "backportkit": apply_undo.single, "backportkit, 100 edits a patch": apply_undo.hundreds}


def prepare(way, size, repeat):
    edits = apply_undo.world(size)
    importing = sys.modules["importing"] = ModuleType("importing")
    for owner, name, _ in edits:
        setattr(importing, name, getattr(owner, name))
    work = WAYS[way](edits)

    def works():
        for _ in range(repeat):
            work()

    return works
