"""Take out of a pyproject.toml what leads to patches that are gone. Comments and layout stay."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple

import tomlkit

from backportkit.providers_on_disk import GROUP, OFFERS

if TYPE_CHECKING:
    from collections.abc import Collection

GROUPS = tuple(
    (*tables, group)
    for tables in (("project", "entry-points"), ("tool", "poetry", "plugins"))
    for group in (GROUP, OFFERS)
)
OWN = ("tool", "backportkit")
PACKAGES = (("tool", "setuptools", "packages"), ("tool", "setuptools", "py-modules"))


class Gone(NamedTuple):
    """The entries that are gone.

    Attributes:
        entry_points: Group and name of each entry point that leads to nothing.
        modules: The modules that are deleted, packages among them.
        ids: The ids of the patches.
    """

    entry_points: Collection[tuple[str, str]]
    modules: Collection[str]
    ids: Collection[str]


def without(text: str, gone: Gone) -> str:
    """Return a pyproject.toml without what is gone."""
    document = tomlkit.parse(text)
    for path in GROUPS:
        _drop(document, path, [name for group, name in gone.entry_points if group == path[-1]])
    _thin(document, (*OWN, "modules"), gone.modules)
    for path in PACKAGES:
        _thin(document, path, gone.modules)
    for name in ("enable", "disable"):
        _thin(document, (*OWN, name), gone.ids)
    superseded = _table(document, (*OWN, "supersede"))
    _drop(document, (*OWN, "supersede"), [one for one, by in superseded.items() if {one, str(by)} & {*gone.ids}])
    made = tomlkit.dumps(document)
    return made if made == text or not text.endswith("\n") else f"{made.rstrip()}\n"


def _drop(document: MutableMapping[str, Any], path: tuple[str, ...], names: Collection[str]) -> None:
    """Delete keys of a table, and the tables that are empty then."""
    table = _table(document, path)
    there = [name for name in names if name in table]
    for name in there:
        del table[name]
    if there:
        _prune(document, path)


def _thin(document: MutableMapping[str, Any], path: tuple[str, ...], values: Collection[str]) -> None:
    """Delete values of a list; a list of ours that is empty then is deleted, too."""
    outer = _table(document, path[:-1])
    listed = outer.get(path[-1])
    there = [one for one in values if isinstance(listed, list) and one in listed]
    for one in there:
        outer[path[-1]].remove(one)
    if there and not listed and path[:2] == OWN:
        _drop(document, path[:-1], path[-1:])


def _prune(document: MutableMapping[str, Any], path: tuple[str, ...]) -> None:
    for length in range(len(path), 1, -1):
        if not _table(document, path[:length]):
            _table(document, path[: length - 1]).pop(path[length - 1], None)


def _table(document: MutableMapping[str, Any], path: tuple[str, ...]) -> MutableMapping[str, Any]:
    """Return the table that a path leads to; an empty one for none."""
    found: Any = document
    for name in path:
        found = found.get(name) if isinstance(found, MutableMapping) else None
    return found if isinstance(found, MutableMapping) else {}
