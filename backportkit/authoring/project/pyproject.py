"""Add an entry point to a pyproject.toml, whose comments and layout stay."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.items import Array, InlineTable, Table

from backportkit.check import toml
from backportkit.errors import BackportError
from backportkit.providers_on_disk import GROUP

if TYPE_CHECKING:
    from collections.abc import Sequence


class ProjectError(BackportError, OSError):
    """The project has no place for the patch, or it cannot be written. An OSError: a file is missing or in the way."""


def with_entry_point(text: str, tables: Sequence[str], name: str, module: str) -> str:
    """Return a pyproject.toml in which the entry point `name` of our group, in these tables, names a module."""
    document = tomlkit.parse(text)
    groups: MutableMapping[str, Any] = document
    for table in tables:
        groups = _table(groups, table)
    is_apart = GROUP not in groups and [*document][-1] != tables[0]
    group = _table(groups, GROUP)
    group[name] = module
    if is_apart and isinstance(group, Table):
        group.add(tomlkit.nl())
    return tomlkit.dumps(document)


def with_module(text: str, module: str) -> str:
    """Return a pyproject.toml in which `[tool.backportkit] modules` has a module, too."""
    document = tomlkit.parse(text)
    own = _table(_table(document, "tool"), "backportkit")
    own.setdefault("modules", tomlkit.array()).append(module)
    return tomlkit.dumps(document)


def with_packages(text: str, package: str) -> str:
    """Return a pyproject.toml with a package, and those that it is in, where setuptools is given a list of packages."""
    document = tomlkit.parse(text)
    listed = toml.table(document, "tool", "setuptools").get("packages")
    if isinstance(listed, Array) and package.partition(".")[0] in listed:
        parts = package.split(".")
        for count in range(1, len(parts) + 1):
            if ".".join(parts[:count]) not in listed:
                listed.append(".".join(parts[:count]))
    return tomlkit.dumps(document)


def _table(outer: MutableMapping[str, Any], name: str) -> MutableMapping[str, Any]:
    """Return a table in another one, of whatever form; it is made if it is not there."""
    if name not in outer:
        is_super = name in {"tool", "entry-points", "poetry", "plugins"}
        is_inline = isinstance(outer, InlineTable)
        outer[name] = tomlkit.inline_table() if is_inline else tomlkit.table(is_super_table=is_super)
    found = outer[name]
    if not isinstance(found, MutableMapping):
        raise ProjectError(f"{name!r} in the pyproject.toml is no table", next_step="mend the file")
    return found
