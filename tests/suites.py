"""A project with patches of an installed package, and runs of pytest in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest
import warm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from world_folder import World

VICTIM = """
def f(x): return "old"
def g(x): return "old"
def h(x): return "old"
"""
BACKPORTS = """
from backportkit import Reproducer, backport
@backport("victim:f", requires="victim>=1,<2", id="victim-1", reproducer=Reproducer(run="myproject.reproducers:f"))
def f(x):
    "What breaks without it."
    return "new" if x else 1 / x
@backport("victim:g", requires="victim>=1,<2", id="victim-2", reproducer=Reproducer(run="myproject.reproducers:h"))
def g(x):
    "What breaks without it."
    return "new"
@backport("victim:h", requires="victim>=2,<3", id="victim-3", reproducer=Reproducer(run="myproject.reproducers:h"))
def h(x):
    "What breaks without it."
    return "new"
@backport("victim:h", requires="victim>=1,<2", id="victim-4")
def h(x):
    "What breaks without it."
    return "new"
"""
REPRODUCERS = """
import victim
def f():
    assert victim.f(1) == "new"
def h():
    print("said by the reproducer")
    assert victim.h(1) == "new"
"""
PROJECT = """
[project]
name = "myproject"
version = "1"
[tool.backportkit]
modules = ["myproject.backports"]
[tool.pytest.ini_options]
addopts = ["--strict-markers", "-p", "no:cacheprovider", "-p", "no:benchmark", "-p", "no:hypothesispytest"]
"""
CONFTEST = """
import backportkit
import myproject.backports
backportkit.apply_all()
"""


class Run(NamedTuple):
    """A run of pytest that has ended: its exit code, its output, and the outcome of each test by its name."""

    code: int
    said: str
    outcomes: dict[str, str]

    def after(self, heading: str) -> list[str]:
        """Return the lines from the one that has a heading up to the next heading of that kind."""
        _, _, rest = self.said.partition(heading)
        return re.split(r"\n(?=[_=]{5,}|-{5,} )", rest.partition("\n")[2])[0].splitlines()


class Suite:
    """The project and its tests, in the folder of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.write = world.write
        world.distribution("victim", "1.5")
        world.write("victim.py", VICTIM)
        world.write("myproject/backports.py", BACKPORTS)
        world.write("myproject/reproducers.py", REPRODUCERS)
        world.write("pyproject.toml", PROJECT)
        world.write("tests/conftest.py", CONFTEST)

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> Run:
        """Run pytest in the folder, in a process of its own."""
        return run_pytest(self.world, *arguments, env=env)


def run_pytest(world: World, *arguments: str, env: Mapping[str, str] | None = None) -> Run:
    """Run pytest in the folder of a world."""
    # A proof that fails leaves its output in the folder for temporary files.
    variables = {"PYTHONPATH": str(world.folder), "COLUMNS": "120", "TMPDIR": str(world.folder), **(env or {})}
    temporary = f"--basetemp={world.folder / 'temporary'}"
    done = warm.fresh(["-m", "pytest", "-rA", temporary, *arguments], world.folder, variables)
    said = done.stdout + done.stderr
    outcomes = re.findall(r"^(PASSED|FAILED|ERROR) \S+::([\w-]+)", said, re.MULTILINE)
    return Run(done.returncode, said, {name: outcome for outcome, name in outcomes})


@pytest.fixture
def suite(world: World) -> Suite:
    """A project with four patches, of which three are for what is installed."""
    return Suite(world)


@pytest.fixture(scope="module")
def shared(shared_world: World) -> Suite:
    """The same, for tests that look at one run."""
    return Suite(shared_world)
