"""Find the packages that installed distributions patch, in the folders on `sys.path`, at the least cost.

importlib.metadata is the authority on what is installed, and costs more than four starts of an interpreter. This
module finds no fewer packages, and importlib.metadata is asked as soon as one of them is imported.
"""

import os
import sys

from backportkit import bootstrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GROUP = "backportkit.patches"
OFFERS = "backportkit.offers"  # their modules are imported only if somebody asks for a patch

_without_distributions: "dict[str, str]" = {}  # entries of sys.path, with the stamps that they had
_METADATA = (".dist-info", ".egg-info", "egg-info")  # the last is a folder in an egg


def patched_packages(folders: "Iterable[str]", *groups: str) -> "set[str] | None":
    """Return the packages that distributions in these entries of `sys.path` name in these groups of entry points.

    Returns None if importlib.metadata may know more than folders: from an archive, or from a finder of distributions.
    """
    if not is_whole_truth():
        return None
    names: set[str] = set()
    try:
        for folder in folders:
            names.update(_packages_in(folder or ".", groups))
    except NotADirectoryError:
        return None
    return names


def stamp_of_installed(folder: str) -> str:
    """Return a stamp of the distributions in a folder, which does not change with anything else there."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.lower().endswith(_METADATA))  # noqa: PTH208
        lines = [f"{name} {int(os.stat(f'{folder}/{name}').st_mtime)}" for name in names]  # noqa: PTH116
    except OSError:
        return ""
    return bootstrap.checksum("\n".join(lines).encode("utf-8", "surrogateescape"))


def installed_since(stamps: "dict[str, str]", touched: "Iterable[str]") -> "list[str]":
    """Return the `touched` folders in which other distributions are installed than their stamps say."""
    return [folder for folder in touched if stamps[folder].partition(" ")[2] != stamp_of_installed(folder)]


def is_all_installed_by(found: "bootstrap.Head") -> bool:
    """Tell whether this process has the distributions that were there when the manifest was written, and no others.

    Other entries of `sys.path`, such as the folder of the program, have no distributions then.
    """
    if not is_whole_truth() or bootstrap.changed(found.sources):
        return False
    if installed_since(found.folders, bootstrap.changed(found.folders)):
        return False
    return not any(_may_hold_distributions(folder) for folder in sys.path if folder not in found.folders)


def _may_hold_distributions(folder: str) -> bool:
    stamp = bootstrap.stamp_of(folder or ".")
    if _without_distributions.get(folder) != stamp:
        if _holds_distributions(folder):
            return True
        _without_distributions[folder] = stamp
    return False


def _holds_distributions(folder: str) -> bool:
    try:
        names = os.listdir(folder or ".")  # noqa: PTH208
    except NotADirectoryError:
        return True
    except OSError:
        return False
    return any(name.lower().endswith(_METADATA) for name in names)


def is_whole_truth() -> bool:
    """Tell whether no finder in `sys.meta_path` may know of distributions that are in no folder."""
    return not any(map(_finds_distributions, sys.meta_path))


def _finds_distributions(finder: object) -> bool:
    kind = finder if isinstance(finder, type) else type(finder)
    return hasattr(finder, "find_distributions") and kind.__module__ != "_frozen_importlib_external"


def _packages_in(folder: str, groups: "Iterable[str]") -> "Iterator[str]":
    try:
        names = os.listdir(folder)  # noqa: PTH208 -- pathlib costs a third of a start
    except NotADirectoryError:
        raise
    except OSError:  # not there or not readable: importlib.metadata passes it over, too
        return
    text = "\n".join(names).lower()
    for name in names if "-info" in text else ():  # most folders have no metadata, and many names
        if name.lower().endswith(_METADATA) and not is_left_over(name):
            path = f"{folder}/{name}/entry_points.txt"
            yield from (package for package, _ in _entries_of(path, groups))


def _entries_of(path: str, groups: "Iterable[str]") -> "Iterator[tuple[str, str]]":
    try:
        with open(path, "rb") as file:  # noqa: PTH123 -- as above
            content = file.read()
    except OSError:
        return
    for group in groups:
        if group.encode() in content:
            yield from entries_in(content.decode("utf-8", "replace"), group)


def declares(info: str, group: str, entry: "tuple[str, str]") -> bool:
    """Tell whether a folder of metadata stands in an entry of `sys.path`, and has an entry of a group."""
    is_installed = os.path.dirname(info) in sys.path  # noqa: PTH120
    return is_installed and entry in _entries_of(f"{info}/entry_points.txt", (group,))


def is_left_over(name: str) -> bool:
    """Tell whether a name is that of metadata which pip has put aside and could not delete."""
    return name.startswith("~")


def entries_in(text: str, group: str) -> "Iterator[tuple[str, str]]":
    """Return the names and values of a group in an `entry_points.txt`. Lines that are no entries are skipped."""
    if group not in text:
        return
    within = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            within = line.strip("[]") == group
        elif within and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()
