"""Work out what a project is without some of its patches: which files change, go or are new."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

import libcst

from backportkit.authoring.project import changelog
from backportkit.authoring.project.changes import Changes
from backportkit.authoring.retire import (
    asking,
    cut,
    emptied,
    entries,
    keeping,
    leading,
    notices,
    origin,
    taken,
    tests_folder,
)
from backportkit.authoring.retire import units as python_files
from backportkit.authoring.retire.declaring import RetireError
from backportkit.authoring.retire.taken import Retirement
from backportkit.authoring.retire.tree import Tree
from backportkit.authoring.retire.units import Kind
from backportkit.proof import kept, page
from backportkit.source import location

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from backportkit.authoring.retire.emptied import Emptied
    from backportkit.authoring.retire.keeping import Kept
    from backportkit.authoring.retire.units import File, Unit
    from backportkit.declaration.registry import Declared


class Plan(NamedTuple):
    """The result of retiring patches.

    Attributes:
        changes: The files.
        kept: The test that each reproducer is kept as, and what is to be said of it.
        notes: What is left to a person, a sentence each.
    """

    changes: Changes
    kept: Sequence[Kept]
    notes: Sequence[str]


def plan(root: Path, retired: Sequence[Declared], others: Sequence[Declared], log: Mapping[Path, list[str]]) -> Plan:
    """Return what retiring patches comes to. `log` has the entries for the changelog, if there is to be one.

    Raises RetireError if a declaration cannot be taken out, ProjectError if a file is in the way. Nothing is written.
    """
    project = Retirement(Tree(root), tests_folder.of(root), retired, others, leading.names(root))
    found = taken.of(project)
    data = {path: entries.without(path, numbers) for path, numbers in found.entries.items()}
    without_any = [path for path, content in data.items() if content is None]
    if without_any:
        found = taken.of(project, without_any)
    empty = emptied.find(project.tree, found.units, project.named)
    tests = keeping.tests(project, found, empty)
    changed = _python(empty) | {path: content for path, content in data.items() if content is not None}
    gone = [*empty.files, *without_any]
    for path, content in _beside(project, empty, gone):
        if content is None:
            gone.append(path)
        else:
            changed[path] = content
    changed |= {path: changelog.with_lines(path, lines) for path, lines in log.items()}
    new = {one.path: one.content for one in tests if one.content is not None}
    new |= {path: changed.pop(path) for path in [*changed] if not path.exists()}
    _check_free(new)
    return Plan(
        Changes(new, changed, gone),
        tests,
        [*asking.left(project, found.units), *_notes(project, gone, {**new, **changed})],
    )


def _python(empty: Emptied) -> dict[Path, bytes]:
    """Return the Python files that have lost something, and are not empty."""
    files = {one.file.path: one.file for one in empty.removed if one.file.path not in empty.files}
    return {path: _without(file, empty.removed) for path, file in files.items()}


def _without(file: File, removed: Collection[Unit]) -> bytes:
    """Return a file without some units. Raises RetireError if anything else would be lost."""
    try:
        content = cut.without(file.path.read_bytes(), cut.of(file, removed)).bytes
        left = python_files.of(content, file.path, file.module)
    except (libcst.ParserSyntaxError, SyntaxError, ValueError, RecursionError) as error:
        raise _not_understood(file.path) from error
    if _shape(one for one in file.units if one not in removed) != _shape(left.units):
        raise _not_understood(file.path)
    return content


def _shape(units: Iterable[Unit]) -> list[tuple[str, frozenset[str]]]:
    """Return what units come to, without the frame of those under a condition."""
    inner = (one for one in units if one.kind is not Kind.CONDITION and not isinstance(one.node, ast.Pass))
    return [(one.kind.value, one.binds) for one in inner]


def _not_understood(path: Path) -> RetireError:
    return RetireError(
        f"{location.relative(path)} cannot be understood, and is left as it is",
        next_step="take the declaration out by hand",
    )


def _beside(project: Retirement, empty: Emptied, gone: Sequence[Path]) -> Iterator[tuple[Path, bytes | None]]:
    """Yield the files that are no Python, with what is left of them; None for nothing."""
    yield from leading.without(project, empty)
    yield from notices.without(project.tree.root, gone)
    yield from _proofs(project)


def _proofs(project: Retirement) -> Iterator[tuple[Path, bytes | None]]:
    """Yield the proofs that the project keeps of the patches, and the pages of them."""
    ids = [one.id for one in project.retired]
    found = [proof[0] for one in ids if (proof := kept.find(one, project.tree.root)) is not None]
    yield from ((path, None) for path in found)
    for path in dict.fromkeys(one.with_name("README.md") for one in found):
        if path.is_file() and page.is_own(path.parent):
            text = page.without(path.parent, ids)
            yield path, None if text is None else text.encode()


def _check_free(new: Iterable[Path]) -> None:
    for path in new:
        if path.exists():
            raise RetireError(
                f"{location.relative(path)} exists",
                next_step="rename it, so that the reproducer can be kept there; nothing is overwritten",
            )


def _notes(project: Retirement, gone: Collection[Path], written: Mapping[Path, bytes]) -> Iterator[str]:
    """Say where the patches are still named, and what cannot be read."""
    for path, reason in project.tree.unread.items():
        yield f"{location.relative(path)} cannot be read, and what it names stays: {reason}"
    yield from origin.left(project.tree, project.retired)
    modules = [project.tree.module(path) for path in gone if path.suffix == ".py"]
    ids = [one.id for one in project.retired if not leading.is_of_package(one, project.tree.root)]
    words = [*ids, *(module for module in modules if "." in module)]
    places: dict[str, list[str]] = {}
    for word, place in leading.mentions(project, words, gone, written):
        places.setdefault(word, []).append(place)
    yield from (f"{word} is still named in {', '.join(each)}" for word, each in places.items())
    if not project.others:
        yield "no patch is left in the project: see whether it still needs backportkit"
