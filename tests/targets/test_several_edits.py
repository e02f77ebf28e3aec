"""Patches of several edits: all or none of them, whatever happens to one."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
def f(): return "old"
def g(): return "old"
class C:
    @property
    def size(self): return "old"
    @size.setter
    def size(self, value): self.__dict__["set"] = "old"
FLAG = False
"""

START = """
import backportkit, sys
from backportkit import register
from backportkit.source import fingerprint
import victim

FIELDS = {"summary": "s", "requires": "python<4"}
def declare(id_, *edits):
    register({"id": id_, "edits": list(edits)} | FIELDS)
def state(id_):
    return next(str(s.state) for s in backportkit.status() if s.id == id_)
def new(*a): return "new"
F = {"target": "victim:f", "replacement": new}
G = {"target": "victim:g", "replacement": new}
"""


def run(world, script):
    world.write("victim.py", VICTIM)
    return world.run(START + script)


@pytest.mark.parametrize("number", [0, 1])
def test_half_fixed_upstream_is_drift(world, number):
    """A patch of two edits is drifted, and not applied, if only one of the two bodies is upstream's fix."""
    script = f"""
prints = fingerprint.of_function(victim.f), fingerprint.of_function(victim.g)
other = "ast1:000000000000"
edits = [F | dict(original=prints[0], fixed=other), G | dict(original=prints[1], fixed=other)]
edits[{number}] |= dict(original=other, fixed=prints[{number}])
declare("p-1", *edits)
try: backportkit.apply_all()
except backportkit.DriftError as error: print(error.target)
print(victim.f(), victim.g(), state("p-1"))
"""
    assert run(world, script) == [f"victim:{'fg'[number or 1]}", "old old drifted"]


@pytest.mark.parametrize("name", ["f", "g"])
def test_one_that_is_lost_is_told_and_put_in_again(world, name):
    """A patch that has lost one of two edits is not applied; `apply_all` restores that, and all is undone."""
    script = f"""
originals = victim.f, victim.g
declare("p-1", F, G)
backportkit.apply_all()
victim.{name} = originals[{"fg".index(name)}]
print(backportkit.is_applied("p-1"), state("p-1"), victim.f(), victim.g())
try: backportkit.require("p-1")
except backportkit.NotAppliedError as error: print("required")
print(victim.f(), victim.g())
backportkit.apply_all()
print(backportkit.is_applied("p-1"), victim.f(), victim.g())
backportkit.unpatch("p-1")
print((victim.f, victim.g) == originals)
"""
    halves = "old new" if name == "f" else "new old"
    assert run(world, script) == [f"False conflict {halves}", "required", halves, "True new new", "True"]


def test_upper_part_of_a_property_that_others_took_out_is_told(world):
    """Somebody puts the lower edit's object there again by hand: the upper edit is lost, and the status says so."""
    script = """
declare("p-1", {"target": "victim:C.size.fget", "replacement": new})
backportkit.apply_all()
lower = vars(victim.C)["size"]
backportkit.unpatch("p-1")
parts = [{"target": f"victim:C.size.{part}", "replacement": new} for part in ("fget", "fset")]
declare("p-2", *parts)
import gc
backportkit.apply_all(only="p-2")
top = vars(victim.C)["size"]
steps = [each for each in gc.get_objects() if type(each) is property and each.fget is top.fget and each is not top]
victim.C.size = steps[0]
print(state("p-2"), backportkit.is_applied("p-2"))
backportkit.apply_all(only="p-2")
print(state("p-2"))
"""
    assert run(world, script) == ["conflict False", "applied"]


def test_value_that_was_changed_while_it_was_installed_is_as_declared_again(world):
    """A change that a program makes deep inside an installed value is gone after the undo, and so when it is anew."""
    script = """
value = [{"names": ["a"], "deep": {"er": [1]}}]
register({"id": "p-1", "target": "victim:FLAG", "value": value} | FIELDS)
backportkit.apply_all()
victim.FLAG[0]["names"].append("b")
victim.FLAG[0]["deep"]["er"].append(2)
victim.FLAG[0]["more"] = 1
backportkit.unpatch("p-1")
backportkit.apply_all()
print(victim.FLAG, value)
"""
    assert run(world, script) == ["[{'names': ['a'], 'deep': {'er': [1]}}] [{'names': ['a'], 'deep': {'er': [1]}}]"]


