"""Environments with real torch wheels."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest


@contextmanager
def environment(project, folder, version, installer, *more):
    """A virtual environment with one torch release and this backportkit; removed afterwards, as it is large."""
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--seed", "--python", sys.executable, folder], check=True)
    python = folder / "bin" / "python"
    install = (
        [*uv, "pip", "install", "--python", python]
        if installer == "uv"
        else [python, "-m", "pip", "install", "--no-compile"]
    )
    try:
        subprocess.run([*install, "--quiet", f"torch=={version}", "numpy", f"{project}[cli]", *more], check=True)
        yield python
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def torch_environment(project):
    """Makes environments; never keep more than one open, since each has 4.5 GB."""
    return partial(environment, project)


@pytest.fixture(scope="session")
def torch_2_11(project, tmp_path_factory):
    """The interpreter of an environment with torch 2.11.0 and this backportkit."""
    with environment(project, tmp_path_factory.mktemp("torch") / "2.11.0", "2.11.0", "uv") as python:
        yield python


@pytest.fixture
def compiling(tmp_path):
    """The variables of a process that compiles a little, with a cache of its own; it may `import believe_the_cpu`."""

    def variables(cache="cache", **more):
        inductor = {"CACHE_DIR": str(tmp_path / cache), "VEC_ISA_OK": "1", "COMPILE_THREADS": "1"}
        own = {f"TORCHINDUCTOR_{name}": value for name, value in inductor.items()}
        return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parent)} | own | more

    return variables
