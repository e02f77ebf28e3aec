"""Give all tests a world each, compiled files, and an environment that says nothing of the machine."""

from __future__ import annotations

import atexit
import compileall
import gc
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import warm
from hypothesis import HealthCheck, settings
from world_folder import World

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
collect_ignore = ["downstream"]  # a project, whose own suite is run by test_downstream

# What tests start leaves no bytecode: a module that is written twice within a second, at the same length, would be
# taken for the old one (https://docs.python.org/3/reference/import.html#pyc-invalidation counts seconds and bytes).
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

# pytest, rich and typer write otherwise on a CI system, for a terminal of its own, or where colours are chosen
# (https://docs.pytest.org/en/stable/explanation/ci.html, https://rich.readthedocs.io/en/stable/console.html).
for name in (
    "CI",
    "BUILD_NUMBER",
    "GITHUB_ACTIONS",
    "FORCE_COLOR",
    "PY_COLORS",
    "NO_COLOR",
    "TTY_COMPATIBLE",
    "COLUMNS",
):
    os.environ.pop(name, None)

# The key of what a cache has is this run's own, and no file in the home of who runs the tests.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="backportkit-tests-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)

# What a shell puts behind ignores SIGINT, and so would what is started from there
# (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html, 2.9.3.1): a child of ours does not.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes is the machine's load, and no property of ours.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """Compile backportkit's own files, which thousands of processes load."""
    for package in ("backportkit", "backportkit_patches"):
        compileall.compile_dir(ROOT / package, quiet=1)


@pytest.fixture(scope="session", autouse=True)
def served() -> Iterator[None]:
    """The process that is forked, which ends with the tests."""
    yield
    warm.end()


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the project is built from: a build leaves files, and two in one place disturb each other."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("backportkit", "backportkit_patches"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    """An empty world."""
    return World(tmp_path, warm.run if request.node.get_closest_marker("warm") else warm.fresh)


@pytest.fixture(scope="module")
def apart() -> Iterator[None]:
    """Have gc leave out the objects of pytest and other tests, so that who looks at all objects has few to look at."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def fresh_world(tmp_path: Path) -> World:
    """An empty world with an interpreter for each script, in a file whose other tests are warm."""
    return World(tmp_path, warm.fresh)


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world for all tests of a file, with an interpreter for each script."""
    return World(tmp_path_factory.mktemp("world"), warm.fresh)
