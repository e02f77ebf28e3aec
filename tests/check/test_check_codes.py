"""Findings are chosen by their codes, by options and by pyproject.toml; the exit code follows."""

from __future__ import annotations

import json

import pytest

from backportkit.check.codes import UNJUDGED, Codes, of_options

pytestmark = pytest.mark.warm

PROJECT = """\
[project]
name = "mine"
dependencies = ["victim>=3"]
[tool.backportkit]
modules = ["mine"]
"""
MINE = """\
from backportkit import backport
@backport("victim:f", id="mine-old", requires="victim>=1,<2", summary="s")
def f(): pass
@backport("victim:f", id="mine-new", requires="victim>=3,<4", summary="s")
def g(): pass
"""
BY_HAND = """\
import victim
from packaging.version import Version
if Version(victim.__version__) < Version("2"):
    victim.f = print
victim.g = print
"""
LEFT_OUT = "left out by --select, --ignore or pyproject.toml:"
BOTH = {"BK101", "BK102", "BK104", "BK402"}


@pytest.fixture
def project(world):
    """A project with a patch that can be deleted, and one that lacks a reproducer, a fingerprint and a provenance."""
    world.write("pyproject.toml", PROJECT)
    world.write("mine.py", MINE)
    return world


@pytest.fixture
def check(project, start):
    """Return the exit code and the codes of `check . --json`, with options."""

    def run(*line):
        done = start(project, "check", ".", "--json", *line)
        assert done.stdout, done.stderr
        return done.returncode, {found["code"] for found in json.loads(done.stdout)["findings"]}

    return run


@pytest.mark.parametrize(
    ("line", "code", "found"),
    [
        ((), 1, BOTH),
        (("--select", "BK402"), 3, {"BK402"}),
        (("--select", "BK102,BK104"), 0, {"BK102", "BK104"}),
        (("--select", "BK102", "--select", "BK4"), 3, {"BK102", "BK402"}),
        (("--ignore", "BK1"), 3, {"BK402"}),
        (("--ignore", "bk1"), 3, {"BK402"}),
        (("--select", "Bk402"), 3, {"BK402"}),
        (("--select", "BK1", "--ignore", "BK101"), 0, {"BK102", "BK104"}),
        (("--ignore", "BK1", "--select", "BK101"), 1, {"BK101"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,  # a set's text differs between runs
)
def test_options_choose_findings_and_exit_code(check, line, code, found):
    """Codes and beginnings of codes, repeated or with commas between them; the longer beginning decides."""
    assert check(*line) == (code, found)


def test_project_states_codes(project, check):
    """`--ignore` adds to what pyproject.toml states, and `--select` takes the place of all of it."""
    project.write("pyproject.toml", f"{PROJECT}[tool.backportkit.check]\nselect = ['BK1', 'BK4']\nignore = ['BK101']\n")
    assert check() == (3, BOTH - {"BK101"})
    assert check("--ignore", "BK4") == (0, {"BK102", "BK104"})
    assert check("--select", "BK101") == (1, {"BK101"})


def test_what_is_left_out_is_counted(project, start):
    """The last line has the codes that are not asked for, each with its number; `-v` has a line for each finding."""
    left = f"{LEFT_OUT} 1 BK101, 1 BK102, 1 BK104"
    assert start(project, "check", ".", "--select", "BK402").stdout.splitlines()[-1].endswith(f"1 to remove; {left}")
    *lines, last = start(project, "check", ".", "--select", "BK402", "-v").stdout.splitlines()
    assert last.endswith(left)
    named = [line.split()[3] for line in lines if line.startswith("left out: mine.py:")]
    assert named == sorted(BOTH - {"BK402"})


@pytest.mark.parametrize("form", ["github", "gitlab", "sarif"])
def test_forms_for_machines_have_the_chosen_findings(project, start, form):
    """A finding that is left out is in none of them."""
    said = start(project, "check", ".", "--select", "BK402", "--format", form).stdout
    assert "mine-old" in said
    assert "mine-new" not in said


def test_unreadable_provider_is_told_whatever_is_asked_for(project, check):
    """Nobody knows what else would be found, so that only its whole code leaves it out."""
    project.write("mine.py", "1 / 0")
    assert check("--select", "BK402") == check("--ignore", "BK3") == (1, {"BK301"})
    assert check("--ignore", "BK301") == (0, set())


@pytest.mark.parametrize("code", sorted(UNJUDGED))
def test_what_was_not_judged_is_left_out_by_its_whole_code_alone(code):
    """A selection of other codes, or a beginning that is ignored, does not hide it."""
    assert of_options(["BK402"], ["BK"]).have(code)
    assert not of_options([code], [code]).have(code)


def test_longest_beginning_decides():
    """Of two that are equally long, the one that leaves out."""
    assert Codes(("BK402",), ("BK4",)).have("BK402")
    assert not Codes(("BK4",), ("BK402",)).have("BK402")
    assert not Codes(("BK402",), ("BK402",)).have("BK402")


def test_wrong_settings_end_with_exit_code_2(project, start):
    """Nothing is judged by settings that are partly understood."""
    project.write("pyproject.toml", f"{PROJECT}[tool.backportkit.check]\nselect = ['BK499']\n")
    done = start(project, "check", ".")
    assert (done.returncode, done.stdout) == (2, "")
    assert "select of [tool.backportkit.check] in pyproject.toml names 'BK499'" in done.stderr


def test_table_of_another_kind_is_refused(project, start):
    """`check` under [tool.backportkit] is a table."""
    project.write("pyproject.toml", f"{PROJECT}check = 'BK4'\n")
    done = start(project, "check", ".")
    assert done.returncode == 2
    assert "a table with `select` and `ignore`" in done.stderr


def test_scan_chooses_findings_too(world, start):
    """By options and by the pyproject.toml in the working directory; the exit code follows."""
    world.write("pyproject.toml", '[project]\nname = "mine"\ndependencies = ["victim>=3"]\n')
    world.write("mine.py", BY_HAND)

    def scan(*more):
        done = start(world, "scan", ".", "--offline", *more)
        return done.returncode, done.stdout.splitlines()[-1]

    assert scan() == (3, "1 file, 2 patches by hand: 1 dead, 1 applied without any range")
    left = f"1 file, 1 patch by hand: 1 applied without any range; {LEFT_OUT} 1 BK601"
    assert scan("--select", "BK605") == (0, left)
    with (world.folder / "pyproject.toml").open("a") as file:
        file.write("[tool.backportkit.check]\nselect = ['BK605']\n")
    assert scan() == (0, left)
