"""The first shipped patch on real torch wheels, in environments that live for one test."""

from __future__ import annotations

import json
import subprocess

import pytest

pytestmark = pytest.mark.torch

# The very function that the class statement makes is taken down by the class builder itself, before anybody can patch.
FIRST_COMPILE = """
import builtins, os, sys, importlib.util
originals = []
build_class = builtins.__build_class__
def building(function, name, *bases, **keywords):
    cls = build_class(function, name, *bases, **keywords)
    if f"{cls.__module__}:{name}" == "torch._inductor.codegen.cpp:CppVecKernel":
        originals.append(vars(cls)["indirect_assert"])
    return cls
builtins.__build_class__ = building

import backportkit
def state():
    return next(one.state for one in backportkit.status() if one.id == "torch-178148")
backportkit.apply_all()
print("torch after apply_all:", [name for name in sys.modules if name.partition(".")[0] == "torch"])
import torch
target = "torch._inductor.codegen.cpp"
print("target after import torch:", target in sys.modules, state())
if "probe" in sys.argv:
    print("probe:", importlib.util.find_spec(target) is not None, target in sys.modules)
import believe_the_cpu
from backportkit_patches.torch.torch_178148_reproducer import reproduce
reproduce()
print("after the first compile:", state())
cls = sys.modules[target].CppVecKernel
print("patched:", vars(cls)["indirect_assert"] is not originals[0])
backportkit.unpatch_all()
print("undone:", vars(cls)["indirect_assert"] is originals[0], state())
"""


@pytest.mark.parametrize("probe", ["", "probe"])
def test_patch_is_applied_by_the_first_compile_and_not_earlier(torch_2_11, compiling, probe):
    command = [torch_2_11, "-c", FIRST_COMPILE, probe]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, env=compiling())
    assert done.returncode == 0, done.stderr
    expected = [
        "torch after apply_all: []",
        "target after import torch: False waiting",
        *(["probe: True False"] if probe else []),
        "after the first compile: applied",
        "patched: True",
        "undone: True reverted",
    ]
    assert done.stdout.splitlines() == expected


def test_patch_is_dormant_on_a_release_that_has_the_fix(torch_environment, tmp_path):
    with torch_environment(tmp_path / "2.13.0", "2.13.0", "pip") as python:
        command = [python, "-m", "backportkit", "status", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    record = next(one for one in json.loads(done.stdout)["patches"] if one["id"] == "torch-178148")
    assert record["state"] == "dormant"
    assert record["reason"].startswith("torch 2.13.0")
    assert record["reason"].endswith(" is installed; the patch is for <2.12,>=2.5")
