"""`backportkit prove --python`: each proof with each of several Pythons, and `--provider`: of some providers alone."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from pathlib import Path

import pytest
import warm

from backportkit.proof import interpreters, joined
from backportkit.proof.record import Alike, Cell, Matrix, Outcome

pytestmark = pytest.mark.warm

HERE = platform.python_version()
PROVIDER = """
from backportkit import register

def reproduce():
    import victim
    assert victim.g() == "new", f"g() gave {victim.g()}"

def f():
    return "new"

whole = dict(summary="g() gives the wrong answer", target="victim:f", replacement="provider:f",
             reproducer=dict(run="provider:reproduce", expect="g.. gave old$"))
register(dict(whole, id="victim-1", requires="victim>=1,<2"))
"""


@pytest.fixture
def world(world, monkeypatch):
    """A provider of a patch, releases of its target that only the tests have, and a cache of its own."""
    monkeypatch.setenv("UV_FIND_LINKS", str(world.folder / "wheels"))
    monkeypatch.setenv("BACKPORTKIT_CACHE", str(world.folder / "cache"))
    (world.folder / "wheels").mkdir()
    for version, answer in {"0.9": "new", "1.0": "old"}.items():
        world.wheel("victim", version, f"def f(): return '{answer}'\ndef g(): return f()\n")
    world.distribution("provider", "1.0", {"victim": "provider", "json": "provider"})
    world.write("provider.py", PROVIDER)
    return world


@pytest.fixture
def other(monkeypatch):
    """Return a Python that is not the running one. Where pyenv's shims stand for Pythons, all of them are meant."""
    if shutil.which("pyenv"):
        found = subprocess.run(["pyenv", "versions", "--bare"], capture_output=True, text=True, check=True)  # noqa: S607
        monkeypatch.setenv("PYENV_VERSION", ":".join([HERE, *found.stdout.split()]))
    found = [str(one.version) for one in interpreters.installed() if one != interpreters.RUNNING]
    if not found:
        pytest.skip("one Python is installed")
    return found[0]


def start(world, *arguments):
    variables = {"PYTHONPATH": str(world.folder), "COLUMNS": "200"}
    return warm.run(["-m", "backportkit", "prove", *arguments], Path.cwd(), variables)


def outcomes(matrix):
    return {(cell["python"], cell["version"]): cell["outcome"] for cell in matrix["cells"]}


def test_each_release_is_proved_with_each_python_that_is_named(world, other):
    """Table, JSON and page name the Python of each proof."""
    folder = world.folder / "proofs"
    asked = ("--python", f"{HERE},{other}", "--versions", "0.9,1.0", "--output", str(folder))
    done = start(world, "victim-1", *asked)
    assert done.returncode == 0, done.stderr + done.stdout
    rows = [line.split()[1:5] for line in done.stdout.splitlines()[:-1]]
    each = [["victim", version, python] for python in (HERE, other) for version in ("0.9", "1.0")]
    assert rows == [["release", "Python", "in", "range"], *([*one, "no" if "0.9" in one else "yes"] for one in each)]
    record = json.loads((folder / "victim-1.json").read_text("utf-8"))
    expected = {"0.9": "dormant", "1.0": "proved"}
    assert outcomes(record) == {(python, one): expected[one] for python in (HERE, other) for one in expected}
    page = (folder / "README.md").read_text("utf-8")
    for python in (HERE, other):
        assert f"| [victim-1](victim-1.json), Python {python} | dormant | red → green → red |" in page
    for python in (HERE, other):
        assert f"installing victim==1.0 with Python {python}" in done.stderr.splitlines()
        assert f"victim-1 on 1.0 with Python {python}: proved" in done.stderr
    explained = warm.run(["-m", "backportkit", "explain", "victim-1"], world.folder, {"PYTHONPATH": str(world.folder)})
    assert ", ".join(f"1.0 with Python {python} proved" for python in (HERE, other)) in explained.stdout.replace(
        f", 0.9 with Python {other} dormant", ""
    )
    quiet = start(world, "victim-1", "--python", HERE, "--versions", "1.0", "--quiet")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


