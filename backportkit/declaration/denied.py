"""Tell whether a module is one that a distribution has installed which a policy denies by its name."""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING

from backportkit.declaration import metadata
from backportkit.names import normalised
from backportkit.policy import in_force, modules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.metadata import Metadata


def refusal(module: str) -> str:
    """Say why the owner of a module keeps it from being imported, whoever names it; empty if nothing does.

    Links are followed. An installer lists in RECORD what it has installed; of others nobody knows the files.
    """
    denied, files = in_force.denied(), {*_files(module)}
    for found in metadata.everything():
        if normalised(found.named) in denied and not files.isdisjoint(_recorded(found)):
            return in_force.refuses_provider(found.named)
    return ""


def _files(module: str) -> Iterator[str]:
    """Yield the files that are executed to import a module, as far as they can be found without that."""
    for name in modules.leading_to(module):
        try:
            path = modules.file_of(name)
        except (LookupError, OSError, ValueError):
            return
        if path is not None:
            yield os.path.realpath(path)


def _recorded(found: Metadata) -> Iterator[str]:
    rows = csv.reader(found.text("RECORD").splitlines())
    yield from (os.path.realpath(os.path.join(found.place, row[0])) for row in rows if row)  # noqa: PTH118
