"""Tell what goes with patches: their declarations, and what nothing else uses."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.retire import asking, declaring, unused
from backportkit.authoring.retire.declaring import Entry, RetireError
from backportkit.authoring.retire.units import Kind
from backportkit.authoring.retire.unused import Question
from backportkit.proof import origin
from backportkit.source import location
from backportkit.source.reader import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from backportkit.authoring.retire.tests_folder import Layout
    from backportkit.authoring.retire.tree import Tree
    from backportkit.authoring.retire.units import File, Unit
    from backportkit.declaration.record import Patch
    from backportkit.declaration.registry import Declared


class Retirement(NamedTuple):
    """A project, some of whose patches are retired.

    Attributes:
        tree: Its Python files.
        layout: The layout of its tests.
        retired: The patches.
        others: The patches that stay.
        named: The dotted names that its pyproject.toml has.
    """

    tree: Tree
    layout: Layout
    retired: Sequence[Declared]
    others: Sequence[Declared]
    named: Collection[str]


class Taken(NamedTuple):
    """The code that goes with patches.

    Attributes:
        units: The units that declare, those about the patches in tests, and those that nothing else uses.
        entries: The entries of files of patches, by file.
        about: The tests that ask for a patch, by its id.
    """

    units: set[Unit]
    entries: Mapping[Path, set[int]]
    about: Mapping[str, Sequence[Unit]]


def of(project: Retirement, emptied_files: Collection[Path] = ()) -> Taken:
    """Return what goes with the patches. Of files of patches, some are known to have no others.

    Raises RetireError if a declaration cannot be understood.
    """
    found = [declaring.find(project.tree, one) for one in project.retired]
    entries: dict[Path, set[int]] = {}
    for one in found:
        if isinstance(one, Entry):
            entries.setdefault(one.path, set()).add(one.number)
    about = {one.id: [*asking.about(project, one.id)] for one in project.retired}
    declarations = [one for one in found if not isinstance(one, Entry)]
    loads = [one for path in emptied_files for one in declaring.loading(project.tree, path)]
    gone = {*declarations, *loads, *(one for each in about.values() for one in each)}
    units = gone | unused.find(_question(project, declarations, gone))
    _check_unused(project.tree, declarations, units)
    return Taken(units, entries, about)


def reproducer(tree: Tree, patch: Patch) -> Unit | None:
    """Return the function of a project that is the reproducer of a patch; None for anything else."""
    named = "" if patch.reproducer is None else str(patch.reproducer.run)
    found = tree.named(named.replace(":", ".")) if named.partition(":")[2].isidentifier() else []
    is_function = len(found) == 1 and isinstance(found[0].node, ast.FunctionDef) and found[0].parent is None
    return found[0] if is_function else None


def within(tree: Tree, unit: Unit, by_way_of: Collection[Unit] | None = None) -> set[Unit]:
    """Return a unit with all that it uses of its own file, directly or by way of others, all or some of them."""
    found = {unit}
    left = [unit]
    while left:
        user = left.pop()
        meant = (one for each in (user, *unused.conditions(user)) for one in tree.meant_by(each))
        new = {one for one in meant if one.file is unit.file and one.kind is not Kind.EXPORTS} - found
        found |= new
        left += new if by_way_of is None else new.intersection(by_way_of)
    return found


def is_test(project: Retirement, unit: Unit) -> bool:
    """Tell whether pytest takes a function for a test."""
    return project.layout.is_test(unit.file.path) and asking.is_test(unit.node)


def _question(project: Retirement, declarations: Collection[Unit], gone: set[Unit]) -> Question:
    tree = project.tree
    runs = [run for one in project.retired if (run := reproducer(tree, one.patch)) is not None]
    needed = {meant for run in runs for one in within(tree, run) for meant in tree.meant_by(one)}
    needed = {one for one in needed if all(one.file is not run.file for run in runs)}
    needed |= {one for one in runs if is_test(project, one)}
    own = {one for one in _own(tree, project.retired, declarations) if one not in needed}
    files = {one.file.path for one in (*own, *gone)}
    ours = _of_patches(project, declarations)

    def is_kept(unit: Unit) -> bool:
        """Tell whether others than the project may use a unit, or a test that is made of a reproducer."""
        if unit in needed or unit.file.path not in files:
            return unit in needed or not unit.is_private
        is_open = not unit.is_private and isinstance(unit.node, DEFINITIONS)
        return is_open and not project.layout.is_test(unit.file.path) and _is_mixed(unit.file, ours)

    used = [name for one in project.others for name in _references(one.patch)]
    return Question(tree, gone, own, [*used, *project.named], is_kept)


def _own(tree: Tree, patches: Iterable[Declared], declarations: Iterable[Unit]) -> set[Unit]:
    """Return the units that declarations name or stand on."""
    named = {one for each in patches for name in _references(each.patch) for one in tree.named(name)}
    decorated = {one for each in declarations if each.kind is Kind.DECORATOR for one in _decorated(each)}
    return {one for one in named | decorated if one.kind is Kind.DEFINITION}


def _decorated(decorator: Unit) -> list[Unit]:
    return [one for one in decorator.file.units if decorator.node in getattr(one.node, "decorator_list", [])]


def _references(patch: Patch) -> list[str]:
    return [str(one).replace(":", ".") for one in origin.references(patch)]


def _of_patches(project: Retirement, declarations: Collection[Unit]) -> set[Unit]:
    """Return the units that patches of the project are made of, those that stay among them."""
    every = [*project.retired, *project.others]
    own = _own(project.tree, every, declarations)
    files = {one.file.path: one.file for one in own}
    decorators = {one for file in files.values() for one in file.units if one.kind is Kind.DECORATOR}
    return {inner for one in own | decorators | {*declarations} for inner in within(project.tree, one)}


def _is_mixed(file: File, ours: Collection[Unit]) -> bool:
    """Tell whether a file has functions or classes that no patch is made of, so that its public ones are for others."""
    return any(
        isinstance(one.node, DEFINITIONS) and one.kind is Kind.DEFINITION and one not in ours for one in file.units
    )


def _check_unused(tree: Tree, declarations: Iterable[Unit], gone: set[Unit]) -> None:
    """Raise RetireError if the project uses the name of a declaration, as of `PATCH = register(...)`."""
    for one in declarations:
        files = tree.mentioning(one.binds) if one.binds else ()
        users = [each for file in files for each in file.units if each not in gone and one in tree.meant_by(each)]
        if users:
            place = f"{location.relative(users[0].file.path)}:{users[0].node.lineno}"
            raise RetireError(
                f"{', '.join(one.binds)}, which stands for the patch, is used elsewhere",
                found=place,
                next_step="take that out first",
            )
