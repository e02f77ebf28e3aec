"""Read off the folders on `sys.path` which packages are patched by installed distributions, at the least cost.

importlib.metadata is the authority on what is installed, and costs more than four starts of an interpreter. What is
found here is never less than what it finds, and it is asked as soon as one of these packages is imported.
"""

from __future__ import annotations

import _imp
import os
import sys

from backportkit import manifest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GROUP = "backportkit.patches"

_GROUP = GROUP.encode()
_METADATA = (".dist-info", ".egg-info", "egg-info")  # the last is a folder in an egg


def patched_packages(folders: Iterable[str]) -> set[str] | None:
    """The packages that distributions in these entries of `sys.path` have patches for.

    None where importlib.metadata may know of more than folders hold: an archive, or a finder that finds distributions.
    """
    if any(map(_finds_distributions, sys.meta_path)):
        return None
    names: set[str] = set()
    try:
        for folder in folders:
            names.update(_packages_in(folder or "."))
    except NotADirectoryError:
        return None
    return names


def stamp_of_installed(folder: str) -> str:
    """What tells whether another set of distributions is installed in a folder, whatever else has changed in it."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.lower().endswith(_METADATA))  # noqa: PTH208
        lines = [f"{name} {int(os.stat(f'{folder}/{name}').st_mtime)}" for name in names]  # noqa: PTH116
    except OSError:
        return ""
    return _imp.source_hash(manifest.KEY, "\n".join(lines).encode("utf-8", "surrogateescape")).hex()


def _finds_distributions(finder: object) -> bool:
    kind = finder if isinstance(finder, type) else type(finder)
    return hasattr(finder, "find_distributions") and kind.__module__ != "_frozen_importlib_external"


def _packages_in(folder: str) -> Iterator[str]:
    try:
        names = os.listdir(folder)  # noqa: PTH208 -- pathlib costs a third of a start
    except NotADirectoryError:
        raise
    except OSError:  # not there or not readable: importlib.metadata passes it over, too
        return
    for name in names:
        if name.lower().endswith(_METADATA):
            yield from _packages_of(f"{folder}/{name}/entry_points.txt")


def _packages_of(path: str) -> Iterator[str]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 -- as above
            content = file.read()
    except OSError:
        return
    if _GROUP not in content:
        return
    within = False
    for line in content.decode("utf-8", "replace").splitlines():
        text = line.strip()
        if text.startswith("["):
            within = text.strip("[]") == GROUP
        elif within and "=" in text and not text.startswith("#"):
            yield text.partition("=")[0].strip()
