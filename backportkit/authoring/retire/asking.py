"""Find the tests that ask for patches, which fail without them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.source import location
from backportkit.source.reader import DEFINITIONS, FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from backportkit.authoring.retire.mentions import Reader
    from backportkit.authoring.retire.taken import Retirement
    from backportkit.authoring.retire.units import Unit

_TEST = "test"  # how the names of tests begin
_ASKING = ("backportkit.", "pytest.mark.unpatched")


def is_test(node: ast.AST) -> bool:
    """Tell whether a node is a function that pytest takes for a test, in a file of tests."""
    return isinstance(node, FUNCTIONS) and node.name.startswith(_TEST)


def about(project: Retirement, patch_id: str) -> Iterator[Unit]:
    """Yield the tests that call a function or a marker of ours with the id of a patch, and of none that stays.

    Of classes, those are yielded that have no other tests.
    """
    for unit, tests in _tests(project, patch_id):
        if all(
            patch_id in (asked := _asked(test, unit.file.reader)) and not asked & _staying(project) for test in tests
        ):
            yield unit


def left(project: Retirement, gone: Collection[Unit]) -> Iterator[str]:
    """Say which tests stay, although they ask for a patch that is retired."""
    for one in project.retired:
        for unit, tests in _tests(project, one.id):
            for test in tests if unit not in gone else []:
                if one.id in (asked := _asked(test, unit.file.reader)):
                    also = sorted(asked & _staying(project))
                    why = f"asks for {', '.join(also)}, too" if also else "stands in a class that has other tests"
                    place = "::".join([location.relative(unit.file.path), *_names(unit.node, test)])
                    yield f"{place} asks for {one.id}, and stays, since it {why}: take {one.id} out of it"


def _tests(project: Retirement, patch_id: str) -> Iterator[tuple[Unit, list[ast.AST]]]:
    """Yield the functions and classes that are tests, or have some, of the files that mention a patch."""
    for file in project.tree.mentioning([patch_id]):
        for unit in file.units if project.layout.is_test(file.path) else ():
            inside: list[ast.AST] = [*unit.node.body] if isinstance(unit.node, ast.ClassDef) else [unit.node]
            if tests := [one for one in inside if is_test(one)]:
                yield unit, tests


def _names(*nodes: ast.AST) -> list[str]:
    """Return the names of a class and a test in it, or of a test alone, as pytest writes them."""
    return list(dict.fromkeys(one.name for one in nodes if isinstance(one, DEFINITIONS)))


def _asked(test: ast.AST, reader: Reader) -> set[str]:
    """Return the texts that a test gives to functions and markers of ours."""
    calls = [one for one in ast.walk(test) if reader.called(one).startswith(_ASKING)]
    texts = (one.value for call in calls for one in ast.walk(call) if isinstance(one, ast.Constant))
    return {one for one in texts if isinstance(one, str)}


def _staying(project: Retirement) -> set[str]:
    return {one.id for one in project.others}
