"""Output in a narrow terminal breaks no word, and says where it leaves something out."""

from __future__ import annotations

import pytest
import warm

pytestmark = pytest.mark.warm

LONG = "patch-of-a-victim-with-a-long-name"
TARGET = f"victim:{'Long' * 6}.{'attribute' * 2}"
PATCHES = """
from backportkit import backport
@backport("victim:f", id="victim-1", requires="victim<2", opt_in=True, summary="s")
def f(): pass
@backport({target!r}, id={long!r}, requires="victim<2", summary="s", fixes="https://upstream.example/1")
def g(self): pass
@backport("victim:h", id="victim-3", requires="victim<3", summary="s", reproducer="rep:run")
def h(): pass
"""
REPRODUCER = "def run():\n    raise ValueError('no file /' + 'folder/' * 12 + ' and no other, ' * 4)\n"


@pytest.fixture
def wide(world):
    """A world with patches whose ids, targets and failures are long."""
    world.provide("def f(): pass\ndef h(): pass\n", PATCHES.format(target=TARGET, long=LONG))
    world.write("rep.py", REPRODUCER)
    return world


def start(world, *line, **env):
    variables = {"PYTHONPATH": str(world.folder), "TMPDIR": str(world.folder)} | env
    return warm.run(["-m", "backportkit", *line], world.folder, variables)


def test_status_of_a_narrow_terminal(wide):
    """At 80 columns each patch is a line with its whole id below the head, and its whole reason stands below it."""
    lines = start(wide, "status", COLUMNS="80").stdout.splitlines()
    _head, *shown = (line for line in lines if "provider" in line and not line.startswith(" "))
    assert [line.split()[0] for line in shown] == ["victim-1", LONG, "victim-3"]
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)


def test_status_has_a_line_a_patch(wide):
    """Where there is room for its beginning, what has none is cut, and where it is said."""
    lines = start(wide, "status", COLUMNS="110").stdout.splitlines()
    shown = [line for line in lines if "provider" in line][1:]
    assert [line.split()[0] for line in shown] == ["victim-1", LONG, "victim-3"]
    assert all("…" in line for line in shown)
    assert "what ends in an ellipsis is shown in full by: backportkit explain ID" in lines


def test_status_in_a_file_is_whole(wide):
    """`status` cuts nothing if its output goes to a file, which has no width."""
    done = start(wide, "status", COLUMNS="")
    assert "…" not in done.stdout
    assert "apply_all(enable='victim-1'), or enable = ['victim-1'] under [tool.backportkit]" in done.stdout
    assert "ellipsis" not in done.stdout


def test_next_step_is_a_line_of_its_own(wide):
    """The next step stands below its finding."""
    lines = start(wide, "check", "provider", "-v", COLUMNS="80").stdout.splitlines()
    assert any(line.startswith("  next: ") for line in lines)


@pytest.mark.parametrize("columns", ["40", "80", "120"])
def test_check_breaks_no_word(wide, columns):
    """Ids, targets and places are whole, however narrow the terminal is."""
    said = start(wide, "check", "provider", "-v", COLUMNS=columns).stdout.split()
    assert {f"[{LONG}]", TARGET, "provider.py:5:"} <= set(said)


def test_proof_breaks_no_word(wide):
    """A path in a failure is whole, below the line of its run; the lines of a matrix are cut."""
    said = start(wide, "prove", "victim-3", COLUMNS="80").stdout
    assert "/" + "folder/" * 12 in said.split()
    assert "without  red" in said


def test_matrix_below_names_its_columns(wide):
    """Where reasons stand below their rows, the first line says what the other columns are."""
    wide.write(
        "provider.py",
        (wide.folder / "provider.py").read_text("utf-8").replace('id="victim-3"', f'id="victim-3-{"x" * 30}"'),
    )
    first, because, *_ = start(wide, "prove", "victim-3*", "--versions", "9.9", COLUMNS="70").stdout.splitlines()
    assert (first.split(), because.split()) == (["patch", "release", "in", "range", "shows", "time"], ["because"])
