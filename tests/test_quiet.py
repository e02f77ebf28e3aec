"""`--quiet` prints what has failed and nothing else, and changes no JSON and no exit code."""

from __future__ import annotations

import pytest
import warm

from backportkit.cli.program import _ANSWERS, _COMMANDS

pytestmark = pytest.mark.warm

PATCHES = """
from backportkit import backport
def reproduce():
    import victim
    assert victim.f() == "new"
@backport("victim:f", id="mine-1", requires="victim<2", reproducer=reproduce, fixes="https://example.org/1")
def f():
    "what breaks"
    return "new"
@backport("victim:g", id="mine-2", requires="victim<2", fixes="https://example.org/2")
def f():
    "what breaks"
    return "new"
"""
PROJECT = '[project]\nname = "shop"\nversion = "1"\n[tool.backportkit]\nmodules = ["patches"]\n'


@pytest.fixture
def shop(world):
    """Return what calls commands in a project with a patch that fits, and one whose target is not there."""
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f():\n    return 'old'\n")
    world.write("shop/pyproject.toml", PROJECT)
    world.write("shop/patches.py", PATCHES)
    world.write("shop/by_hand.py", "import victim\nvictim.g = lambda: 1\n")

    def call(*line):
        variables = {"PYTHONPATH": str(world.folder), "BACKPORTKIT_CACHE": str(world.folder / "cache")}
        return warm.run(["-m", "backportkit", *line], world.folder / "shop", variables)

    return call


@pytest.mark.parametrize("name", _COMMANDS)
def test_commands_that_may_be_quiet(world, name):
    """All commands have the option but those that answer a question, and `run`, whose program has its own."""
    usage = warm.run(["-m", "backportkit", name, "--help"], world.folder, {"COLUMNS": "200"}).stdout
    assert ("--quiet" in usage) == (name not in _ANSWERS)


@pytest.mark.parametrize("line", ["status", "prove mine-1", "check by_hand.py", "sign", "policy lock --path x.toml"])
def test_nothing_has_failed(shop, line):
    """A command by which nothing has failed prints nothing."""
    done = shop(*line.split(), "--quiet")
    assert done.stdout == "", done.stderr
    assert "Usage" in done.stderr if line == "sign" else done.stderr == ""


FAILED = {
    "check .": ("mine-2", "mine-1"),
    "check . -v": ("next: ", "BK104"),
    "prove mine-1 --versions 1": ("mine-1", "asking"),
    "policy check --path nowhere": ("there is no policy", "all is"),
    "explain mine-3": ("no such patch", "digest"),
}


@pytest.mark.parametrize("line", FAILED)
def test_what_has_failed(shop, line):
    """A failure is printed as ever, and nothing beside it."""
    told, untold = FAILED[line]
    quiet = [] if line.startswith("explain") else ["-q"]
    loud, done = shop(*line.split()), shop(*line.split(), *quiet)
    assert done.returncode == loud.returncode != 0
    assert told in done.stdout + done.stderr
    assert untold not in done.stdout + done.stderr
    assert {*done.stdout.splitlines()} <= {*loud.stdout.splitlines()}


@pytest.mark.parametrize("line", ["check . --json", "status --json --all", "check . --format sarif"])
def test_document(shop, line):
    """Output for machines is the same."""
    assert shop(*line.split(), "-q").stdout.count("mine-1") == shop(*line.split()).stdout.count("mine-1") > 0
