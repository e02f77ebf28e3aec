"""A victim that an installed distribution patches, and a program that uses it in children of every kind."""

from __future__ import annotations

import pytest
from environments import environment, fresh, prepared

__all__ = ["environment", "fresh", "prepared"]

PATCHES = """
from backportkit import backport
@backport("victim:f", requires="victim<2", id="victim-1")
def f():
    "Return new."
    return "new"
"""

# Not one word about backportkit.
PROGRAM = """
import multiprocessing, os, subprocess, sys
from concurrent.futures import ProcessPoolExecutor

def use(_=None):
    import victim
    return victim.f()

def put(queue):
    queue.put(use())

def main():
    for method in ("spawn", "forkserver", "fork"):
        context = multiprocessing.get_context(method)
        queue = context.SimpleQueue()
        process = context.Process(target=put, args=(queue,))
        process.start(); process.join()
        print(method, queue.get())
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        print("pool", *pool.map(use, [1]))
    code = "import victim; print('subprocess', victim.f())"
    print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip())
    print("here", use(), sys.argv[1:])

if __name__ == "__main__":
    main()
"""

KINDS = ["spawn", "forkserver", "fork", "pool", "subprocess"]


@pytest.fixture
def provided(world):
    """A world with a patched victim, for programs that are given its folder as PYTHONPATH."""
    world.distribution("victim", "1.0")
    world.distribution("provider", "1.0", {"victim": "provider_patches"})
    world.write("provider_patches.py", PATCHES)
    world.write("victim.py", "def f(): return 'old'\n")
    return world


@pytest.fixture
def program():
    """The source of the program. It prints a line for each of `kinds`, and one for itself."""
    return PROGRAM


@pytest.fixture
def kinds():
    """The kinds of children that the program has."""
    return KINDS
