"""Fixtures for all tests of the hook: scripts in which the hook is armed."""

from __future__ import annotations

import textwrap

import pytest

PREAMBLE = """
import importlib, importlib.util, sys
from backportkit.hook import finder

calls = []

def note(name, module):
    calls.append(name)
    module.patched = True

def watch(*names):
    finder.after_import(names, note)
    finder.arm()

"""


@pytest.fixture
def run(world):
    """Run a script that may call `watch(*names)`; the callbacks mark the modules and are listed in `calls`."""
    return lambda script, *arguments, **options: world.run(PREAMBLE + textwrap.dedent(script), *arguments, **options)


@pytest.fixture
def start(world):
    """Run a script as `run` does, but let it fail; return the finished process."""
    return lambda script, *arguments, **options: world.start(PREAMBLE + textwrap.dedent(script), *arguments, **options)
