"""Code that somebody changes in place, as IPython's autoreload does, is noticed: state and reason say what runs."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

START = """
import functools, types
import backportkit, victim
from backportkit import register
def new(x): return ["new", x]
def theirs(x): return ["theirs", x]
def wrapper(original):
    def wrapped(x): return ["wrapped", original(x)]
    return wrapped
@functools.lru_cache
def cached(x): return ["new", x]
def declare(id_, target, replacement, **fields):
    fields = dict(id=id_, replacement=replacement, requires="victim<2", summary="s") | fields
    register(dict(target="victim:" + target) | fields)
def state(id_):
    found = next(s for s in backportkit.status() if s.id == id_)
    return f"{found.state}: {found.reason}"
kept = types.SimpleNamespace(f=victim.f)  # where no copy is looked for
"""
VICTIM = """
import functools
def f(x): return ["old", x]
@functools.lru_cache
def g(x): return ["old", x]
class C:
    @classmethod
    def m(cls, x): return ["old", x]
"""


@pytest.fixture
def victim(world):
    """A world with a victim."""
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    return world


def test_code_of_what_is_installed_is_read_back(victim):
    """A change of our function's code is a conflict that names what runs; an undo brings back the very original."""
    script = """
declare("ff", "f", new)
backportkit.apply_all()
ours, digest = victim.f, backportkit.report().digest
code = ours.__code__
ours.__code__ = theirs.__code__
print(victim.f(1), *state("ff").replace(theirs.__code__.co_filename, "FILE").split(": "), sep="\\n")
backportkit.apply_all()
print(backportkit.is_applied("ff"), backportkit.report().digest == digest)
try: backportkit.require("ff")
except backportkit.NotAppliedError: print("not required")
ours.__code__ = code
print(state("ff"))
ours.__code__ = theirs.__code__
backportkit.unpatch("ff")
print(victim.f is kept.f, victim.f(1))
backportkit.apply_all()
print(victim.f(1), state("ff"))
"""
    assert victim.run(START + script) == [
        "['theirs', 1]",
        "conflict",
        "was applied, but the code at victim:f was changed in place",
        "what runs is theirs() of FILE:7; unpatch it, and apply it again",
        "False False",
        "not required",
        "applied: in effect in victim",
        "True ['old', 1]",
        "['new', 1] applied: in effect in victim",
    ]


def test_replacement_that_is_changed_in_place_is_not_what_runs(victim):
    """A replacement whose code is changed after it was installed is a conflict; applying anew installs the new code."""
    script = """
declare("ff", "f", new)
backportkit.apply_all()
new.__code__ = theirs.__code__
print(victim.f(1), state("ff").partition("()")[0])
backportkit.unpatch("ff")
backportkit.apply_all()
print(victim.f(1), state("ff"))
"""
    assert victim.run(START + script) == [
        "['new', 1] conflict: was applied, but the replacement of victim:f was changed in place: what runs is new",
        "['theirs', 1] applied: in effect in victim",
    ]


def test_wraps_caches_and_class_methods_are_read_back(victim):
    """The product of a wrapper, also one made anew, and the functions in descriptors."""
    script = """
declare("ff", "f", wrapper, how="wrap")
declare("gg", "g", cached)
declare("mm", "C.m", lambda cls, x: ["new", x])
backportkit.apply_all()
declare("below", "f", new)
backportkit.apply_all()
names = ("ff", "gg", "mm")
print(*(state(name).partition(":")[0] for name in names))
functions = victim.f, victim.g.__wrapped__, vars(victim.C)["m"].__func__
for function in functions: function.__code__ = theirs.__code__.replace(co_freevars=function.__code__.co_freevars)
print(*(state(name).partition(":")[0] for name in names))
"""
    assert victim.run(START + script) == ["applied applied applied", "conflict conflict conflict"]


def test_original_that_is_changed_in_place_beneath_is_told(victim):
    """A patch stays in effect if the original is changed in place beneath it, and the reason says so."""
    script = """
declare("ff", "f", wrapper, how="wrap")
backportkit.apply_all()
kept.f.__code__ = theirs.__code__
print(victim.f(1), state("ff"), sep="\\n")
backportkit.unpatch("ff")
print(victim.f is kept.f)
"""
    assert victim.run(START + script) == [
        "['wrapped', ['theirs', 1]]",
        "applied: in effect in victim; what stood at victim:f before was changed in place since",
        "True",
    ]


def test_values_and_c_functions_have_no_code_to_change(victim):
    """Values and C functions are compared by identity alone; a wrapper that wraps itself is looked through once."""
    script = """
declare("ff", "f", "builtins:len", signature="change")
def circle(x): return ["new", x]
circle.__wrapped__ = circle
declare("gg", "g", circle, signature="change")
backportkit.apply_all()
print(state("ff"), state("gg"), sep=", ")
victim.g.__wrapped__.__code__ = theirs.__code__
print(state("gg").partition(":")[0])
"""
    assert victim.run(START + script) == ["applied: in effect in victim, applied: in effect in victim", "conflict"]


def test_factory_that_is_changed_in_place_and_patches_that_share_an_object_are_told_apart(victim):
    """A wrap is of the factory that was; two patches of one fix run one of two equal bodies, and both are applied."""
    script = """
declare("ff", "f", wrapper, how="wrap")
def m(cls, x):
    "One."
    return ["new", x]
def same(cls, x):
    return ["new", x]
declare("one", "C.m", m, fixes="https://upstream.example/1")
declare("other", "C.m", same, fixes="https://upstream.example/1")
backportkit.apply_all()
print(*(state(name).partition(":")[0] for name in ("ff", "one", "other")))
wrapper.__code__ = (lambda original: original).__code__
print(*(state(name).partition(":")[0] for name in ("ff", "one", "other")))
"""
    assert victim.run(START + script) == ["applied applied applied", "conflict applied applied"]


def test_equal_patches_of_one_module_by_two_names_change_nothing_beneath(victim):
    """Of two equal patches by two names of a module, none reports a change, in either order of undo."""
    victim.write("alias.py", "import sys, victim\nsys.modules[__name__] = victim\n")
    script = """
import alias
for name in "alias", "victim":
    fields = dict(target=name + ":f", requires="victim<2", summary="s", fixes="https://upstream.example/1")
    register(dict(id=name, replacement=new) | fields)
for name in "alias", "victim":
    backportkit.apply_all()
    print(state("alias"), state("victim"), victim.f(1))
    backportkit.unpatch(name)
    print(state("alias"), state("victim"), victim.f(1))
backportkit.unpatch_all()
print(victim.f is kept.f)
"""
    both = "applied: in effect in alias applied: in effect in victim ['new', 1]"
    assert victim.run(START + script) == [
        both,
        "reverted: taken out applied: in effect in victim ['new', 1]",
        both,
        "applied: in effect in alias reverted: taken out ['new', 1]",
        "True",
    ]
