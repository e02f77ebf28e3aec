"""`check` refuses what run time refuses as a target, and names what a mistyped name may have meant."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
import dataclasses
from home import Elsewhere
def made(cls=object): return cls
class Path:
    class Inner: pass
    def joinpath(self): pass
@dataclasses.dataclass
class Data: pass
@made
class Made: pass
class Above:
    def _ancestry(self): pass
class Below(Above, made()): pass
class Below(Below): pass
class One(Above): pass
class Two(Above): pass
class Both(One, Two): pass
"""
HEAD = """
from backportkit import register
def declare(id, target, replacement="mine:new", **fields):
    register(dict(id=id, summary="s", requires="victim<2", target=target, replacement=replacement, **fields))
def new(*a): pass
"""


@pytest.fixture
def found_in(world, start):
    """The findings of `backportkit check mine.py` with a code: id, message and next step."""

    def found(code, declarations):
        world.distribution("victim", "1.0")
        world.write("victim.py", VICTIM)
        world.write("home.py", "class Elsewhere: pass\n")
        world.write("mine.py", HEAD + declarations)
        done = start(world, "check", "mine.py", "--json")
        findings = [one for one in json.loads(done.stdout)["findings"] if one["code"] == code]
        return [(one["patch"], one["message"], one["next_step"]) for one in findings]

    return found


def test_whole_class_is_refused_as_run_time_does(world, found_in):
    """A class at the name where it is defined is refused in the same words; a name that leads to a class is not."""
    found = found_in(
        "BK218",
        """
declare("a-function", "victim:Path", new)
declare("a-name", "victim:Path.Inner")
declare("a-wrap", "victim:Data", how="wrap")
register(dict(id="a-value", summary="s", requires="victim<2", target="victim:Path", value=1))
declare("elsewhere", "victim:Elsewhere")
declare("made", "victim:Made")
declare("method", "victim:Path.joinpath")
declare("added", "victim:Path", how="add")
""",
    )
    assert [patch for patch, *_ in found] == ["a-function", "a-name", "a-wrap", "a-value"]
    declaration = HEAD + "declare('a-name', 'victim:Path')\nimport backportkit\nbackportkit.apply_all()\nimport victim"
    refused = world.start(declaration.replace("mine:", "__main__:")).stderr
    assert found[0][1] in refused
    assert found[0][2] in refused


def test_mistyped_target_is_told_with_the_nearest_name(found_in):
    """`check` proposes the nearest name in the module, or in the class and its bases, as run time does."""
    found = found_in(
        "BK208",
        """
declare("function", "victim:mad")
declare("class", "victim:Pth.joinpath")
declare("method", "victim:Path.joinpth")
declare("inherited", "victim:Both._ancestri")
declare("unknown", "victim:Below._ancestri")
declare("nothing", "victim:unlike")
declare("module", "victm:made")
""",
    )
    assert {patch: message for patch, message, _ in found} == {
        "function": "does not apply: victim has no 'mad' (there is 'made')",
        "class": "does not apply: victim has no 'Pth' (there is 'Path')",
        "method": "does not apply: victim:Path has no 'joinpth' (there is 'joinpath')",
        "inherited": "does not apply: victim:Both has no '_ancestri' (there is '_ancestry')",
        "nothing": "does not apply: victim has no 'unlike'",
        "module": "does not apply: there is no module victm (there is 'victim')",
    }


def test_mistyped_replacement_is_told_with_the_nearest_name(found_in):
    """The finding shows a similar name that the module has."""
    ((_, message, _),) = found_in("BK212", "declare('one', 'victim:made', 'mine:neww')")
    assert message == "the replacement is not there: mine has no 'neww' (there is 'new')"
