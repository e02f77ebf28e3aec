"""Each command ends with the code of the table in docs/commands.md, whatever kind of end it comes to."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import warm

from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.program import _COMMANDS

pytestmark = pytest.mark.warm

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
PATCHES = """
from backportkit import backport
def reproduce():
    import victim
    assert victim.f() == "new"
@backport("victim:f", id="mine-1", requires={requires!r}, reproducer=reproduce, fixes="https://example.org/1")
def f():
    "what breaks"
    return "new"
"""
PROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = [{}]\n[tool.backportkit]\nmodules = ["patches"]\n'


@pytest.fixture
def shop(world):
    """Return what makes a project with a patch of `victim`, and calls commands there."""
    world.distribution("victim", "1.5")
    world.write("victim.py", "def f():\n    return 'old'\n")

    def call(*line, requires="victim<2", needs="", patches=PATCHES):
        world.write("shop/pyproject.toml", PROJECT.format(needs))
        world.write("shop/patches.py", patches.replace("{requires!r}", repr(requires)))
        variables = {"PYTHONPATH": str(world.folder), "BACKPORTKIT_CACHE": str(world.folder / "cache")}
        return warm.run(["-m", "backportkit", *line], world.folder / "shop", variables)

    call.world = world
    return call


def test_table_has_the_codes_of_the_program():
    """The documentation has the table that the code has."""
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert rows == [(str(int(code)), code.meaning) for code in ExitCode]


@pytest.mark.parametrize("name", [name for name in _COMMANDS if name != "run"])
def test_wrong_usage(world, name):
    """An option that a command does not have is wrong usage; of `run` it is a program."""
    assert warm.run(["-m", "backportkit", name, "--no-such-option"], world.folder).returncode == ExitCode.CANNOT


FINE = ["status", "explain mine-1", "diff mine-1", "prove mine-1", "status mine-1 --json", "check ."]


@pytest.mark.parametrize("line", FINE)
def test_all_is_well(shop, line):
    """A command that finds nothing wrong ends with 0."""
    done = shop(*line.split())
    assert done.returncode == ExitCode.FINE, done.stdout + done.stderr


WRONG = [
    ("check .", {"patches": PATCHES.replace("victim:f", "victim:g")}),
    ("check . --format github", {"patches": PATCHES.replace("victim:f", "victim:g")}),
    ("check . --json", {"patches": PATCHES.replace("victim:f", "victim:g")}),
    ("prove mine-1", {"patches": PATCHES.replace('== "new"', '== "other"')}),
    ("activate --verify", {}),
]


@pytest.mark.parametrize(("line", "given"), WRONG)
def test_something_is_wrong(shop, line, given):
    """A patch that is broken, not proved or not as it was written is a 1."""
    done = shop(*line.split(), **given)
    assert done.returncode == ExitCode.WRONG, done.stdout + done.stderr


@pytest.mark.parametrize("line", ["check .", "check . --json", "check . --format sarif"])
def test_something_can_be_removed(shop, line):
    """A patch that the project has outgrown is a 3."""
    done = shop(*line.split(), needs='"victim>=3"')
    assert done.returncode == ExitCode.TO_REMOVE, done.stdout + done.stderr


CANNOT = [
    *("status mine-2", "explain mine-2", "diff mine-2", "prove mine-2", "retire mine-2", "history mine-2"),
    *("status --from nowhere", "status --provider nobody", "check nowhere.toml", "scan nowhere.py"),
    *("prove mine-1 --python 3.98", "diff mine-1 --against 1.0 --offline", "history victim:f --offline"),
    *("preview victim==1.0 --offline", "preview --lock nowhere.lock", "new victim:f --offline"),
    *("new victim", "sbom nowhere.json", "sign nowhere --key nowhere", "verify nowhere --key nowhere"),
    *("policy check --path nowhere.toml", "scan . --adopt nowhere.py:1", "retire mine-1"),
]


@pytest.mark.parametrize("line", CANNOT)
def test_nobody_can_tell(shop, line):
    """A file or name that is not there, or cannot be read, is a 2, and never taken for well or for wrong."""
    done = shop(*line.split())
    assert (done.returncode, "Traceback" in done.stderr) == (ExitCode.CANNOT, False), done.stdout + done.stderr


INTERRUPTED = ["status", "explain mine-1", "diff mine-1", "history mine-1", "preview victim==1.0", "prove mine-1"]
INTERRUPTED += ["retire mine-1", "sbom", "scan .", "new victim:f", "check ."]


@pytest.mark.parametrize("line", INTERRUPTED)
def test_interrupt(shop, line):
    """An interrupt ends each command with 130, and without a traceback."""
    done = shop(*line.split(), patches="raise KeyboardInterrupt")
    assert (done.returncode, done.stdout) == (ExitCode.INTERRUPTED, ""), done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_no_program(world):
    """`run` ends as a shell does where there is no such program."""
    assert warm.run(["-m", "backportkit", "run", "nowhere"], world.folder).returncode == ExitCode.NO_PROGRAM


READ = """
import sys
from backportkit.__main__ import main
from backportkit.reports import process
process.survey = lambda: {what}
sys.argv = ["backportkit", "status", *{more}]
main()
"""


@pytest.mark.parametrize("more", [[], ["--", "x"]])
@pytest.mark.parametrize("what", ["1 / 0", "input()"])
def test_fault_of_ours(world, what, more):
    """An error that no command expects is no finding; neither is a question that nobody answers."""
    done = world.start(READ.format(what=what, more=more))
    assert done.returncode == ExitCode.CANNOT, done.stderr


LINES = ["status", "status --json", "explain mine-1", "check . --json", "sbom", "--help", "check --help"]
LINES += ["--version", "diff mine-1"]


def printing_to(stdout, shop, line):
    """Return the code of a command that prints into a file or a pipe, and what it says on stderr."""
    shop("--version")
    command = [sys.executable, "-m", "backportkit", *line.split()]
    folder = shop.world.folder
    env = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, check=False, cwd=folder / "shop", env=env, text=True
    )
    return done.returncode, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe without a reader is another error there")
@pytest.mark.parametrize("line", LINES)
def test_reader_that_has_gone(shop, line):
    """A pipe that nobody reads has a code of its own, whatever is printed, and nothing is said of it."""
    reading, writing = os.pipe()
    os.close(reading)
    code, said = printing_to(writing, shop, line)
    os.close(writing)
    assert (code, said) == (ExitCode.UNREAD, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a file that is always full")
@pytest.mark.parametrize("line", LINES)
def test_full_disk(shop, line):
    """A disk that is full is one line on stderr."""
    with Path("/dev/full").open("wb") as full:
        code, said = printing_to(full, shop, line)
    line_of_full = "backportkit: stdout cannot be written: No space left on device\n"
    assert (code, said) == (ExitCode.CANNOT, line_of_full)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a file that is always full")
def test_full_disk_for_errors(world):
    """An error that cannot be told ends with its code, nevertheless."""
    with Path("/dev/full").open("wb") as full:
        line = [sys.executable, "-m", "backportkit", "explain", "absent"]
        assert subprocess.run(line, stderr=full, check=False, cwd=world.folder).returncode == ExitCode.CANNOT
