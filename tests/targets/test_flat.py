"""Plain functions in place of plain functions, which are put in and taken out in one go: as if one by one."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from backportkit.layers import flat
from backportkit.layers.ledger import Ledger
from backportkit.layers.plain import Fitting

pytestmark = pytest.mark.warm

START = """
import asyncio, functools, sys, types
import backportkit
from backportkit import register
victim = sys.modules["victim"] = types.ModuleType("victim")
exec('''
import functools
def f(a, b=None):
    "What it does."
    return "old"
def g(a, *, b): return "old"
def h(a, b, /): return "old"
async def waits(a): return "old"
@functools.singledispatch
def generic(a): return "old"
@generic.register
def _(a: int): return "number"
class Meta(type): pass
class C:
    def m(self): return "old"
class D(metaclass=Meta):
    def m(self): return "old"
''', vars(victim))
first = dict(vars(victim)), dict(vars(victim.C)), dict(vars(victim.D))
def put(target, replacement, id_="p-1", **fields):
    named = {"id": id_, "target": f"victim:{target}", "replacement": replacement}
    register({"summary": "s", "requires": "python<4"} | named | fields)
def apply():
    try: backportkit.apply_all()
    except backportkit.BackportError as error: return type(error).__name__
def states():
    return " ".join(str(s.state) for s in backportkit.status() if s.provider == "__main__")
def undo():
    backportkit.unpatch_all()
    print(states(), first == (dict(vars(victim)), dict(vars(victim.C)), dict(vars(victim.D))))
"""

CASES = {
    "a function": ("f", "def new(a, b=None): return 'new'", "victim.f(1)"),
    "takes every call": ("f", "def new(*args, **kwargs): return 'new'", "victim.f(1)"),
    "annotations": ("f", "def new(a: int, b=None) -> str: return 'new'", "victim.f(1)"),
    "attributes": ("f", "def new(a, b=None): return 'new'\nnew.mark = 1", "victim.f(1)"),
    "a closure": (
        "f",
        "def outer(x):\n  def new(a, b=None): return x\n  return new\nnew = outer('new')",
        "victim.f(1)",
    ),
    "keyword only": ("g", "def new(a, *, b): return 'new'", "victim.g(1, b=2)"),
    "by position only": ("h", "def new(a, b, /): return 'new'", "victim.h(1, 2)"),
    "a method": ("C.m", "def new(self): return 'new'", "victim.C().m()"),
    "a class of another type": ("D.m", "def new(self): return 'new'", "victim.D().m()"),
    "async": ("waits", "async def new(a): return 'new'", "asyncio.run(victim.waits(1))"),
    "generic": ("generic", "def new(a): return 'new'", "victim.generic('')"),
}


@pytest.mark.parametrize(("target", "source", "call"), CASES.values(), ids=CASES)
def test_function(world, target, source, call):
    """A replacement is called, has its target's names and, if need be, docstring, and is gone after the undo."""
    path = f"victim.{target}"
    script = f"""
{source}
put({target!r}, new)
backportkit.apply_all()
backportkit.apply_all()
print({call}, {path}.__module__, {path}.__qualname__, {path}.__name__ == {target.rpartition(".")[2]!r}, states())
undo()
"""
    lines = world.run(START + script)
    assert lines == [f"new victim {target} True applied", "reverted True"]


def test_doc(world):
    """The docstring is the replacement's, or else the original's."""
    script = """
def new(a, b=None): return "new"
put("f", new)
backportkit.apply_all()
print(victim.f.__doc__)
undo()
new.__doc__ = "What it does now."
backportkit.apply_all()
print(victim.f.__doc__)
"""
    assert world.run(START + script) == ["What it does.", "reverted True", "What it does now."]


@pytest.mark.parametrize(
    ("target", "source"),
    [
        ("f", "def new(a, b): pass"),
        ("f", "def new(b, a=None): pass"),
        ("f", "async def new(*args, **kwargs): pass"),
        ("g", "def new(a): pass"),
        ("h", "def new(a): pass"),
        ("waits", "def new(a): pass"),
    ],
)
def test_misfit(world, target, source):
    """The signature and kind that callers rely upon are compared; a refused patch does not keep another one out."""
    script = f"""
{source}
def fits(self): return "new"
put({target!r}, new)
put("C.m", fits, "p-9")
print(apply(), victim.C().m(), states())
undo()
"""
    assert world.run(START + script) == ["SignatureError new failed applied", "reverted reverted True"]


def test_two(world):
    """The first of two patches of one target wins, also if a patch of another target comes between them."""
    script = """
def one(a, b=None): return "one"
def two(a, b=None): return "two"
def m(self): return "new"
put("f", one, "p-1")
put("C.m", m, "p-2")
put("f", two, "p-3")
print(apply(), victim.f(1), victim.C().m(), states())
undo()
"""
    assert world.run(START + script) == [
        "ConflictError one new applied applied conflict",
        "reverted reverted reverted True",
    ]


