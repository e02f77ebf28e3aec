"""Say whose a loaded module is."""

from __future__ import annotations

import os
import sys

from backportkit.hook.watch import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LIBRARY = os.path.dirname(os.__file__)  # noqa: PTH120 -- pathlib costs a third of a start


def whose(module: Any) -> str:
    """The top-level package or module that a module comes from, by its file; in words where it has none."""
    spec = read(module, "__spec__")
    origin = getattr(spec, "origin", None) or read(module, "__file__") or ""
    if origin in {"built-in", "frozen"}:
        return "Python"
    folders = sorted((os.path.abspath(one) for one in sys.path), key=len, reverse=True)  # noqa: PTH100
    folder = next((one for one in folders if origin.startswith(one + os.sep)), None)
    if folder is None:
        return "somebody's code"
    first = origin[len(folder) + 1 :].partition(os.sep)[0].removesuffix(".py")
    return "Python" if folder == _LIBRARY else first
