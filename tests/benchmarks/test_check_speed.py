"""`check` of 1,000 declared patches must cost less than `import torch`, which takes 3.4 s of CPU time.

Not part of the usual run: `pytest tests/benchmarks --benchmark-only`.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PATCHES = 1000
PER_MODULE = 10
LIMIT = 3.4  # seconds of CPU time: `import torch` 2.11 on the machine that DESIGN's figures come from
TARGET = """
def f{number}(a, b=None, *, c=0):
    for item in a:
        if item is b:
            return c
    return a
"""
PATCH = """
@backport(
    "victim.mod{module}:f{number}", id="victim-{number}", requires="victim>=1.{minor},<2", original="ast1:0123456789ab",
    fixes="https://upstream.example/pull/{number}", reproducer="mine:reproduce",
)
def f{number}(a, b=None, *, c=0):
    "what breaks"
    return b
"""


@pytest.fixture
def thousand(world):
    """1,000 patches of one provider, all meant for this environment, in a hundred modules that copy from each other."""
    world.distribution("victim", "1.999")
    world.distribution("provider", "1.0", {"victim": "provider"})
    modules = PATCHES // PER_MODULE
    for module in range(modules):
        numbers = range(module * PER_MODULE, (module + 1) * PER_MODULE)
        copies = f"from victim.mod{(module + 1) % modules} import f{(numbers[0] + PER_MODULE) % PATCHES}\n"
        world.write(f"victim/mod{module}.py", copies + "".join(TARGET.format(number=number) for number in numbers))
    patches = [PATCH.format(number=number, module=number // PER_MODULE, minor=number % 20) for number in range(PATCHES)]
    world.write("provider.py", "from backportkit import backport\n" + "\n".join(patches))
    return world


def test_check_of_a_thousand_patches_costs_less_than_import_torch(benchmark, thousand):
    def check():
        before = os.times()
        done = subprocess.run(
            [sys.executable, "-m", "backportkit", "check", "provider", "--format", "github"],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": str(thousand.folder)},
        )
        after = os.times()
        assert done.returncode == 1, done.stderr
        assert done.stdout.count("BK209 drifted") == PATCHES
        return (after.children_user + after.children_system) - (before.children_user + before.children_system)

    cost = benchmark.pedantic(check, rounds=3)
    benchmark.extra_info["cpu_seconds"] = cost
    assert cost < LIMIT
