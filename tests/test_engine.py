"""The engine as a downstream project sees it: arm, apply, undo, ask."""

from __future__ import annotations


def declare(world, target="victim:f", requires="victim>=1,<2"):
    """A victim distribution, and the start of a script that declares one patch for it."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): return 'old'\n")
    return f"""
import backportkit
@backportkit.backport({target!r}, requires={requires!r}, id="victim-1")
def f():
    "Return new."
    return "new"
"""


def test_patch_waits_until_its_target_is_imported(world):
    script = declare(world) + """
report = backportkit.apply_all()
print("victim" in sys.modules, report[0].state)
import victim
print(victim.f(), backportkit.status()[0].state)
"""
    assert world.run(script) == ["False waiting", "new applied"]


def test_target_imported_before_is_patched_at_once(world):
    script = declare(world) + """
import victim
print(backportkit.apply_all()[0].state, victim.f())
"""
    assert world.run(script) == ["applied new"]
