"""An edit within what another edit replaces: one of the two is refused, whichever comes first."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

START = """
import backportkit, sys
def declare(id_, target, **fields):
    backportkit.register(dict(id=id_, summary="s", requires="victim<2", target=f"victim:{target}") | fields)
def refused(call=backportkit.apply_all):
    try: call()
    except backportkit.ConflictError as error: return f"{error.patch}: {error.message}"
def states(): return [s.state for s in backportkit.status() if s.id.startswith("p-")]
"""
VICTIM = """
from other import Made
class Router: pass
CONFIG, LISTS, router, seen = {"a": {"b": 1}}, [[1]], Router(), {}
router.state = Router()
router.state.size = 1
class C:
    TABLE = {"x": 1}
    @property
    def size(self): return 1
    @size.setter
    def size(self, value): seen["size"] = value
"""
# A target, what is put there, a target within it, and what is put there.
NESTED = {
    "a mapping": ("CONFIG['a']", "value={'b': 3}", "CONFIG['a']['b']", "value=2"),
    "a mapping of mappings": ("CONFIG", "value={'a': {'b': 3}}", "CONFIG['a']['b']", "value=2"),
    "a list": ("LISTS[0]", "value=[5]", "LISTS[0][0]", "value=2"),
    "an object": ("router.state", "replacement='other:STATE'", "router.state.size", "value=2"),
    "a mapping in a class": ("C.TABLE", "value={'x': 3}", "C.TABLE['x']", "value=2"),
    "a class from elsewhere": ("Made", "replacement='other:Other'", "Made.size", "value=2"),
    "a copy by a wrap": ("CONFIG['a']", "how='wrap', replacement=lambda it: dict(it)", "CONFIG['a']['b']", "value=2"),
}
ORIGINAL = "[{'a': {'b': 1}}, [[1]], 1, {'x': 1}, 1, True]"


@pytest.fixture
def run(world):
    """Run a script in a world with a victim that holds one thing in the other."""
    world.distribution("victim", "1.0")
    world.write("other.py", "class Made: size = 1\nclass Other: size = 3\nSTATE = Other()\n")
    world.write("victim.py", VICTIM)
    return lambda script: world.run(START + script)


@pytest.mark.parametrize("when", ["loaded", "imported"])
@pytest.mark.parametrize("first", ["outer", "inner"])
@pytest.mark.parametrize("what", NESTED)
def test_second_one_is_refused(run, what, first, when):
    """The first one stays, is undone exactly, and the second one can be in effect alone then."""
    outer, put, inner, put_within = NESTED[what]
    declared = {
        "outer": f"declare('p-outer', {outer!r}, {put})",
        "inner": f"declare('p-inner', {inner!r}, {put_within})",
    }
    second = {"outer": "inner", "inner": "outer"}[first]
    deed = (
        f"has replaced victim:{outer}, which the target is in"
        if first == "outer"
        else (f"changes victim:{inner}, which is in it")
    )
    script = f"""
{declared[first]}
if {when == "loaded"}: import victim
backportkit.apply_all(); import victim
inside = victim.{inner}
{declared[second]}
print(refused(), victim.{inner} == inside, *states())
print(refused(), victim.{inner} == inside)
backportkit.unpatch("p-{first}")
backportkit.apply_all(only="p-{second}")
print(*states())
backportkit.unpatch_all()
is_original = victim.router.state is not sys.modules["other"].STATE
print([victim.CONFIG, victim.LISTS, victim.router.state.size, victim.C.TABLE, victim.Made.size, is_original])
"""
    assert run(script) == [
        f"p-{second}: '{'p-' + first}' {deed} True applied conflict",
        f"p-{second}: '{'p-' + first}' {deed} True",
        "reverted applied",
        ORIGINAL,
    ]


def test_a_wrap_that_changes_what_it_is_given(run):
    """What another edit changes is in the same object still, so that both are in effect."""
    script = """
def more(it): it["more"] = True; return it
declare("p-1", "CONFIG['a']['b']", value=2)
declare("p-2", "CONFIG['a']", how="wrap", replacement=more)
declare("p-3", "CONFIG['a']['c']", how="add", value=3)
import victim
backportkit.apply_all()
print(victim.CONFIG, *states())
backportkit.unpatch_all()
print(victim.CONFIG)
"""
    assert run(script) == [
        "{'a': {'b': 2, 'more': True, 'c': 3}} applied applied applied",
        "{'a': {'b': 1, 'more': True}}",
    ]


def test_within_what_was_added(run):
    """Nothing of upstream's is lost with it."""
    script = """
declare("p-1", "CONFIG['new']", how="add", value={"x": 1})
declare("p-2", "CONFIG['new']['x']", value=2)
import victim
backportkit.apply_all()
print(victim.CONFIG, *states())
backportkit.unpatch("p-1"), backportkit.unpatch("p-2")
print(victim.CONFIG)
"""
    assert run(script) == ["{'a': {'b': 1}, 'new': {'x': 2}} applied applied", "{'a': {'b': 1}}"]


def test_one_that_supersedes_the_other(run):
    """It takes the other one's place."""
    script = """
declare("p-1", "CONFIG['a']['b']", value=2)
declare("p-2", "CONFIG['a']", value={"b": 3}, supersedes=["p-1"])
backportkit.apply_all()
import victim
print(victim.CONFIG, *states())
backportkit.unpatch_all()
print(victim.CONFIG)
"""
    assert run(script) == ["{'a': {'b': 3}} disabled applied", "{'a': {'b': 1}}"]


def test_a_former_module_has_nothing_to_do_with_it(run):
    """What is changed in a module that was imported afresh since is in another object."""
    script = """
declare("p-1", "CONFIG['a']['b']", value=2)
backportkit.apply_all()
import victim as former
held = former.CONFIG
sys.modules["victim"] = type(sys)("victim")
exec("CONFIG = {'a': {'b': 1}}", vars(sys.modules["victim"]))
declare("p-2", "CONFIG['a']", value={"b": 3})
print(refused(lambda: backportkit.apply_all(only="p-2")), sys.modules["victim"].CONFIG, held)
"""
    assert run(script) == ["None {'a': {'b': 3}} {'a': {'b': 2}}"]
