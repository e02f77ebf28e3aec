"""What is said of a patch while a call applies or undoes it: nobody else is blamed for what stands there."""

from __future__ import annotations

import textwrap

import pytest

pytestmark = pytest.mark.warm

START = """
import backportkit, sys, threading, types, victim
def declare(id, target="victim:f", **fields):
    fields.setdefault("replacement", lambda *args: "new")
    backportkit.register(dict(id=id, summary="s", requires="victim<2", target=target) | fields)
def standing(id="p-1"):
    found = next(status for status in backportkit.status() if status.id == id)
    return f"{found.state}: {found.reason}"
class Telling(dict):
    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        seen.append(standing())
seen = []
"""
UNDER_WAY = "waiting: applying it is under way"
IN_EFFECT = "applied: in effect in victim"


@pytest.fixture
def run(world):
    """Run a script in a world with a distribution `victim` whose module is imported."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): return 'old'\ndef g(): return 'old'\n")
    return lambda script: world.run(START + textwrap.dedent(script))


def test_patch_that_is_being_applied_waits(run):
    """A callback asks, and another thread, of the patch that is applied and of one that the same call is to reach."""
    script = """
    entered, asked = threading.Event(), threading.Event()
    def pause(module):
        print(standing(), backportkit.is_applied("p-1"), backportkit.require("p-2"))
        entered.set()
        asked.wait(30)
    declare("p-1", callbacks={"before_apply": pause})
    declare("p-2", "victim:g")
    thread = threading.Thread(target=backportkit.apply_all)
    thread.start()
    entered.wait(30)
    print(standing(), standing("p-2"), backportkit.is_applied("p-2"), backportkit.require("p-1"), sep="; ")
    asked.set()
    thread.join()
    print(standing(), standing("p-2"), sep="; ")
    """
    assert run(script) == [
        f"{UNDER_WAY} False None",
        f"{UNDER_WAY}; {UNDER_WAY}; False; None",
        f"{IN_EFFECT}; {IN_EFFECT}",
    ]


def test_call_that_a_fork_leaves_behind_is_not_under_way_in_the_child(run):
    """A child says of a patch that a thread of its parent was applying that it is not in effect, and what to do."""
    script = """
    import os, warnings
    entered, forked = threading.Event(), threading.Event()
    def pause(module):
        entered.set()
        forked.wait(30)
    declare("p-1", callbacks={"before_apply": pause})
    thread = threading.Thread(target=backportkit.apply_all)
    thread.start()
    entered.wait(30)
    warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of every fork in a process with threads
    child = os.fork()
    if child == 0:
        forked.set()
        found = standing()
        backportkit.apply_all()
        print(found, standing(), sep="; ", flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    forked.set()
    thread.join()
    print(standing())
    """
    child, parent = run(script)
    assert child == f"failed: victim was imported past our finder: call apply_all() again; {IN_EFFECT}"
    assert parent == IN_EFFECT


def test_patch_that_a_call_does_not_reach_is_said_to_be_missed(run):
    """A call for another patch does not hide that a module was imported past the finder."""
    script = """
    declare("p-1", "late:f", requires="python<4")
    backportkit.apply_all()
    late = sys.modules["late"] = types.ModuleType("late")
    late.f = lambda *args: "old"
    declare("p-2", callbacks={"before_apply": lambda module: seen.append(standing())})
    backportkit.apply_all(only="p-2")
    print(seen == [standing()], *seen)
    """
    assert run(script) == ["True failed: late was imported past our finder: call apply_all() again"]


@pytest.mark.parametrize(
    ("targets", "undone"),
    [
        (["victim:TABLE['key']"], "reverted: taken out"),
        (
            ["victim:g", "victim:TABLE['key']"],
            "conflict: taking it out is under way, or was interrupted: call unpatch() again",
        ),
    ],
)
def test_patch_that_is_between_two_writes_is_told_as_such(run, targets, undone):
    """A mapping asks as the patch writes its item: what is not all there, or not all gone, is under way."""
    script = f"""
    victim.TABLE = Telling(key=lambda *args: "old")
    edits = [dict(target=target, replacement=lambda *args: "new") for target in {targets!r}]
    backportkit.register(dict(id="p-1", summary="s", requires="victim<2", edits=edits))
    backportkit.apply_all()
    backportkit.unpatch("p-1")
    print(*seen, sep=chr(10))
    """
    assert run(script) == [IN_EFFECT, undone]


def test_nobody_is_blamed_while_threads_apply_and_undo(run):
    """Whenever somebody asks, a patch waits, or is in effect, or is taken out."""
    script = """
    import os, random, time
    def switch(frame, event, _):
        if event == "call" and not frame.f_code.co_filename.startswith(ours): return None
        if random.random() < 0.05: time.sleep(random.random() * 1e-4)
        return switch
    ours = os.path.dirname(backportkit.__file__)
    declare("p-1")
    backportkit.apply_all()
    standing()
    threading.settrace(switch)
    def work():
        while not stop:
            backportkit.unpatch("p-1")
            backportkit.apply_all()
    stop, found, end = False, set(), time.monotonic() + 1
    thread = threading.Thread(target=work)
    thread.start()
    while time.monotonic() < end: found.add(standing())
    stop = True
    thread.join()
    print(*sorted(found), sep=chr(10))
    """
    assert set(run(script)) <= {IN_EFFECT, "reverted: taken out", UNDER_WAY}


def test_patch_that_is_undone_while_it_is_read_back(run):
    """What is said is what holds after the look, also if the look itself has changed it."""
    script = """
    class Meddling(dict):
        def __getitem__(self, key):
            if meddling and meddling.pop(): backportkit.unpatch("p-1")
            return super().__getitem__(key)
    meddling = []
    victim.TABLE = Meddling(key="old")
    declare("p-1", "victim:TABLE['key']", replacement=None, value="new")
    backportkit.apply_all()
    print(standing())
    meddling.append(True)
    print(standing(), victim.TABLE, meddling)
    """
    assert run(script) == [IN_EFFECT, "reverted: taken out {'key': 'old'} []"]


def test_container_that_goes_while_its_patch_is_undone(run):
    """Nothing is refused on behalf of a mapping that nobody has any more."""
    script = """
    class Leaving(dict):
        def __getitem__(self, key):
            if not leaving: return super().__getitem__(key)
            vars(victim).pop("TABLE", None)
            return "theirs"
    leaving = []
    victim.TABLE = Leaving(key="old")
    declare("p-1", "victim:TABLE['key']", replacement=None, value="new")
    backportkit.apply_all()
    leaving.append(True)
    backportkit.unpatch("p-1")
    print(standing(), hasattr(victim, "TABLE"))
    """
    assert run(script) == ["reverted: taken out False"]
