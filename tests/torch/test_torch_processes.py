"""The first shipped patch in children of every kind, of a program that does not know of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.torch

PROGRAM = Path(__file__).parent / "program.py"
KINDS = ["spawn", "forkserver", "subprocess", "task", "actor"]


@pytest.fixture(scope="module")
def python(torch_environment, tmp_path_factory):
    """The interpreter of an environment with torch 2.11.0, Ray and this backportkit."""
    folder = tmp_path_factory.mktemp("torch") / "ray"
    with torch_environment(folder, "2.11.0", "uv", "ray>=2.40") as python:
        yield python


@pytest.fixture
def compiled(compiling):
    """Run a command that ends in the program and the kinds of children it is to have; return the lines it printed."""

    def run(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900, env=compiling())
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


def test_child_of_a_bare_program_does_not_compile(python, compiled):
    assert compiled(python, PROGRAM, "subprocess") == ["subprocess does not compile"]


def test_children_of_a_program_that_is_run_by_backportkit_compile(python, compiled):
    assert compiled(python, "-m", "backportkit", "run", PROGRAM, *KINDS) == [f"{kind} equal" for kind in KINDS]


def test_children_in_an_activated_environment_compile(python, compiled):
    subprocess.run([python, "-m", "backportkit", "activate"], capture_output=True, check=True)
    assert compiled(python, PROGRAM, *KINDS) == [f"{kind} equal" for kind in KINDS]
    assert "backport" not in PROGRAM.read_text("utf-8")
