"""A name in `aliases` that is no copy: `check` finds it, and the reason of `status` has it."""

from __future__ import annotations

import json

import pytest
import warm

pytestmark = pytest.mark.warm

VICTIM = "def g(): return 'old'\nclass C:\n    def run(self): return 'old'\n"
OTHER = """
from victim import g
from victim import g as other_name, C
def own(): pass
value = 5
class Holder:
    held = g
class Key:
    def __repr__(self): return "<Key>"
TABLE = {"g": g, Key(): g, (1, 2): g}
"""
DECLARE = """
from backportkit import register
def new(): return "new"
register(dict(id="mine-1", summary="s", requires="victim<2", target="victim:g", replacement="mine:new",
              fixes="https://x.example/1", aliases=NAMES))
"""
SCRIPT = """
import backportkit, mine, victim
if not sys.argv[1:]:
    import other
backportkit.apply_all()
import other
print(next(one.reason for one in backportkit.status() if one.id == "mine-1"))
print(next(one.copies for one in backportkit.status() if one.id == "mine-1"))
"""
FINE = [
    "other:g",
    "other:other_name",
    "other:Holder.held",
    "other:TABLE['g']",
    "other:TABLE[<Key>]",
    "other:TABLE[(1, 2)]",
]
WRONG = {
    "other:gg": "other has no 'gg'",
    "other:Holder.zz": "other:Holder has no 'zz'",
    "other:own": "another function stands there, ",
    "other:a b": "attribute: 'a b' is no single name",
    "victim:C.run": "another function stands there, ",
}
NOT_BOUND = ["other:value", "other:TABLE['zz']", "other:nothing.zz"]


@pytest.fixture
def declared(world):
    """A world with a patch that names copies."""

    def declare(*names):
        world.distribution("victim", "1.0")
        world.write("victim.py", VICTIM)
        world.write("other.py", OTHER)
        world.write("mine.py", DECLARE.replace("NAMES", repr(list(names))))
        return world

    return declare


def findings(world):
    done = warm.run(["-m", "backportkit", "check", "mine.py", "--json"], world.folder, {})
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)["findings"]
    return done.returncode, [(one["code"], one["message"]) for one in found if one["code"] in {"BK219", "BK220"}]


def test_names_of_copies_are_bound_and_fine(declared):
    """The holders' modules may be there before the patch, or be imported after it."""
    world = declared(*FINE)
    assert findings(world)[1] == []
    reason, copies = world.run(SCRIPT)
    assert (reason, copies) == ("in effect in victim", str(tuple(sorted(FINE, key=copies.index))))
    assert world.run(SCRIPT, "late")[0] == "in effect in victim"


def test_names_that_are_no_copies(declared):
    """An error of `check`, and in the reason once their modules are loaded."""
    world = declared(*WRONG, *NOT_BOUND)
    code, found = findings(world)
    messages = [f"aliases names {name}, which is no copy: {reason}" for name, reason in WRONG.items()]
    messages.append("aliases names other:nothing.zz, which is no copy: other has no 'nothing'")
    assert (code, [one for one, _ in found]) == (1, ["BK219"] * len(messages))
    assert [message for _, message in found if not message.startswith(tuple(messages))] == []
    told = f"in effect in victim; named in aliases, and no copy: {', '.join([*WRONG, *NOT_BOUND])}"
    assert world.run(SCRIPT) == [told, "()"]


def test_name_in_a_module_that_is_not_here_is_a_warning(declared):
    """A named copy in a module that is not installed is a warning, since the module may be optional."""
    world = declared("nomodule:g")
    assert findings(world) == (0, [("BK220", "aliases names nomodule:g, and there is no module nomodule here")])
    assert world.run(SCRIPT)[0] == "in effect in victim"
