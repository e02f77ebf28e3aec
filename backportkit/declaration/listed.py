"""Read which files an installer has listed for a distribution, in its RECORD."""

from __future__ import annotations

import csv
import os.path
from typing import TYPE_CHECKING

from backportkit.declaration import metadata
from backportkit.names import normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.metadata import Metadata

_OURS = "backportkit"
_CODE = (".py", ".so", ".pyd")


def recorded(found: Metadata) -> Iterator[str]:
    """Yield the files that the installer of a distribution has listed, relative to the folder that it is in."""
    yield from (row[0] for row in csv.reader(found.text("RECORD").splitlines()) if row)


def modules_of(found: Metadata) -> dict[str, str]:
    """Return the names of the modules that a distribution has, by their files; none of backportkit's own package.

    Names are as the files lie: the module `a` of a folder that a provider adds to `sys.path` has that folder before it.
    """
    own = f"{_OURS}/" if found.named == _OURS else "/"  # backportkit itself runs before any policy is read
    names = ((row, _name(row)) for row in recorded(found) if row.endswith(_CODE) and not row.startswith(own))
    place = os.path.abspath(found.place)  # noqa: PTH100 -- links stay, as in the specs of modules
    return {os.path.normpath(f"{place}/{row}"): name for row, name in names if name}


def modules_of_provider(provider: str) -> dict[str, str]:
    """Return the names of the modules of a provider, by their files, as far as they are listed."""
    return {path: name for found in metadata.copies(normalised(provider)) for path, name in modules_of(found).items()}


def _name(row: str) -> str:
    """Return the name of the module in a file; empty if it has none, as a script."""
    folder, _, last = row.rpartition("/")
    stem = last.partition(".")[0]
    parts = [*filter(None, folder.split("/")), *([] if stem == "__init__" else [stem])]
    return ".".join(parts) if parts and all(map(str.isidentifier, parts)) else ""
