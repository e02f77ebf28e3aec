"""A target that its module has defined anew, or somebody has deleted, is not somebody's object on top of ours."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
import functools
LIMIT = 1234.5
def f(x): return ["old", x]
@functools.lru_cache
def cached(x): return ["old", x]
def again(function):
    @functools.wraps(function)
    def wrapper(x): return function(x)
    return wrapper
@again
def wrapped(x): return ["old", x]
class C:
    def m(self, x): return ["old", x]
    @classmethod
    def cm(cls, x): return ["old", x]
    @staticmethod
    def sm(x): return ["old", x]
    @property
    def p(self): return ["old", 1]
"""
START = """
import functools, importlib, types
import backportkit, victim
from backportkit import backport, register
D = dict(requires="victim<2", summary="s")
for id_ in "f", "cached", "wrapped":
    @backport("victim:" + id_, id="v-" + id_.lower(), **D)
    def f(x): return ["new", x]
register(dict(id="v-limit", target="victim:LIMIT", value=2345.5, **D))
@backport("victim:C", id="v-c", **D)
class C:
    def m(self, x): return ["new", x]
    @classmethod
    def cm(cls, x): return ["new", x]
    @staticmethod
    def sm(x): return ["new", x]
    @property
    def p(self): return ["new", 1]
original = victim.f
backportkit.apply_all()
ours = victim.f
def state(id_): return next(f"{s.state}: {s.reason}" for s in backportkit.status() if s.id == "v-" + id_.lower())
def undo(id_):
    try: backportkit.unpatch("v-" + id_.lower())
    except backportkit.ConflictError: return "refused"
    return state(id_)
def run_again():
    with open(victim.__file__) as file: exec(file.read(), vars(victim))
IDS = "f", "cached", "wrapped", "LIMIT", "C"
"""
LEFT = "was deleted or defined anew since it was applied, and left as it is"


@pytest.fixture
def victim(world):
    """A world with a victim."""
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    return world


def test_body_that_ran_past_the_finder_is_no_obstacle_to_undo(victim):
    """Undo puts nothing over what the body has defined, and says so."""
    script = """
run_again()
before = dict(vars(victim))
print(state("f"))
for id_ in IDS: print(undo(id_))
print(all(before[name] is value for name, value in vars(victim).items()), victim.f is original)
"""
    assert victim.run(START + script) == [
        "conflict: was applied, but something else stands at victim:f now",
        *(f"reverted: taken out; victim:{name} {LEFT}" for name in ("f", "cached", "wrapped", "LIMIT")),
        "reverted: taken out",
        "True False",
    ]


def test_body_that_ran_past_the_finder_is_patched_anew(victim):
    """The next call of apply_all patches what the body has defined, and undo brings that back."""
    script = """
run_again()
before = dict(vars(victim))
backportkit.apply_all()
print(*map(state, IDS), victim.f(1), victim.cached(1), victim.wrapped(1), victim.C().m(1), victim.LIMIT)
backportkit.unpatch_all()
print(all(before[name] is value for name, value in vars(victim).items()), victim.C().m(1), *map(state, IDS))
"""
    assert victim.run(START + script) == [
        "applied: in effect in victim " * 5 + "['new', 1] " * 4 + "2345.5",
        "True ['old', 1]" + " reverted: taken out" * 5,
    ]


def test_class_that_is_brought_up_to_date_in_place_is_no_obstacle_to_undo(victim):
    """Autoreload puts the methods of the new class into the old one: they stay there."""
    script = """
former = victim.C
run_again()
for name in "m", "cm", "sm", "p": setattr(former, name, vars(victim.C)[name])
print(undo("C"))
print(all(vars(former)[name] is vars(victim.C)[name] for name in ("m", "cm", "sm", "p")))
"""
    names = ", ".join(f"victim:C.{name}" for name in ("m", "cm", "sm", "p"))
    assert victim.run(START + script) == [f"reverted: taken out; {names} {LEFT}", "True"]


