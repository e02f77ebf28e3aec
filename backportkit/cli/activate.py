"""`backportkit activate`: every interpreter of this environment arms its patches when it starts."""

from __future__ import annotations

import sys

from backportkit.activation import verbs


def activate() -> None:
    """Have every interpreter that starts in this environment arm its patches. Again after installing or upgrading.

    Writes a .pth file, a .start file and a manifest into site-packages. `backportkit deactivate` and uninstalling
    backportkit remove them.
    """
    for path in verbs.activate():
        sys.stdout.write(f"wrote {path}\n")
