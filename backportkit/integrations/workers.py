"""Give worker processes of a framework the patches of the process that starts them."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from backportkit.engine import verbs

if TYPE_CHECKING:
    from collections.abc import Iterable


def variables() -> dict[str, str]:
    """Return the BACKPORTKIT_* variables of this process."""
    return {name: value for name, value in os.environ.items() if name.startswith("BACKPORTKIT_")}


def set_up(modules: Iterable[str]) -> None:
    """Import the modules that declare patches, and call `apply_all`. Raises whatever these raise."""
    for name in modules:
        importlib.import_module(name)
    verbs.apply_all()
