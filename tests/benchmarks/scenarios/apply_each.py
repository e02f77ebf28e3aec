"""Apply patches to a loaded module one by one, each by a call of its own, and undo them all."""

from __future__ import annotations

import apply_undo

TITLE = "One apply_all for each patch"
SIZE, SIZES = "patches", (100, 1000)
UNIT, REPEATS = "round", (1, 3)
WARM = True
COUNTED = (100,)
BASE = "by hand"


def one_by_one(edits):
    import backportkit

    apply_undo.single(edits)
    ids = [f"patch-{number}" for number in range(len(edits))]

    def work():
        for patch_id in ids:
            backportkit.apply_all(only=patch_id)
        backportkit.unpatch_all()

    return work


WAYS = {"by hand": apply_undo.by_hand, "backportkit": one_by_one, "backportkit, one call": apply_undo.single}


def prepare(way, size, repeat):
    work = WAYS[way](apply_undo.world(apply_undo.PER_MODULE)[:size])

    def works():
        for _ in range(repeat):
            work()

    return works