def test_patch_of_python_itself_is_proved_on_the_pythons_that_are_named(world, other):
    """The Pythons are its releases, in its range or out of it, and one matrix has them all."""
    of_python = """
def say():
    import json
    assert json.dumps(1) != "1", "dumps gave 1"

def dumps(*args, **more):
    return "2"

register(dict(id="json-1", summary="s", target="json:dumps", replacement="provider:dumps", requires="python==RUNNING",
              reproducer=dict(run="provider:say", expect="dumps gave 1")))
"""
    world.write("provider.py", PROVIDER + of_python.replace("RUNNING", HERE))
    done = start(world, "json-1", "--json", "--python", HERE, "--python", other)
    assert done.stdout, done.stderr
    (record,) = json.loads(done.stdout)
    assert outcomes(record) == {(HERE, HERE): "proved", (other, other): "red"}, done.stdout


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("3.9", "--python: there is no Python 3.9 here"),
        ("3.98,3.99", "--python: there is no Python 3.98, 3.99 here"),
        ("py", "--python: 'py' is no version of Python"),
        ("", "--python: '' is no version of Python"),
    ],
)
def test_python_that_is_not_there_is_an_error_before_anything_is_made(world, named, told):
    """It is told which Pythons there are, and the cache stays empty."""
    done = start(world, "victim-1", "--python", named)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"backportkit: {told}" in done.stderr
    assert HERE in done.stderr or "no version" in told
    assert f"uv python install {named.replace(',', ' ')}`" in done.stderr or "no version" in told
    assert not (world.folder / "cache" / "environments").exists()


def test_line_of_pythons_means_the_running_one_or_its_newest(monkeypatch):
    """3.98 is the newest 3.98 that is installed, and the line of the running Python is that one."""
    found = [
        {"version": version, "path": f"/{version}", "implementation": "cpython"} for version in ("3.98.2", "3.98.10")
    ]
    found.append({"version": "3.98.11", "path": "/t", "implementation": "cpython", "variant": "freethreaded"})
    monkeypatch.setattr(interpreters.uv, "run_uv", lambda arguments: json.dumps(found))
    line = HERE.rpartition(".")[0]
    assert interpreters.named(["3.98", "3.98.2", line, HERE], "--python") == [
        *(interpreters.Interpreter(interpreters.Version(one), f"/{one}") for one in ("3.98.10", "3.98.2")),
        interpreters.RUNNING,
    ]


def matrix(**fields):
    whole = {
        "patch": "p",
        "summary": "s",
        "package": "v",
        "requires": "v<2",
        "fixes": None,
        "holds": True,
        "right": None,
    }
    return Matrix.model_validate(whole | {"platform": "p", "cells": (), "notes": ()} | fields)


def of(version, matrix):
    return interpreters.Interpreter(interpreters.Version(version), "python"), [matrix]


def test_what_pythons_do_not_agree_upon_is_told_of_each(world):
    """A patch holds where it does with each Python; a range is proposed where all speak for it."""
    alike = Alike(versions=("1", "2"), like="3", outcome=Outcome.PROVED)
    narrow = matrix(holds=False, right="v<1.5", notes=("both", "one"), alike=(alike,))
    (told,) = joined.join([of("3.10.1", matrix(notes=("both",))), of("3.11.1", narrow)])
    assert (told.holds, told.right) == (False, None)
    assert told.notes == ("with Python 3.11.1 the range should be v<1.5", "both", "with Python 3.11.1: one")
    assert "1 to 2 (2 releases) were not installed with Python 3.11.1: same bodies" in told.alike[0].line
    (agreed,) = joined.join([of("3.10.1", narrow), of("3.11.1", narrow)])
    assert (agreed.right, agreed.notes) == ("v<1.5", ("both", "one"))


def test_release_to_leave_out_is_named_once(world):
    """The next step names a release that is broken with two Pythons once."""
    cells = [
        Cell(version="1", python=python, declared=True, outcome=Outcome.BROKEN, message="m")
        for python in ("3.10", "3.11")
    ]
    assert matrix(holds=False, cells=cells).next_step.startswith("bound `requires` so that it leaves out 1, or")


def test_provider_alone_is_proved(world):
    """Its patches with a reproducer are meant, of which a pattern may choose."""
    world.distribution("Second_One", "1.0", {"victim": "second"})
    second = PROVIDER.replace("victim-1", "second-1").replace("provider:", "second:")
    world.write("second.py", second)
    done = start(world, "--provider", "second-one", "--versions", "1.0", "--json")
    assert done.stdout, done.stderr
    assert [one["patch"] for one in json.loads(done.stdout)] == ["second-1"]
    done = start(world, "--provider", "second-one", "victim*", "--exclude", "second-1")
    assert "no patch is left to prove" in done.stderr


def test_unknown_provider_is_named_with_the_likest(world):
    """A proof of nothing would succeed."""
    done = start(world, "--provider", "provder")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no provider called 'provder' is here" in done.stderr
    assert "did you mean 'provider'?" in done.stderr
