"""Import modules of a hundred functions, some of which are patched, in an activated environment."""

from __future__ import annotations

import sys

TITLE = "Importing a target that was judged at activation"
SIZE, SIZES = "patches", (1, 100)
UNIT, REPEATS = "import", (3, 13)
BASE = "bare"
WAYS = {"bare": None, "judged at activation": None}
PLACES = {"judged at activation": "judged"}  # a way that runs in an environment of its own


def prepare(way, size, repeat):
    if way == "bare":  # what is installed there lies here in a folder of its own
        sys.path.append(f"{sys.path[0]}/judged")
    package = f"patched{size}"
    __import__(package)

    def work():
        for number in range(repeat):
            __import__(f"{package}.target{number}")

    return work
