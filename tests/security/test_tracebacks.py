"""The traceback of an error names the patches whose code is in it, and no others."""

from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
import functools
def f(x): raise ValueError(x)
def g(x): return f(x)
def quiet(x): raise KeyError(x)
def calls(function, x): return function(x)
class C:
    @property
    def size(self): raise TypeError
    def method(self): raise ValueError("m")
"""
PATCHES = """
import contextlib
from backportkit import backport
@backport("victim:f", requires="victim<9", id="victim-1", summary="s")
def f(x):
    return [1 / (each - x) for each in (x,)]
@backport("victim:g", requires="victim<9", id="victim-2", summary="s", how="wrap")
def wrapped(original):
    def inner(x): return original(x)
    return inner
@backport("victim:C.size", requires="victim<9", id="victim-3", summary="s")
def size(self):
    return (lambda: 1 / 0)()
@backport("victim:calls", requires="victim<9", id="victim-4", summary="s", how="replace")
@contextlib.contextmanager
def calls(function, x):
    yield function(x)
@backport("victim:C", requires="victim<9", id="victim-5", summary="s", namespace="target")
class C:
    def method(self):
        return functools.partial(int, base=2)("x")
"""
SEE = """
import backportkit, contextlib
backportkit.apply_all()
import victim
def see(call):
    try: call()
    except BaseException as error:
        print(*backportkit.note_patches(error))
        return error
"""
NOTES = "print(getattr(error, '__notes__', ''))"


@pytest.fixture
def victim(world):
    world.provide(VICTIM, PATCHES)
    return world


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("victim.f(1)", "victim-1", id="comprehension"),
        pytest.param("victim.g(1)", "victim-1 victim-2", id="wrap"),
        pytest.param("victim.C().size", "victim-3", id="property"),
        pytest.param("victim.C().method()", "victim-5", id="class"),
        pytest.param("victim.quiet(1)", "", id="other"),
        pytest.param("victim.calls(victim.quiet, 1).__enter__()", "victim-4", id="decorated"),
        pytest.param("contextlib.contextmanager(victim.quiet)(1).__enter__()", "", id="decorator of others"),
    ],
)
def test_ids(victim, call, expected):
    """The ids are those of the patches whose bodies are in the traceback, with all that is defined within them."""
    assert victim.run(f"{SEE}see(lambda: {call})") == [expected]


def test_note_is_added_once(victim):
    """The note names the ids, and stands there once however often it is asked for."""
    lines = victim.run(f"{SEE}error = see(lambda: victim.f(1)); backportkit.note_patches(error); {NOTES}")
    assert lines[1] == "['backportkit: code of victim-1 is in this traceback']"


def test_no_note_without_a_patch(victim):
    """An error that no patch had a part in gets no note."""
    assert victim.run(f"{SEE}error = see(lambda: victim.quiet(1)); {NOTES}") == ["", ""]


def test_undone(victim):
    """What was undone is not named any more."""
    assert victim.run(f"{SEE}backportkit.unpatch('victim-1')\nsee(lambda: victim.f(1))") == [""]


@pytest.mark.parametrize("link", ["from error", "", "from None"])
def test_causes(victim, link):
    """The tracebacks of causes and contexts count."""
    script = f"def call():\n    try: victim.f(1)\n    except ZeroDivisionError as error: raise OSError {link}\n"
    assert victim.run(f"{SEE}{script}see(call)") == ["victim-1"]


def test_circle_of_causes(victim):
    """Errors that cause one another are looked at once."""
    script = (
        "def call():\n    one, two = OSError(), OSError()\n    one.__cause__, two.__cause__ = two, one\n    raise one\n"
    )
    assert victim.run(f"{SEE}{script}see(call)") == [""]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups came with Python 3.11")
def test_groups(victim):
    """The tracebacks of the errors in a group count."""
    script = (
        "def call():\n    try: victim.f(1)\n    except ZeroDivisionError as error: raise ExceptionGroup('g', [error])\n"
    )
    assert victim.run(f"{SEE}{script}see(call)") == ["victim-1"]


NOTE = "backportkit: code of victim-1 is in this traceback"
CRASH = "import backportkit; backportkit.apply_all(); import victim\n"
ENDS = {
    "main": "victim.f(1)",
    "thread": "import threading; one = threading.Thread(target=victim.f, args=(1,)); one.start(); one.join()",
}


@pytest.mark.parametrize("where", ENDS)
def test_uncaught_by_a_variable(victim, where):
    """With BACKPORTKIT_TRACEBACKS, the note is shown with each error that nobody catches, in threads too."""
    shown = victim.start(CRASH + ENDS[where], env={"BACKPORTKIT_TRACEBACKS": "1"}).stderr
    assert shown.count(NOTE) == 1
    assert shown.index("ZeroDivisionError") < shown.index(NOTE)


def test_uncaught_by_a_call(victim):
    """A program asks for the same by a call; asking twice shows it once, and what was the hook before is called."""
    own = "import sys; sys.excepthook = lambda kind, error, traceback: print('own', kind.__name__)\n"
    ask = "backportkit.note_uncaught(); backportkit.note_uncaught()\n"
    done = victim.start(own + CRASH + ask + ENDS["main"])
    assert done.stdout == "own ZeroDivisionError\n"
    assert done.stderr.count(NOTE) == (sys.version_info < (3, 11))


def test_nothing_unless_asked_for(victim):
    """Without being asked, no hook of the program is touched."""
    same = "import sys; print(sys.excepthook is sys.__excepthook__)"
    assert victim.run(CRASH + same) == ["True"]


def test_error_that_cannot_be_noted(victim):
    """An error that refuses the note is shown all the same."""
    script = "class Odd(Exception):\n    def __getattribute__(self, name): raise RuntimeError(name)\nraise Odd('shown')"
    shown = victim.start(CRASH + script, env={"BACKPORTKIT_TRACEBACKS": "1"}).stderr
    assert "Odd" in shown
    assert "note_patches" not in shown


def test_variable_under_the_flag(victim):
    """Under -E the variable does not count."""
    script = CRASH + "import sys; print(sys.excepthook is sys.__excepthook__)"
    assert victim.run(script, flags=("-E",), env={"BACKPORTKIT_TRACEBACKS": "1"}) == ["True"]