def test_edited_between(world):
    """Code and defaults that a replacement was given meanwhile count the next time, and so does another function."""
    world.write("mine.py", "def new(a, b=None): return 'new'\ndef other(a, b=None): return 'other'\n")
    script = """
import mine
put("f", "mine:new")
changes = ["", "mine.new.__code__ = mine.other.__code__", "mine.new.__defaults__ = (1,)"]
for change in (*changes, "mine.new = lambda a, b=2: 'third'"):
    exec(change)
    backportkit.apply_all()
    print(victim.f(1), victim.f.__defaults__)
    backportkit.unpatch_all()
undo()
"""
    expected = ["new (None,)", "other (None,)", "other (1,)", "third (2,)", "reverted True"]
    assert world.run(START + script) == expected


def test_marked_between(world):
    """An original that was made a coroutine function since it was patched first is one when it is patched again."""
    script = """
def new(a, b=None): return "new"
put("f", new)
print(apply(), victim.f(1))
backportkit.unpatch_all()
if sys.version_info >= (3, 12): inspect.markcoroutinefunction(victim.f)
else: victim.f._is_coroutine = asyncio.coroutines._is_coroutine
print(apply(), victim.f(1))
"""
    assert world.run(f"import asyncio.coroutines, inspect\n{START}{script}") == ["None new", "SignatureError old"]


def test_class_made_anew(world):
    """A class that was made anew is patched where it is now."""
    script = """
def m(self): return "new"
put("C.m", m)
backportkit.apply_all()
backportkit.unpatch_all()
exec("class C:\\n def m(self): return 'old'", vars(victim))
for _ in range(2):
    backportkit.apply_all()
    print(victim.C().m(), states())
    backportkit.unpatch_all()
del victim.C
print(apply(), states())
"""
    assert world.run(START + script) == ["new applied", "new applied", "TargetError failed"]


def test_replacement_that_cannot_be_imported(world):
    """A replacement that cannot be imported is an error that says so, and the other patch is applied."""
    script = """
def m(self): return "new"
put("f", "absent:f")
put("C.m", m, "p-9")
print(apply(), victim.C().m(), states())
"""
    assert world.run(START + script) == ["ReplacementError new failed applied"]


def test_others_on_top(world):
    """An object that somebody has put on top of one of many layers stays, and the other layers are taken out."""
    script = """
def f(a, b=None): return "new"
def m(self): return "new"
put("f", f)
put("C.m", m, "p-9")
backportkit.apply_all()
victim.f = theirs = lambda *args: "theirs"
try: backportkit.unpatch_all()
except backportkit.ConflictError as error: print(error.patch, victim.f is theirs, victim.C().m(), states())
"""
    assert world.run(START + script) == ["p-1 True old conflict reverted"]


# What comes in between: on the call of a function of ours, or of the nth in C that it calls.
BETWEEN = """
def at(name, number, do):
    left = [number]
    def watch(frame, event, _):
        wanted = "c_call" if number else "call"
        if event == wanted and frame.f_code.co_name == name and "backportkit" in frame.f_code.co_filename:
            left[0] -= 1
            if left[0] <= 0:
                sys.setprofile(None)
                do()
    sys.setprofile(watch)
def interrupt(): raise KeyboardInterrupt
def f(a, b=None): return "new"
def m(self): return "new"
put("f", f)
put("C.m", m, "p-2")
user = sys.modules["user"] = types.ModuleType("user")
user.f = victim.f
"""


@pytest.mark.parametrize("then", ["apply_all", "unpatch_all"])
@pytest.mark.parametrize("number", [1, 3, 4])
def test_interrupted(world, number, then):
    """Interrupted while many are put in or taken out, the next call does all of it."""
    script = f"""
def interrupted(call):
    at("write", {number}, interrupt)
    try: call()
    except KeyboardInterrupt: pass
    sys.setprofile(None)
    backportkit.{then}()
    print(victim.f(1), victim.C().m(), user.f(1), states())
interrupted(backportkit.apply_all)
backportkit.apply_all()
interrupted(backportkit.unpatch_all)
undo()
"""
    expected = "new new new applied applied" if then == "apply_all" else "old old old reverted reverted"
    assert world.run(START + BETWEEN + script) == [expected, expected, "reverted reverted True"]


def test_copies_made_since(world):
    """A copy that was made while the target was patched is bound back, also one of a function in a descriptor."""
    script = """
victim.C.s = staticmethod(lambda: "old")
put("C.s", staticmethod(lambda: "new"), "p-3")
backportkit.apply_all()
user.m, user.s = victim.C.m, victim.C.s
print(user.f(1), user.m(1), user.s())
backportkit.unpatch_all()
print(user.f(1), user.m(1), user.s(), states())
"""
    assert world.run(START + BETWEEN + script) == ["new new new", "old old old reverted reverted reverted"]


