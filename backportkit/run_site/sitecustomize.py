"""Arm the patches, then run the sitecustomize that comes next. `backportkit run` puts this file on PYTHONPATH."""

from __future__ import annotations

import _frozen_importlib as _bootstrap
import os
import sys
from _frozen_importlib_external import PathFinder

try:
    from backportkit import startup
except ModuleNotFoundError as error:
    if error.name != "backportkit":
        raise
    startup = None  # type: ignore[assignment] # in the Python of another environment
if startup is not None:
    startup.activate()


def _run_next() -> None:
    """Run the sitecustomize that Python would have found without this one, and give it this module's name."""
    folders = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100 -- pathlib costs a third of a start
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    if here not in folders:
        return
    last = len(folders) - folders[::-1].index(here)
    spec = PathFinder.find_spec(__name__, sys.path[last:])
    if spec is not None and spec.loader is not None:
        module = sys.modules[__name__] = _bootstrap.module_from_spec(spec)
        spec.loader.exec_module(module)


_run_next()
