"""A list, mapping or object that the program makes anew, with our object in it."""

from __future__ import annotations

import pytest

VICTIM = """
import copy
def f(): return "old"
class Router: pass
HOOKS, CONFIG, router = [f], {"hooks": {"f": f}}, Router()
router.hook = f
"""

# By target: how the program makes what holds it anew.
MADE_ANEW = {
    "HOOKS[0]": "victim.HOOKS = victim.HOOKS + [print]",
    "CONFIG['hooks']['f']": "victim.CONFIG = {'hooks': dict(victim.CONFIG['hooks'])}",
    "router.hook": "victim.router = victim.copy.copy(victim.router)",
}


@pytest.mark.parametrize("target", MADE_ANEW)
def test_nothing_is_wrapped_twice(world, target):
    """`apply_all` puts nothing on top of our own object, and says what to do; undo says what it cannot know."""
    world.write("victim.py", VICTIM)
    script = f"""
import backportkit, victim
def wrapper(original): return lambda: f"fixed {{original()}}"
fields = {{"summary": "s", "requires": "python<4", "how": "wrap", "replacement": wrapper}}
backportkit.register({{"id": "p-1", "target": {"victim:" + target!r}}} | fields)
backportkit.apply_all()
{MADE_ANEW[target]}
try: backportkit.apply_all()
except backportkit.ConflictError as error: print(error.found, error.next_step, sep="; ")
print(victim.{target}(), *(s.state for s in backportkit.status() if s.id == "p-1"))
backportkit.unpatch("p-1")
print(*(s.reason for s in backportkit.status() if s.id == "p-1"))
"""
    assert world.run(script) == [
        "our own object, in another one; have the program change the former one in place, or patch what it is made of",
        "fixed old conflict",
        f"taken out; what holds victim:{target} was made anew with our object in it, which may be there still",
    ]
