"""Keep the reproducers of retired patches as tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.project import formatted
from backportkit.authoring.retire import regression, taken, tests_folder
from backportkit.authoring.retire.units import Kind
from backportkit.source import location
from backportkit.source.definitions import stub
from backportkit.source.lookup import Library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from backportkit.authoring.retire.emptied import Emptied
    from backportkit.authoring.retire.taken import Retirement, Taken
    from backportkit.authoring.retire.units import Unit
    from backportkit.declaration.record import Patch


class Kept(NamedTuple):
    """The place of a reproducer as a test.

    Attributes:
        patch: The id of the patch.
        said: What becomes of it, in words.
        path: The file of the test.
        content: The content of that file, if it is new.
    """

    patch: str
    said: str
    path: Path
    content: bytes | None = None


def tests(project: Retirement, found: Taken, empty: Emptied) -> list[Kept]:
    """Return what becomes of the reproducer of each patch that has one."""
    return [kept for one in project.retired if (kept := _kept(project, one.patch, found, empty)) is not None]


def test_of(root: Path, patch_id: str) -> Path | None:
    """Return the test that the reproducer of a patch was kept as; None for none."""
    origin = f"{regression.ORIGIN} {patch_id}".encode()
    files = (path for folder in tests_folder.of(root).folders for path in sorted(folder.rglob("*.py")))
    return next((path for path in files if _is_kept(path, origin)), None)


def _is_kept(path: Path, origin: bytes) -> bool:
    lines = path.read_bytes().splitlines()
    return any(line.startswith((origin + b",", origin + b" ")) for line in lines)


def _kept(project: Retirement, patch: Patch, found: Taken, empty: Emptied) -> Kept | None:
    if patch.reproducer is None or _is_unwritten(patch):
        return None
    function = taken.reproducer(project.tree, patch)
    path = _place(project, patch, found)
    if function is None or function not in empty.removed:
        there = None if function is None else _test_with(project, function, empty)
        if there is not None:
            return Kept(patch.id, f"{location.relative(there)} has its reproducer", there)
        content = regression.calling(patch, str(patch.reproducer.run))
    else:
        content = regression.moved(_moved(project, patch, function, empty))
    return Kept(patch.id, _said(patch, path), path, formatted.moved(content, path, project.tree.root))


def _is_unwritten(patch: Patch) -> bool:
    run = None if patch.reproducer is None else patch.reproducer.run
    found = None if run is None else Library().find(run.module, run.partition(":")[2].split("."))
    return found is not None and stub(found) is not None


def _moved(project: Retirement, patch: Patch, function: Unit, empty: Emptied) -> regression.Moved:
    reached = taken.within(project.tree, function, empty.removed)
    brought = {one for one in reached if one.kind is Kind.IMPORT or one in empty.removed}
    return regression.Moved(patch, function, brought, [*_named(reached - brought)])


def _named(units: set[Unit]) -> Iterator[Unit]:
    return (one for one in units if one.kind is Kind.DEFINITION)


def _test_with(project: Retirement, function: Unit, empty: Emptied) -> Path | None:
    """Return a file of tests that stays and has a function as a test, or uses it; None for none."""
    if taken.is_test(project, function):
        return function.file.path
    for file in project.tree.mentioning(function.binds):
        units = [one for one in file.units if one not in empty.removed and one.kind is not Kind.IMPORT]
        if project.layout.is_test(file.path) and any(function in project.tree.meant_by(one) for one in units):
            return file.path
    return None


def _place(project: Retirement, patch: Patch, found: Taken) -> Path:
    """Return the file of a test: beside the tests that go, or where the project has its tests."""
    folders = [one.file.path.parent for one in found.about[patch.id]] or [project.layout.folders[0]]
    names = (f"{regression.name_of(patch)}{end}" for end in ("", "_regression"))
    paths = [folders[0] / project.layout.named(name) for name in names]
    return next((path for path in paths if not path.exists()), paths[0])


def _said(patch: Patch, path: Path) -> str:
    given = patch.reproducer
    needs = [] if given is None else [*given.packages, *given.programs]
    more = f", and needs {', '.join(needs)}" if needs else ""
    return f"its reproducer is the test {location.relative(path)}{more}"
