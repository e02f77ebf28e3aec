"""Tell which metadata in the working directory are of a distribution that is installed elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from backportkit.declaration import eligibility, metadata
from backportkit.declaration.alternatives import branches
from backportkit.declaration.registry import declared_patches
from backportkit.names import normalised
from backportkit.source import location

if TYPE_CHECKING:
    from collections.abc import Iterator


def told() -> Iterator[str]:
    """Yield a sentence for each distribution which declares patches, or is required by some, and has metadata here.

    Commands leave this folder out of `sys.path`, and programs that are started here do not.
    """
    here, concerned = location.here(), _concerned()
    if here is None:
        return
    for found in metadata.in_folder(str(here)):
        others = [one for one in metadata.copies(found.key) if os.path.realpath(one.place) != os.path.realpath(here)]
        if others and found.key in concerned:
            yield (
                f"{found.path} says {found.key} {found.version}, and {others[0].version} is in {others[0].place}: "
                "a program that is started here has both, and the one counts whose files it loads"
            )


def _concerned() -> set[str]:
    providers = {normalised(one.provider) for one in declared_patches}
    required = (text for one in declared_patches for branch in branches(one.patch.requires) for text in branch)
    return providers.union(map(eligibility.name_of, required))
