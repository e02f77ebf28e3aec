"""Whole models, by `apply_all()` alone: Qwen3-VL's rotary embedding in a block of a transformer, and a CNN."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.torch

MODELS = Path(__file__).parent / "models.py"


@pytest.fixture
def compile_model(compiling):
    """Run models.py by an interpreter, with a cache of this test's own; return the lines that it printed."""

    def run(python, *arguments, disable=""):
        env = compiling(disable or "all", BACKPORTKIT_DISABLE=disable)
        command = [python, MODELS, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


@pytest.fixture(scope="module")
def torch_2_10(torch_environment, tmp_path_factory):
    """The interpreter of an environment with torch 2.10.0 and this backportkit."""
    with torch_environment(tmp_path_factory.mktemp("torch") / "2.10.0", "2.10.0", "uv") as python:
        yield python


def test_transformer_with_interleaved_rotary_embedding_compiles_by_apply_all_alone(torch_2_11, compile_model):
    lines = compile_model(torch_2_11, "transformer", "static", "dynamic")
    assert lines[:2] == ["static equal", "dynamic equal"]
    in_force = {"backportkit-torch-cache", "torch-177558", "torch-177991", "torch-178148", "torch-196013", "vllm-42129"}
    assert dict.fromkeys(in_force, "applied").items() <= dict(word.split(":") for word in lines[2].split()).items()


def test_transformer_with_interleaved_rotary_embedding_does_not_compile_without(torch_2_11, compile_model):
    lines = compile_model(torch_2_11, "transformer", "static", "dynamic", disable="torch-178148")
    assert lines[:2] == ["static function", "dynamic function"]


@pytest.mark.long
def test_transformer_compiles_on_the_release_before(torch_2_10, compile_model):
    assert compile_model(torch_2_10, "transformer", "static", "dynamic")[:2] == ["static equal", "dynamic equal"]
    lines = compile_model(torch_2_10, "transformer", "static", "dynamic", disable="torch-178148")
    assert lines[:2] == ["static function", "dynamic function"]


def test_patch_is_proved_on_the_release_before(torch_2_10):
    command = [torch_2_10, "-m", "backportkit", "prove", "torch-178148", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    proof = json.loads(done.stdout)
    assert [run["colour"] for run in proof["runs"]] == ["red", "green", "red"]
    assert {run["versions"]["torch"].partition("+")[0] for run in proof["runs"]} == {"2.10.0"}
    assert proof["environment"] == "current"


def test_cnn_compiles_with_all_patches_armed(torch_2_11, compile_model):
    assert compile_model(torch_2_11, "cnn", "static")[0] == "static equal"
