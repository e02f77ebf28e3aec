"""A signal has the process say where its patches stand, as faulthandler says where its threads are."""

from __future__ import annotations

import re
import signal

import pytest

pytestmark = [
    pytest.mark.warm,
    pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="Windows has no such signal"),
]

START = "import backportkit, os, signal, threading; backportkit.apply_all(); import victim\n"
SEND = """
def send(number=signal.SIGUSR1):
    os.kill(os.getpid(), number)
    for one in threading.enumerate():
        if one.name == "backportkit-dump": one.join()
"""
USR1 = {"BACKPORTKIT_DUMP": "USR1"}


@pytest.fixture
def victim(world):
    world.provide(
        "def f(): return 'old'\n",
        'from backportkit import backport\n@backport("victim:f", requires="victim<9", id="victim-1", summary="s")\n'
        "def f(): return 'new'\n",
    )
    return world


@pytest.mark.parametrize("name", ["USR1", "SIGUSR1", "usr1"])
def test_by_a_variable(victim, name):
    """With BACKPORTKIT_DUMP, the signal writes one line a patch to stderr, and the process goes on."""
    done = victim.start(f"{START}{SEND}send(); print('on')", env={"BACKPORTKIT_DUMP": name})
    assert (done.returncode, done.stdout) == (0, "on\n")
    head, line = done.stderr.splitlines()
    assert re.fullmatch(r"backportkit: process \d+ at \S+: 1 patches, \d+ that are not meant for it", head)
    assert line.startswith("backportkit: victim-1: applied, ")


def test_each_time(victim):
    """Each signal tells how things are then."""
    script = f"{START}{SEND}send(); backportkit.unpatch_all(); send()"
    lines = victim.start(script, env=USR1).stderr.splitlines()
    assert [line.split(",")[0].rpartition(" ")[2] for line in lines[1::2]] == ["applied", "reverted"]


def test_by_a_call(victim):
    """A program asks for it by a call, once or twice, and a handler that was there before is called too."""
    own = "signal.signal(signal.SIGUSR1, lambda number, frame: print('own'))\n"
    ask = "backportkit.dump_on(signal.SIGUSR1); backportkit.dump_on(signal.SIGUSR1)\n"
    done = victim.start(START + SEND + own + ask + "send()")
    assert done.stdout == "own\n"
    assert done.stderr.count(": 1 patches, ") == 1


def test_while_a_patch_is_applied(victim):
    """A signal in the midst of work of ours is answered when that is done."""
    script = START.replace("; import victim", "").replace(
        "backportkit.apply_all()", "backportkit.dump_on(signal.SIGUSR1)"
    )
    victim.write(
        "provider.py",
        'from backportkit import backport\nimport os, signal\n@backport("victim:f", '
        'requires="victim<9", id="victim-1", summary="s", how="wrap")\ndef f(original):\n'
        "    os.kill(os.getpid(), signal.SIGUSR1)\n    return lambda: 'new'\n",
    )
    wait = "\nfor one in threading.enumerate():\n    if one.name == 'backportkit-dump': one.join()\nprint(victim.f())"
    done = victim.start(f"{script}backportkit.apply_all(); import victim{wait}")
    assert (done.stdout, done.returncode) == ("new\n", 0)
    assert "victim-1: " in done.stderr


def test_unknown_signal(victim):
    """A name that is no signal is an error which names those that there are."""
    done = victim.start(START, env={"BACKPORTKIT_DUMP": "NONE"})
    assert "SettingsError: BACKPORTKIT_DUMP names no signal of this system" in done.stderr
    assert "SIGUSR1" in done.stderr


@pytest.mark.parametrize("case", ["signal that nobody can handle", "thread"])
def test_without_effect(victim, case):
    """Where Python allows no handler, the variable has no effect, and that is said."""
    in_thread = (
        "import backportkit, threading\none = threading.Thread(target=backportkit.apply_all)\none.start(); one.join()"
    )
    script, name = (in_thread, "USR1") if case == "thread" else ("import backportkit; backportkit.apply_all()", "KILL")
    done = victim.start(script, env={"BACKPORTKIT_DUMP": name})
    assert done.returncode == 0
    assert done.stderr.startswith(f"backportkit: BACKPORTKIT_DUMP={name} has no effect: ")


def test_all_switched_off(victim):
    """A process whose patches are all switched off still answers the signal, which would end it otherwise."""
    done = victim.start(f"{START}{SEND}send(); print('on')", env={**USR1, "BACKPORTKIT_DISABLE": "all"})
    assert (done.returncode, done.stdout) == (0, "on\n")
    assert ": 0 patches, " in done.stderr
