"""The first shipped patch in children of every kind, of a program that does not know of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.torch

PROGRAM = Path(__file__).parent / "program.py"
KINDS = ["spawn", "forkserver", "subprocess", "task", "actor"]

# What a rank of torchrun has, and what a process has that Inductor hands its compilations to. Ranks are unbuffered, so
# that a line and its end would be two writes of `print`, and another rank could write between them.
RANK = """
import sys
import torch._inductor.codegen.cpp as cpp
sys.stdout.write(cpp.CppVecKernel.indirect_assert.__code__.co_filename + "\\n")
"""
WORKER = """
if __name__ == "__main__":
    from torch._inductor.async_compile import AsyncCompile
    code = "__import__('importlib').import_module('torch._inductor.codegen.cpp').CppVecKernel.indirect_assert.__code__"
    print(AsyncCompile.process_pool().submit(eval, f"{code}.co_filename").result())
"""


@pytest.fixture(scope="module")
def python(torch_environment, tmp_path_factory):
    """The interpreter of an environment with torch 2.11.0, Ray and this backportkit."""
    folder = tmp_path_factory.mktemp("torch") / "ray"
    with torch_environment(folder, "2.11.0", "uv", "ray>=2.40") as python:
        yield python


@pytest.fixture
def compiled(compiling):
    """Run a command that ends in the program and the kinds of children it is to have; return the lines it printed."""

    def run(*command, **more):
        env = compiling(**more)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


@pytest.mark.long
def test_child_of_a_bare_program_does_not_compile(python, compiled):
    assert compiled(python, PROGRAM, "subprocess") == ["subprocess does not compile"]


@pytest.mark.long
def test_children_of_a_program_that_is_run_by_backportkit_compile(python, compiled):
    assert compiled(python, "-m", "backportkit", "run", PROGRAM, *KINDS) == [f"{kind} equal" for kind in KINDS]


def test_ranks_of_torchrun_have_the_replacement(python, compiled, tmp_path):
    (tmp_path / "rank.py").write_text(RANK, "utf-8")
    lines = compiled(python, "-m", "backportkit", "run", "torchrun", "--nproc-per-node", "2", tmp_path / "rank.py")
    assert [Path(line).name for line in lines] == ["torch_178148.py"] * 2


@pytest.mark.parametrize("start", ["subprocess", "spawn"])
def test_compile_workers_of_inductor_have_the_replacement(python, compiled, tmp_path, start):
    (tmp_path / "worker.py").write_text(WORKER, "utf-8")
    workers = {"TORCHINDUCTOR_WORKER_START": start, "TORCHINDUCTOR_COMPILE_THREADS": "2"}
    lines = compiled(python, "-m", "backportkit", "run", tmp_path / "worker.py", **workers)
    assert [Path(line).name for line in lines] == ["torch_178148.py"]


@pytest.mark.long
def test_children_in_an_activated_environment_compile(python, compiled):
    subprocess.run([python, "-m", "backportkit", "activate"], capture_output=True, check=True)
    assert compiled(python, PROGRAM, *KINDS) == [f"{kind} equal" for kind in KINDS]
    assert "backport" not in PROGRAM.read_text("utf-8")
