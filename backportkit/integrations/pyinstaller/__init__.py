"""PyInstaller: tell the hooks in this folder what an application needs for its patches.

PyInstaller finds the folder by the entry point `hook-dirs` in the group `pyinstaller40`.
Source: https://pyinstaller.org/en/stable/hooks.html#provide-hooks-with-package
"""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit.declaration import bundled
from backportkit.engine import verbs
from backportkit.providers_on_disk import GROUP, OFFERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.record import Patch

_CALLBACKS = ("before_apply", "after_apply", "before_undo", "after_undo")


def hook_dirs() -> list[str]:
    """Return the folder with the hooks."""
    return [str(Path(__file__).parent)]


def needs() -> dict[str, list[str]]:
    """Return the `modules` that declare patches or that these name, the `patched` modules, and the `providers`.

    Reads all providers. Raises ProviderError if one cannot be read: an application would fail in the same way.
    """
    verbs.read_offers()  # the application may ask for them when it runs
    statuses = verbs.status()
    declaring = {entry.module for group in (GROUP, OFFERS) for entry in metadata.entry_points(group=group)}
    named = {module for status in statuses for module in _modules_named_in(verbs.find(status.id))}
    patched = {target.partition(":")[0] for status in statuses for target in status.targets}
    providers = {status.provider for status in statuses}
    return {"modules": sorted(declaring | named), "patched": sorted(patched), "providers": sorted(providers)}


def write_versions(folder: str) -> str:
    """Write into a folder which versions are installed here, for `declaration.bundled`; return the path of the file.

    An application has the metadata only of those distributions that PyInstaller is told of.
    """
    found = {str(one.name): one.version for one in metadata.distributions() if one.metadata["Name"]}
    path = Path(folder) / bundled.NAME
    path.write_text(json.dumps(found), "utf-8")
    return str(path)


def _modules_named_in(patch: Patch) -> Iterator[str]:
    references = [edit.replacement for edit in patch.edits]
    references += [getattr(patch.callbacks, name) for name in _CALLBACKS]
    return (reference.module for reference in references if reference is not None)
