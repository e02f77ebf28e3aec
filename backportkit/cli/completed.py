"""Complete words of a command line: ids of patches, providers and finding codes. The shell asks at each TAB.

Providers are read as `status` reads them, and what they print or cannot do is kept from the prompt.
"""

from __future__ import annotations

import os
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit.declaration.registry import declared_patches
from backportkit.errors import let_interrupt_pass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.declaration.registry import Declared


def ids(begun: str) -> list[str]:
    """Return the ids of patches that begin so."""
    return _beginning(begun, (one.id for one in _declared()))


def providers(begun: str) -> list[str]:
    """Return the providers whose names begin so."""
    return _beginning(begun, {one.provider for one in _declared()})


def codes(begun: str) -> list[str]:
    """Return the codes of findings that begin so, behind the last comma."""
    from backportkit.check.findings import RULES

    before, comma, last = begun.rpartition(",")
    return [f"{before}{comma}{one}" for one in _beginning(last.upper(), RULES)]


def _beginning(begun: str, words: Iterable[str]) -> list[str]:
    return sorted(one for one in words if one.startswith(begun))


def _declared() -> list[Declared]:
    """Return the patches that are declared here; of a provider that cannot be read none."""
    from backportkit.cli import declarations

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        try:
            declarations.read_all(None)
        except BaseException as error:  # noqa: BLE001 -- whatever a file of the project comes to
            let_interrupt_pass(error)
    return [one for one in declared_patches if not one.internal]
