"""An import that is refused because of one patch leaves nothing of the other patches of that module anywhere."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
class C:
    def method(self): return "old method"
def f(): return "old"
def g(): return "old g"
TABLE = {"g": g}
import keep
keep.G, keep.METHOD, keep.ALL["g"] = g, C.method, g
keep.ORIGINALS[:] = [g, C.method, g]
"""
START = """
import importlib, sys
import backportkit, keep
from backportkit import register
calls = []
def telling(id_):
    return {when: lambda module, when=when: calls.append(f"{id_} {when}")
        for when in ("before_apply", "after_apply", "before_undo", "after_undo")}
def new(*arguments): return "new"
def around(original): return lambda *arguments: "around " + original(*arguments)
def bad(too, many): return "bad"
def declare(id_, target, replacement=new, **fields):
    fields = {"id": id_, "target": f"victim:{target}", "replacement": replacement, "requires": "python<4"} | fields
    register({"summary": "s"} | fields)
def attempt(call, *arguments):
    try: return call(*arguments)
    except backportkit.BackportError as error: return type(error).__name__
def state(id_): return next((s.state.value, s.copies) for s in backportkit.status() if s.id == id_)
def copies(): return [keep.G, keep.METHOD, keep.ALL["g"]]
def is_as_it_was(): return [one is other for one, other in zip(copies(), keep.ORIGINALS)]
"""


@pytest.fixture
def victim(world):
    """A module whose body puts copies of what it defines into an older one."""
    world.write("keep.py", "ALL, ORIGINALS = {}, []\n")
    world.write("victim.py", VICTIM)
    return world


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("fields", ["", ", how='wrap', replacement=around"])
def test_copies_are_put_back(victim, first, fields):
    """Patches that were applied wait again after a refused import, whatever their kind and order."""
    good = f"""
declare("good", "g"{fields})
declare("method", "C.method"{fields})
declare("item", "TABLE['g']"{fields})
"""
    wrong = 'declare("wrong", "f", bad)\n'
    script = f"""
{good + wrong if first else wrong + good}
backportkit.apply_all()
for _ in range(2):
    print(attempt(importlib.import_module, "victim"), "victim" in sys.modules, is_as_it_was())
    print(state("good"), state("method"), state("item"), state("wrong")[0], backportkit.is_applied("good"))
backportkit.unpatch("wrong")
import victim
print(victim.g(), keep.G(), keep.METHOD(None), keep.ALL["g"](), state("good")[0])
backportkit.unpatch_all()
print(is_as_it_was(), victim.g is keep.G)
"""
    new = ["new"] * 4 if not fields else ["around old g", "around old g", "around old method", "around old g"]
    assert victim.run(START + script) == [
        *["PatchImportError False [True, True, True]", "('waiting', ()) ('waiting', ()) ('waiting', ()) failed False"]
        * 2,
        " ".join([*new, "applied"]),
        "[True, True, True] True",
    ]


def test_callbacks_of_the_other_patches_are_paired(victim):
    """A patch whose `before_apply` was called gets its `after_undo`; no patch gets an `after_apply`."""
    script = """
declare("good", "g", callbacks=telling("good"))
declare("wrong", "f", bad)
backportkit.apply_all()
print(attempt(importlib.import_module, "victim"), calls)
"""
    assert victim.run(START + script) == ["PatchImportError ['good before_apply', 'good after_undo']"]


def test_error_that_comes_last_is_taken_back_too(victim):
    """A warning of a callback that a filter makes an error of refuses the import when all is applied already."""
    script = """
import warnings
warnings.simplefilter("error")
def failing(module): raise ValueError
declare("good", "g", callbacks=telling("good"))
declare("late", "f", callbacks={"after_apply": failing})
backportkit.apply_all()
print(attempt(importlib.import_module, "victim"), is_as_it_was(), state("good"), state("late")[0])
print(calls)
"""
    done = victim.start(START + script)
    assert done.stdout.splitlines() == [
        "PatchImportError [True, True, True] ('waiting', ()) waiting",
        "['good before_apply', 'good after_apply', 'good before_undo', 'good after_undo']",
    ]


def test_reload_that_is_refused_keeps_the_others(victim):
    """The module stays, with the patches in effect that can be, and their copies."""
    script = """
declare("good", "g")
declare("other", "f", signature="change")
backportkit.apply_all()
import victim
with open(victim.__file__, "a") as file: file.write("del f\\n# longer")
print(attempt(importlib.reload, victim), victim.g(), keep.G(), state("good")[0], state("other")[0])
"""
    assert victim.run(START + script) == ["PatchImportError new new applied failed"]


def test_owner_that_is_not_put_back_is_told(victim):
    """A mapping that takes nothing back is in the error, and the patch says that it is in effect no more."""
    victim.write(
        "victim.py",
        """
class Once(dict):
    def __setitem__(self, key, value):
        if "closed" in self: raise ValueError("closed")
        self.update(closed=True)
        dict.__setitem__(self, key, value)
T = Once(a=1)
def f(): return "old"
""",
    )
    script = """
declare("good", "T['a']", None, value=2)
declare("wrong", "f", bad)
backportkit.apply_all()
try: import victim
except backportkit.PatchImportError as error: print([one.found for one in error.__cause__.errors], state("good")[0])
"""
    assert victim.run(START + script) == [
        "[\"'too' must be given now in __main__:bad\", 'ValueError: closed'] conflict"
    ]
