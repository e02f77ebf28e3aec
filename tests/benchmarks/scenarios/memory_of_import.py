"""The memory that the import of a library takes before anything is patched."""

from __future__ import annotations

TITLE = "Memory of the import"
SIZE, SIZES = "patches", (0,)
UNIT, REPEATS = "import", None
MEASURES = ("bytes",)
BASE = "backportkit"
WAYS = dict.fromkeys(("backportkit", "wrapt", "gorilla", "importhook", "ddtrace.internal.module", "unittest.mock"))


def prepare(way, size, repeat):
    return lambda: __import__(way)
