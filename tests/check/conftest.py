"""Patches to be judged, made without a registry, and the command line in a world."""

from __future__ import annotations

import pytest
import warm

from backportkit import Patch
from backportkit.check import supported
from backportkit.check.scope import Subject
from backportkit.declaration.registry import Declared

COMPLETE = {
    "id": "victim-1",
    "summary": "what breaks",
    "requires": "victim>=1,<2",
    "fixes": "https://upstream.example/pull/1",
    "reproducer": "platform:platform",
}


@pytest.fixture
def declare():
    """Make a declared patch that lacks nothing but fingerprints; its edit is to be given."""

    def make(**fields):
        patch = Patch.model_validate({name: value for name, value in (COMPLETE | fields).items() if value is not None})
        return Declared(patch, "mine", "/somewhere/mine.py:7")

    return make


@pytest.fixture
def subject(declare):
    """Make a subject: a declared patch with what its project supports, requirement by requirement."""

    def make(*requirements, names=None, **fields):
        wanted = [
            (name, supported.Wanted(requirement.specifier, str(requirement), "pyproject.toml"))
            for name, requirement in ((one.name, one) for one in map(supported.Requirement, requirements))
        ]
        one = declare(**({"target": "victim:f", "replacement": "mine:f"} | fields))
        return Subject(one, supported.Support(wanted), names)

    return make


@pytest.fixture
def start():
    """Run `backportkit` in a world's folder, with its modules importable; return the finished process."""

    def run(world, *arguments, cwd=None, **env):
        variables = {"PYTHONPATH": str(world.folder), "COLUMNS": "1000"} | env
        return warm.run(["-m", "backportkit", *arguments], cwd or world.folder, variables)

    return run
