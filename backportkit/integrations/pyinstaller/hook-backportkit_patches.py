"""Keep the packages that shipped patches are for out of applications that do not import them."""

from __future__ import annotations

import sys
from importlib.metadata import distribution

excludedimports = [
    package
    for package in {
        entry.name.partition(".")[0]
        for entry in distribution("backportkit").entry_points
        if entry.group in {"backportkit.patches", "backportkit.offers"}
    }
    if package not in sys.stdlib_module_names
]