def test_shifted_between(world):
    """An object that somebody puts in place between the two phases stands beneath our layer."""
    script = """
def shift(): victim.f = lambda a, b=None: "theirs"
at("carry_out", 0, shift)
print(apply(), victim.f(1), victim.C().m(), states())
backportkit.unpatch_all()
print(victim.f(1), states())
"""
    assert world.run(START + BETWEEN + script) == ["None new new applied applied", "theirs reverted reverted"]


def test_taken_out_between(world):
    """A patch that is taken out while it is put in is out in the end, and the other patches stay."""
    script = """
at("held_after", 0, lambda: backportkit.unpatch("p-1"))
print(apply(), victim.f(1), user.f(1), victim.C().m(), states())
undo()
"""
    assert world.run(START + BETWEEN + script) == ["None old old new reverted applied", "reverted reverted True"]


def test_taken_out_before(world):
    """A patch that was taken out before its module came is not put in."""
    world.write("late.py", "def f(): return 'old'\ndef g(): return 'old'\n")
    script = """
def new(): return "new"
for name in "fg":
    named = {"id": f"late-{name}", "target": f"late:{name}", "replacement": new}
    register({"summary": "s", "requires": "python<4"} | named)
backportkit.apply_all()
backportkit.unpatch("late-f")
import late
print(late.f(), late.g(), states())
"""
    assert world.run(START + script) == ["old new reverted applied"]


# --- by themselves ---


@pytest.fixture
def module():
    made = ModuleType("victim")
    exec("def f(): return 'old'\ndef g(): return 'old'", vars(made))  # noqa: S102
    return made


def plan_for(module, ledger, *names):
    fittings = [Fitting(lambda: "new", "p", "victim", name) for name in names]
    return flat.FlatPlan((), flat.prepare(fittings, module, ledger))


@pytest.mark.parametrize("meanwhile", ["assigned", "revoked", "patched"])
def test_shifted(module, meanwhile):
    """A plan puts nothing in if one of its places has changed since it was prepared."""
    ledger = Ledger()
    first = module.f, module.g
    plan = plan_for(module, ledger, "f", "g")
    if meanwhile == "assigned":
        module.g = first = print
    elif meanwhile == "revoked":
        ledger.drop_if_gone(plan.wanted[1])
    else:
        assert ledger.carry_out(plan_for(module, ledger, "g"))
    assert not ledger.carry_out(plan)
    assert (module.f(), len(ledger.all_layers())) == ("old", int(meanwhile == "patched"))
    assert first


def test_module_gone(module):
    """Nothing is put into a module that has gone since it was prepared."""
    ledger = Ledger()
    plan = plan_for(module, ledger, "f")
    plan.wanted[0].ground.owner_of = lambda: None
    assert not ledger.carry_out(plan)
    assert (module.f(), ledger.stacks) == ("old", {})


def test_taken_out_before_it_is_in(module):
    """A layer that somebody takes out between the two phases is not put in."""
    ledger = Ledger()
    plan = plan_for(module, ledger, "f")
    assert ledger.carry_out(flat.FlatRemoval(plan.wanted))
    assert not ledger.carry_out(plan)
    assert (module.f(), ledger.stacks) == ("old", {})


def test_counts(module, monkeypatch):
    """Every replaced object may have copies where reference counts tell nothing."""
    ledger = Ledger()
    plan = plan_for(module, ledger, "f")
    assert ledger.carry_out(plan)
    assert flat.held_after(plan) == []
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    assert [change.new for change in flat.held_after(plan)] == [module.f]
    removal = flat.FlatRemoval(plan.wanted)
    assert ledger.carry_out(removal)
    assert [change.new for change in flat.held_after_removal(removal)] == [module.f]
    assert ledger.owed()


def test_owner_gone(module):
    """A removal leaves a layer whose module is gone to the code that drops the module's record."""
    ledger = Ledger()
    plan = plan_for(module, ledger, "f")
    assert ledger.carry_out(plan)
    alive = ModuleType("alive")
    alive.__dict__.update(vars(module))
    layer = plan.wanted[0]
    layer.ground.owner_of = lambda: None
    removal = flat.FlatRemoval([layer])
    assert ledger.carry_out(removal)
    assert list(removal.left) == [layer]


def test_signature_that_is_stated(world):
    """The signature that a replacement states counts, and not the arguments that its code takes."""
    script = """
import inspect
def new(a, b=None): return "new"
new.__signature__ = inspect.signature(lambda a: None)
put("f", new)
print(apply(), victim.f(1, 2))
"""
    assert world.run(START + script) == ["SignatureError old"]
