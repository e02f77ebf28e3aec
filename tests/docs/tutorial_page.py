"""Make docs/tutorial.md: walk through it, with an index on this machine that has zipp."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from walk import Walk

if TYPE_CHECKING:
    from pathlib import Path

# What upstream's releases have: none, the bug, and the fix.
_BEFORE = ("0.5.2",)
_WITHIN = (
    "0.6.0",
    "1.0.0",
    *(f"1.{minor}.0" for minor in range(1, 3)),
    *(f"2.{minor}.0" for minor in range(3)),
    *(f"3.{minor}.0" for minor in range(21)),
)
_FIXED = ("3.20.1", "3.20.2", "3.21.0")
_LICENCE = "License: MIT\nClassifier: License :: OSI Approved :: MIT License\n"
_TIMES = re.compile(r"\d+\.\d+ ?s\b|\bPython [\d.]+|\bLinux-\S+|python [\d.]+|[\d-]{10}T[\d:]{8}Z")


def with_tutorial(page: str, folder: Path) -> str:
    """Return the page with what its commands print in an empty folder; as it is if only times are others."""
    from serving import page as index  # of tests/, which `record.py` adds to the path
    from serving import serving
    from test_docs_examples import ZIPP
    from world_folder import World

    world = World(folder)
    fixed = ZIPP.replace("path and path != posixpath.sep", "path.rstrip(posixpath.sep)")
    texts = dict.fromkeys(_BEFORE, "") | dict.fromkeys(_WITHIN, ZIPP) | dict.fromkeys(_FIXED, fixed)
    wheels = [world.wheel("zipp", version, text, metadata=_LICENCE) for version, text in texts.items()]
    world.write("simple/zipp/index.html", index((wheel.name, "") for wheel in wheels))
    with serving(folder) as address:
        made = Walk(folder, {"UV_INDEX": address, "BACKPORTKIT_CACHE": str(folder / "cache")}).through(page)
    return page if steady(made) == steady(page) else made


def steady(page: str) -> str:
    """Return a page without the times of this run, the Python and the system."""
    return _TIMES.sub("…", page)
