"""The commands tell how they come to know a patch, and the next steps that they print work as printed."""

from __future__ import annotations

import re
import shlex

import pytest
import warm

pytestmark = pytest.mark.warm

PATCHES = """
from backportkit import backport
@backport("victim:f", id="mine-1", requires="victim<2", summary="s", reproducer="platform:platform", original="ast1:{}")
def f(): return "new"
"""
DATA = """
[[patch]]
id = "mine-1"
summary = "s"
requires = "victim<2"
target = "victim:f"
replacement = "mine.fixes:f"
"""
HOW = "give --import MODULE or FILE, or name modules under [tool.backportkit] in the pyproject.toml here"


@pytest.fixture
def mine(world):
    """An application that declares a patch of `victim`, in a module, in a file of data, and in a project's folder."""
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f(): return 'old'\n")
    world.write("app/mine/patches.py", PATCHES.format("0" * 12))
    world.write("app/mine/fixes.py", "def f(): return 'new'\n")
    world.write("app/mine/patches.toml", DATA)
    world.write("app/my project/pyproject.toml", '[tool.backportkit]\nmodules = ["mine.patches"]\n')
    world.write("app/my project/mine/patches.py", PATCHES.format("0" * 12))
    (world.folder / "app/__init__.py").unlink()
    (world.folder / "app/my project/__init__.py").unlink()
    return world


def start(world, *line, cwd="app"):
    variables = {"PYTHONPATH": str(world.folder), "COLUMNS": "300"}
    return warm.run(["-m", "backportkit", *line], world.folder / cwd, variables)


@pytest.mark.parametrize("module", ["mine.patches", "mine/patches.py", "mine/patches.toml"])
@pytest.mark.parametrize("command", [["status"], ["explain", "mine-1"], ["diff", "mine-1"]])
def test_module_or_file_that_is_named(mine, command, module):
    """Each command that shows patches reads what `--import` names, a module or a file."""
    done = start(mine, *command, "--import", module)
    assert (done.returncode, "mine-1" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize("what", ["mine.patches", "mine/patches.py", "mine/patches.toml", "my project"])
def test_next_steps_of_check(mine, what):
    """A command that `check` prints finds its patch as it is printed."""
    said = start(mine, "check", what, "-v").stdout
    steps = re.findall(r"(?:cd (.*) && )?backportkit ((?:diff|explain) .*?)\s*$", said, re.MULTILINE)
    assert steps, said
    for folder, line in steps:
        done = start(mine, *shlex.split(line), cwd="/".join(["app", *shlex.split(folder)]))
        assert (done.returncode, "mine-1" in done.stdout) == (0, True), done.stderr


def test_next_steps_of_explain(mine):
    """The next step that `explain` prints has the `--import` that `explain` was given."""
    said = start(mine, "explain", "mine-1", "--import", "mine.patches").stdout
    assert "backportkit prove mine-1 --import mine.patches" in said


@pytest.mark.parametrize("command", ["explain", "diff", "prove"])
def test_patch_that_no_command_knows(mine, command):
    """An unknown id gets the ways by which commands come to know a patch, and no other id is proposed."""
    done = start(mine, command, "zipp-cve-2024-5569")
    assert done.returncode == 2
    assert f"next:     {HOW}" in done.stderr
    assert f"next:     {HOW}" in start(mine, "prove", "zipp-*").stderr


def test_patch_with_a_like_id(mine):
    """An id that is nearly the same is proposed, together with the ways to name other patches."""
    (mine.folder / "app/pyproject.toml").write_text('[tool.backportkit]\nmodules = ["mine.patches"]\n')
    assert f"next:     did you mean mine-1? Or {HOW}" in start(mine, "explain", "mine_1").stderr


def test_status_without_own_patches(mine):
    """`status` that shows shipped patches alone says how it comes to know one's own."""
    assert f"for patches of your own {HOW}" in start(mine, "status").stdout
    assert HOW not in start(mine, "status", "--import", "mine.patches").stdout