def test_name_that_was_deleted_stays_deleted(victim):
    """Undo does not fail, and does not put back what somebody has deleted; a later module is patched."""
    script = """
del victim.C.m, victim.f
print(undo("C"), undo("f"), sep="; ")
print(hasattr(victim.C, "m"), hasattr(victim, "f"), victim.C.sm(1), victim.C().p)
importlib.reload(victim)
backportkit.apply_all()
print(victim.f(1), victim.C().m(1))
"""
    assert victim.run(START + script) == [
        f"reverted: taken out; victim:C.m {LEFT}; reverted: taken out; victim:f {LEFT}",
        "False False ['old', 1] ['old', 1]",
        "['new', 1] ['new', 1]",
    ]


# Each puts something on top of victim.f that only looks as if the module had defined it.
ON_TOP = {
    "from elsewhere": "def f(x): return 1\nf.__module__ = 'victim'\nvictim.f = f",
    "the name alone": "@functools.wraps(victim.f)\ndef g(x): return ours(x)\nvictim.f = g",
    "around the original": "victim.f = victim.again(original)",
    "around ours": "victim.f = victim.again(ours)",
    "that calls ours": "vars(victim)['former'] = ours; exec('def f(x): return former(x)', vars(victim))",
    "under another name": "exec('def g(x): return 1\\nf = g', vars(victim))",
    "without a module": "victim.f = types.FunctionType((lambda x: 1).__code__, {})",
    "an object": "victim.f = types.SimpleNamespace(func=original)",
    "in a circle": "def f(x): return 1\nf.__wrapped__ = f\nvictim.f = f",
}


def test_what_was_put_on_top_is_in_the_way(victim):
    """An undo is refused, and leaves the foreign object on top, until that is gone."""
    script = """
for name, text in __CASES__.items():
    backportkit.apply_all()
    exec(text, globals())
    top = victim.f
    print(name, undo("f"), victim.f is top, sep="; ")
    victim.f = ours
    backportkit.unpatch("v-f")
    print(victim.f is original)
    backportkit.apply_all()
    ours = victim.f
victim.LIMIT = 1
print(undo("LIMIT"))
"""
    lines = victim.run(START + script.replace("__CASES__", repr(ON_TOP)))
    assert lines == [line for name in ON_TOP for line in (f"{name}; refused; True", "True")] + ["refused"]


def test_class_of_a_module_that_is_gone_is_patched_on_top(victim):
    """Without its module nobody can tell who has defined a method: it counts as put on top."""
    script = """
del sys.modules["victim"]
victim.C.m = types.FunctionType(victim.f.__code__, {"__name__": "victim"})
print(undo("C"))
"""
    assert victim.run(START + script) == ["refused"]


def test_patch_that_was_never_in_effect_is_not_said_to_be_taken_out(victim):
    """A patch that failed or waited says that it was not in effect; one that was taken out before still says that."""
    victim.write("later.py", "def f(): return 1\n")
    script = """
def f(): return 2
register(dict(id="v-gone", target="victim:gone", replacement=f, **D))
register(dict(id="v-later", target="later:f", replacement=f, **D))
try: backportkit.apply_all()
except backportkit.TargetError: print(state("gone"))
backportkit.unpatch("v-f")
backportkit.unpatch_all()
backportkit.unpatch_all()
print(*map(state, ("gone", "later", "f")), sep="\\n")
"""
    assert victim.run(START + script) == [
        "failed: the target is not there; found module victim has no 'gone'",
        "reverted: not to be applied any more; it was not in effect",
        "reverted: not to be applied any more; it was not in effect",
        "reverted: taken out",
    ]


def test_refused_undo_is_read_back(victim):
    """After a refused undo, a patch that is in effect again is applied, and one that others took out is reverted."""
    script = """
victim.f = functools.partial(victim.f)
print(undo("f"), state("f"))
victim.f = victim.f.func
print(state("f"), backportkit.is_applied("v-f"))
victim.f = original
print(state("f"), backportkit.is_applied("v-f"))
victim.f = print
print(state("f"))
"""
    conflict = "conflict: not undone: cannot be undone, since somebody patched on top of it; theirs is left as it is"
    beneath = "in effect in victim, beneath a functools.partial at 'f': where that calls it"
    assert victim.run(START + script) == [
        f"refused applied: {beneath}; undoing it was refused before: call unpatch() again",
        "applied: in effect in victim; undoing it was refused before: call unpatch() again True",
        "reverted: somebody has taken it out since undoing it was refused False",
        conflict,
    ]