def test_patch_in_conflict_waits_again_once_its_module_is_gone(world):
    """After a conflict and the deletion of the module, an armed patch waits for it, and `require` takes that."""
    script = """
declare("p-1", F)
backportkit.apply_all()
ours, victim.f = victim.f, lambda: "theirs"
try: backportkit.unpatch("p-1")
except backportkit.ConflictError: print(state("p-1"))
del sys.modules["victim"], victim
backportkit.apply_all()
backportkit.require("p-1")
print(state("p-1"))
import victim
print(victim.f(), state("p-1"))
"""
    assert run(world, script) == ["conflict", "waiting", "new applied"]


@pytest.mark.parametrize("target", ["f", "C.m"])
def test_conflict_is_over_when_the_body_has_run_again(world, target):
    """A reload removes what somebody has put on top: a patch that could not be undone is undone without an error."""
    script = f"""
register({{"id": "p-1", "target": "covered:{target}", "replacement": new}} | FIELDS)
import covered, importlib
backportkit.apply_all()
owner, name = (covered, "f") if {target!r} == "f" else (covered.C, "m")
setattr(owner, name, lambda *a: "theirs")
try: backportkit.unpatch("p-1")
except backportkit.ConflictError: print(state("p-1"))
del owner
importlib.reload(covered)
backportkit.unpatch("p-1")
print(state("p-1"), covered.f(), covered.C().m())
"""
    world.write("covered.py", "def f(): return 'old'\nclass C:\n    def m(self): super().__init__(); return 'old'\n")
    assert run(world, script) == ["conflict", "reverted old old"]


def test_objects_that_cannot_be_compared_are_undone(world):
    """Layers are found by identity: an object whose comparison raises, as an array's may, is taken out like any."""
    script = """
class Array:
    def __eq__(self, other): raise ValueError("ambiguous")
    def __bool__(self): raise ValueError("ambiguous")
    __hash__ = None
original = victim.FLAG = Array()
def wrapper(below): return Array()
register({"id": "p-1", "target": "victim:FLAG", "how": "wrap", "replacement": wrapper} | FIELDS)
register({"id": "p-2", "target": "victim:FLAG", "how": "wrap", "replacement": wrapper} | FIELDS)
for order in (["p-1", "p-2"], ["p-2", "p-1"]):
    backportkit.apply_all()
    victim.FLAG, ours = Array(), victim.FLAG
    print(state("p-1"), state("p-2"))
    victim.FLAG = ours
    for each in order: backportkit.unpatch(each)
    print(victim.FLAG is original)
backportkit.apply_all()
victim.FLAG = original
backportkit.unpatch_all()
print(victim.FLAG is original)
"""
    assert run(world, script) == ["conflict conflict", "True", "conflict conflict", "True", "True"]


def test_replacement_of_a_patch_in_conflict_is_not_imported(world):
    """The replacement of a patch is not imported if another patch replaces the same target."""
    world.write("bodies.py", "def two(): return 'two'\n")
    script = """
declare("p-1", F)
declare("p-2", F | {"replacement": "bodies:two"})
try: backportkit.apply_all()
except backportkit.ConflictError as error: print(error.patch, "bodies" in sys.modules)
"""
    assert run(world, script) == ["p-2 False"]


def test_part_of_a_property_that_is_not_there(world):
    """It is a missing target for all but `add`, which takes nothing that is there; undone, it is gone again."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "class C:\n    @property\n    def size(self): return 1\n")
    script = """
    import backportkit, victim
    def declare(how, part, replacement=lambda self, value: vars(self).update(seen=value)):
        backportkit.register({"id": f"p-{how}-{part}", "summary": "s", "requires": "victim<2", "how": how,
                              "target": f"victim:C.size.{part}", "replacement": replacement})
        try: backportkit.apply_all(only=f"p-{how}-{part}")
        except backportkit.BackportError as error: print(error.found, error.next_step, sep="; ")
    was = vars(victim.C)["size"]
    declare("replace", "fset")
    declare("wrap", "fset", lambda original: original)
    declare("in_place", "fset")
    declare("add", "fget", lambda self: 2)
    declare("add", "fset")
    one = victim.C()
    one.size = 3
    print(one.seen, one.size)
    backportkit.unpatch_all()
    print(vars(victim.C)["size"] is was)
    """
    narrow = "correct the target, or narrow `requires` to the releases that have it"
    found = world.run(script)
    assert found[:3] == [
        f"the property 'size' has no fset; {narrow}; or write how='add' if the fix adds it",
        *[f"the property 'size' has no fset; {narrow}"] * 2,
    ]
    assert found[3].startswith("<property object")
    assert found[4:] == ["3 1", "True"]
