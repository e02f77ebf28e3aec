"""Callers that were compiled with what they call: the reason of a status and `check` name what they may keep."""

from __future__ import annotations

import json

import pytest
import warm

pytestmark = pytest.mark.warm

# A class of the form that numba has; tests/tools/test_compiled_callers has numba itself.
NUMBA = """
class Dispatcher:
    def __init__(self, function): self.function, self.frozen = function, function.__globals__.copy()
    def __call__(self, *args): return type(self.function)(self.function.__code__, self.frozen)(*args)
    def recompile(self): self.frozen = self.function.__globals__.copy()
def njit(function): return Dispatcher(function)
"""
VICTIM = """
import numba
@numba.njit
def inner(): return "old"
@numba.njit
def outer(): return inner()
def plain(): return "old"
class C: pass
"""
DECLARE = """
from backportkit import register
def scanstring(*args): return "new", 4
def new(*args): return "new"
def again(module): module.outer.recompile()
def declare(target, replacement, **more):
    register(dict(id="one", summary="s", requires="python<4", target=target, signature="change") | replacement | more)
"""
USE = """
import sys, json, math
import backportkit
backportkit.apply_all()
import victim
print(*({use}))
print(*[one.reason for one in backportkit.status() if one.id == "one"])
"""
NEW = "replacement=new"
BY_NUMBA = "callers that numba has compiled keep the original of victim:inner until they are compiled anew"
RECOMPILED = "replacement='jitted:new', callbacks=dict(after_apply=again, after_undo=again)"
CASES = {
    "a function in C": ("json.decoder:scanstring", "replacement=scanstring", "json.loads('[\"abc\"]')", "abc", "json"),
    "a constant in C": ("math:pi", "value=3", "math.pi,", "3", "math"),
    "a function that numba compiles": ("victim:inner", NEW, "victim.inner(), victim.outer()", "new old", BY_NUMBA),
    "one whose caller is compiled anew": ("victim:inner", RECOMPILED, "victim.outer(),", "new", BY_NUMBA),
}


@pytest.fixture
def declared(world):
    """A world with a patch of a target."""

    def declare(target, replacement):
        world.distribution("victim", "1.0")
        world.write("numba/__init__.py", NUMBA)
        world.write("victim.py", VICTIM)
        world.write("jitted.py", "import numba\n@numba.njit\ndef new(): return 'new'\n")
        world.write("mine.py", f"{DECLARE}declare({target!r}, dict({replacement}), fixes='https://x.example/1')\n")
        return world

    return declare


@pytest.mark.parametrize("case", CASES)
def test_status_names_what_they_keep(declared, case):
    """The patch is in effect, and its reason says for whom it may not be."""
    target, replacement, use, found, said = CASES[case]
    kept = said if said == BY_NUMBA else f"compiled callers may keep the original of {target}"
    lines = declared(target, replacement).run(f"import mine{USE.format(use=use)}")
    assert lines == [found, f"in effect in {target.partition(':')[0]}; {kept}"]


@pytest.mark.parametrize("edit", [("victim:plain", NEW), ("math:tau2", "value=3, how='add'")])
def test_status_of_others_says_nothing(declared, edit):
    """A function written in Python has no such callers, and neither has what was not there."""
    lines = declared(*edit).run(f"import mine{USE.format(use='()')}")
    assert lines == ["", f"in effect in {edit[0].partition(':')[0]}"]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("math:sqrt", NEW), "what was compiled with it may keep the original: math "),
        (("victim:inner", NEW), "it is compiled by njit, and callers that numba has compiled keep the original"),
        (("victim:plain", NEW), None),
        (("victim:C.__eq__", NEW), None),
        (("math:cbrt2", "replacement=new, how='add'"), None),
    ],
)
def test_check_names_what_they_keep(declared, edit, said):
    """A note for each target that is written in C or compiled by numba, as far as source tells."""
    world = declared(*edit)
    done = warm.run(["-m", "backportkit", "check", "mine.py", "--json"], world.folder, {})
    messages = [one["message"] for one in json.loads(done.stdout)["findings"] if one["code"] == "BK221"]
    assert [message.startswith(said) for message in messages] == [True] * (said is not None)
