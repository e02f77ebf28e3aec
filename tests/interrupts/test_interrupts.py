"""After an interrupt at any line, the next call finishes the change that was begun, or takes it back."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("interrupts.py")
EVERYWHERE = os.environ.get("BACKPORTKIT_TEST_INTERRUPTS") == "all"
STEP, SIGNALS = (1, 150) if EVERYWHERE else (9973, 3)
SCENARIOS = ["first", "apply", "undo", "one", "reload", "import"]
# Whoever forks while another thread imports has a child in which that import never ends: a module's lock is nobody's.
ALONE = ["apply", "undo", "one"]


def run(*arguments):
    """Return the lines that the program prints about what is wrong, and the number of points that it has tried."""
    command = [sys.executable, str(PROGRAM), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=3600)
    assert done.stderr == ""
    *wrong, tried = done.stdout.splitlines()
    return wrong, int(tried.split()[0])


def try_points(way, scenario, then):
    """Try each point, or some that are drawn by lot, in the order of the call."""
    wrong, tried = run(way, scenario, then, random.randrange(min(STEP, 50)), 10**6, STEP)  # noqa: S311 -- other ones each time
    assert wrong == []
    assert tried > 0


@pytest.mark.parametrize("then", ["apply_all", "unpatch_all"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_line(scenario, then):
    """Interrupted at any line, everything is right after the next call: places, copies and states."""
    try_points("lines", scenario, then)


@pytest.mark.parametrize("scenario", ["afresh", "look"])
def test_line_of_hook(scenario):
    """After an interrupt at any line of the hook, in an import or a question, a module imported afresh is patched."""
    wrong, tried = run("lines", scenario, "apply_all", 0, 10**6, 1)
    assert wrong == []
    assert tried > 0


@pytest.mark.parametrize("then", ["apply_all", "unpatch_all"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_opcode(scenario, then):
    """Interrupted wherever the interpreter looks for signals, everything is right after the next call."""
    try_points("opcodes", scenario, then)


@pytest.mark.parametrize("then", ["apply_all", "unpatch_all"])
@pytest.mark.parametrize("scenario", ALONE)
def test_fork(scenario, then):
    """After a fork by another thread at any line, everything is right in the child after its next call."""
    try_points("forks", scenario, then)


@pytest.mark.parametrize("then", ["apply_all", "unpatch_all"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_signal(scenario, then):
    """Interrupted by a real signal at any moment, everything is right after the next call."""
    wrong, tried = run("signals", scenario, then, 0, SIGNALS, 1)
    assert (wrong, tried) == ([], SIGNALS)
