"""What a replacement or a wrapper keeps in its attributes is what callers see."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
import functools
def f(): return "old"
def g(): return "old"
class C:
    def m(self): return "old"
@functools.lru_cache
def cached(): return "old"
"""
START = """
import functools
import backportkit
from backportkit import backport
def declare(name, **fields):
    return backport(f"victim:{name}", id="kept-state", requires="victim<2", summary="s", **fields)
"""
KEEPING = {
    "counted": (
        """
@declare("f")
def f():
    f.calls += 1
f.calls = 0
""",
        "victim.f(); victim.f(); print(f.calls, victim.f.calls)",
        "2 2",
    ),
    "counted in the namespace of the target": (
        """
@declare("f", namespace="target")
def f():
    f.calls += 1
f.calls = 0
""",
        "victim.f(); victim.f(); print(f.calls, victim.f.calls)",
        "2 2",
    ),
    "begun by a call": (
        """
@declare("f")
def f():
    f.result = "new"
""",
        "victim.f(); print(victim.f.result, f.result)",
        "new new",
    ),
    "begun by a call of a method": (
        """
@declare("C")
class C:
    def m(self): C.m.result = "new"
""",
        "victim.C().m(); print(victim.C.m.result, C.m.result)",
        "new new",
    ),
    "counted by a wrapper": (
        """
@declare("g", how="wrap")
def counting(original):
    @functools.wraps(original)
    def wrapper():
        wrapper.calls += 1
        return original()
    wrapper.calls = 0
    return wrapper
""",
        "victim.g(); victim.g(); print(victim.g.calls, victim.g.__wrapped__())",
        "2 old",
    ),
    "in a cache": (
        """
@declare("cached")
def cached():
    cached.calls += 1
cached.calls = 0
""",
        "victim.cached(); victim.cached(); print(cached.calls, victim.cached.__wrapped__.calls)",
        "1 1",
    ),
}


@pytest.mark.parametrize("keeping", KEEPING)
def test_state_is_shared(world, keeping):
    """Who asks what is installed, and who asks what was declared, find the same, whatever way it was put in."""
    declaring, using, expected = KEEPING[keeping]
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    script = f"{START}{declaring}\nbackportkit.apply_all()\nimport victim\n{using}"
    assert world.run(script) == [expected]


def test_state_survives_an_undo(world):
    """What was counted before a patch was taken out is there when it is put in again."""
    declaring, using, _ = KEEPING["counted"]
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    again = "backportkit.unpatch_all(); print(hasattr(victim.f, 'calls')); backportkit.apply_all()"
    script = f"{START}{declaring}\nbackportkit.apply_all()\nimport victim\n{using}\n{again}\n{using}"
    assert world.run(script) == ["2 2", "False", "4 4"]
