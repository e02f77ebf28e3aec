"""Tell what of a project leads to its patches, beside its Python files, and take it out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from backportkit.authoring.retire import pyproject_without
from backportkit.authoring.retire.pyproject_without import Gone
from backportkit.authoring.retire.tree import is_searched
from backportkit.check import project as projects
from backportkit.check import toml
from backportkit.declaration.alternatives import branches
from backportkit.source import folders, location

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from backportkit.authoring.retire.emptied import Emptied
    from backportkit.authoring.retire.taken import Retirement
    from backportkit.declaration.discovery import EntryPoint
    from backportkit.declaration.registry import Declared

_FILE = "pyproject.toml"
_TEXTS = (".cfg", ".ini", ".json", ".md", ".py", ".rst", ".sh", ".toml", ".txt", ".yaml", ".yml")
_LARGEST = 10**6


def names(root: Path) -> list[str]:
    """Return the dotted names that the pyproject.toml of a project has, as of a script, without what leads to us."""
    content = toml.read(root / _FILE)
    for path in (*pyproject_without.GROUPS, *pyproject_without.PACKAGES, pyproject_without.OWN):
        toml.table(content, *path[:-1]).pop(path[-1], None)
    return [one.replace(":", ".") for one in _texts(content)]


def without(project: Retirement, empty: Emptied) -> Iterator[tuple[Path, bytes]]:
    """Yield the pyproject.toml without what leads to the patches, if it has such."""
    path = project.tree.root / _FILE
    text = path.read_bytes().decode("utf-8")
    own = projects.read(project.tree.root)
    deleted = {file.module for file in empty.files.values()}
    left = [module for one in project.others for module in one.patch.modules]
    was = [module for one in project.retired for module in one.patch.modules]
    entry_points = [
        (one.group, one.name)
        for one in own.entry_points
        if one.value.partition(":")[0].strip() in deleted
        or (_leads(one.name, was) and not _leads(one.name, left))
        or _leads_to_none(one, own.entry_points, project)
    ]
    made = pyproject_without.without(text, Gone(entry_points, deleted, [one.id for one in project.retired]))
    if made != text:
        yield path, made.encode()


def _leads_to_none(entry_point: EntryPoint, every: Iterable[EntryPoint], project: Retirement) -> bool:
    """Tell whether an entry point has led to retired patches, and others lead to all that stay, whatever its name."""
    beside = [one for one in every if one.module != entry_point.module]
    are_elsewhere = all(any(_declares(one, other) for one in beside) for other in project.others)
    return are_elsewhere and any(_declares(entry_point, one) for one in project.retired)


def _declares(entry_point: EntryPoint, declared: Declared) -> bool:
    return f"{declared.module}.".startswith(f"{entry_point.module}.")


def _leads(name: str, modules: Collection[str]) -> bool:
    return any(f"{module}.".startswith(f"{name}.") for module in modules)


def is_of_package(declared: Declared, root: Path) -> bool:
    """Tell whether the id of a patch is the name of a project, too: who has that word need not mean the patch."""
    needed = [text for branch in branches(declared.patch.requires) for text in branch]
    known = {canonicalize_name(one) for one in (projects.read(root).name, *(Requirement(text).name for text in needed))}
    return canonicalize_name(declared.id) in known


def mentions(
    project: Retirement, words: Iterable[str], gone: Collection[Path], written: Mapping[Path, bytes]
) -> Iterator[tuple[str, str]]:
    """Yield each word with its first place in each file that has it, but for changelogs and tests that are new."""
    sought = {word: re.compile(rf"(?<![\w.-]){re.escape(word)}(?![\w-]|\.\w)".encode()) for word in words}
    new = {path for path in written if not path.exists()}
    for path in folders.files_below(project.tree.root, is_searched, lambda name: name.endswith(_TEXTS)):
        if path in gone or path in new or "change" in path.name.lower() or path.stat().st_size > _LARGEST:
            continue
        content = written.get(path) or path.read_bytes()
        for word, pattern in sought.items():
            if (found := pattern.search(content)) is not None:
                number = content[: found.start()].count(b"\n") + 1
                yield word, f"{location.relative(path)}:{number}"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value
