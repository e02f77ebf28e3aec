"""A kernel that `torch.library` has registered follows a patch of the function in place, and comes back."""

from __future__ import annotations

import subprocess

import pytest

pytestmark = pytest.mark.torch

KERNELS = """
import torch
def scale(x): return 2 * x
def shape_of_scale(x): return torch.empty_like(x)
library = torch.library.Library("theirs", "DEF")
library.define("scale(Tensor x) -> Tensor")
library.impl("scale", scale, "CPU")
torch.library.register_fake("theirs::scale", shape_of_scale, lib=library)
"""
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import backportkit, torch

@backportkit.backport("kernels:scale", requires="torch>=2,<3", id="kernels-1", how="in_place", namespace="target")
def scale(x):
    \"\"\"It doubles instead of tripling.\"\"\"
    return 3 * x

import kernels
def use(x): return torch.ops.theirs.scale(x) + 1
def look():
    compiled = torch.compile(use, fullgraph=True, backend="aot_eager")
    print(use(torch.ones(1)).item(), compiled(torch.ones(1)).item())
look()
backportkit.apply_all()
look()
print(backportkit.is_applied("kernels-1"))
backportkit.unpatch_all()
look()
"""


def test_registered_kernel_follows_in_eager_and_compiled_calls(torch_2_11, world):
    """The dispatcher has the function, and is never asked again which one it is to call."""
    world.write("kernels.py", KERNELS)
    command = [torch_2_11, "-c", SCRIPT, world.folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout.splitlines() == ["3.0 3.0", "4.0 4.0", "True", "3.0 3.0"], done.stderr
