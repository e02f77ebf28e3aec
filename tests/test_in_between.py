"""Code of the user's that runs while a patch is put in or taken out, and comes between two steps."""

from __future__ import annotations

import pytest

START = """
import sys, types
import backportkit
from backportkit import register

module = sys.modules["victim"] = types.ModuleType("victim")
exec("def f(): return 'old'\\ndef g(): return 'old'", vars(module))
f, g = module.f, module.g

def declare(id_, *edits, **fields):
    register({"id": id_, "edits": list(edits), "summary": "s", "requires": "python<4", **fields})
def states():
    return " ".join(f"{s.id}={s.state}" for s in backportkit.status() if s.provider == "__main__")
def reason(id_):
    return next(s.reason for s in backportkit.status() if s.id == id_)
def new(): return "new"

class Mapping(dict):
    "A mapping that runs code of somebody's before it writes, or once it has written."
    before = then = staticmethod(lambda: None)
    def call(self, name):
        call = getattr(Mapping, name)
        setattr(Mapping, name, staticmethod(lambda: None))
        call()
    def __setitem__(self, key, value):
        self.call("before")
        super().__setitem__(key, value)
        self.call("then")
module.TABLE = Mapping(item=1)
ITEM = dict(target="victim:TABLE['item']", value=2)
G = dict(target="victim:g", replacement=new)
"""


@pytest.mark.parametrize("when", ["before", "then"])
@pytest.mark.parametrize("edits", ["ITEM, G", "G, ITEM"])
@pytest.mark.parametrize(
    ("then", "after"),
    [
        ("backportkit.apply_all()", "p-1=applied 2 new"),
        ("backportkit.unpatch_all()", "p-1=reverted 1 old"),
        ("backportkit.status()", "p-1=applied 2 new"),
    ],
)
def test_a_call_between_two_writes(world, edits, when, then, after):
    """A call by a mapping that is written to finds all edits in, or takes all of them out."""
    script = f"""
declare("p-1", {edits})
Mapping.{when} = lambda: {then}
backportkit.apply_all()
print(states(), module.TABLE["item"], module.g())
backportkit.unpatch_all()
print(module.TABLE["item"], module.g is g)
"""
    assert world.run(START + script) == [after, "1 True"]


def test_others_patch_between_two_writes(world):
    """A target that somebody replaces between two writes is patched as it is then, and is theirs again at the end."""
    script = """
def theirs(): return "theirs"
declare("p-1", ITEM, G)
Mapping.then = lambda: setattr(module, "g", theirs)
backportkit.apply_all()
print(states(), module.TABLE["item"], module.g())
backportkit.unpatch_all()
print(module.TABLE["item"], module.g is theirs)
"""
    assert world.run(START + script) == ["p-1=applied 2 new", "1 True"]


def test_a_call_between_two_writes_that_raises_then(world):
    """The work that a call from between has finished stays, also if that call raises afterwards."""
    script = """
def call_and_raise():
    backportkit.apply_all()
    raise KeyboardInterrupt
declare("p-1", ITEM, G)
Mapping.then = call_and_raise
try: backportkit.apply_all()
except KeyboardInterrupt: print("interrupted", backportkit.is_applied("p-1"), module.TABLE["item"], module.g())
backportkit.apply_all()
print(states(), module.TABLE["item"], module.g())
backportkit.unpatch_all()
print(module.TABLE["item"], module.g is g)
"""
    assert world.run(START + script) == ["interrupted True 2 new", "p-1=applied 2 new", "1 True"]


def test_a_list_that_becomes_shorter_between_two_writes(world):
    """Edits of an interrupted patch are undone, although the list of another one has become shorter."""
    script = """
def shorten():
    module.LIST.clear()
    raise KeyboardInterrupt
module.LIST = ["old"]
declare("p-1", G, dict(target="victim:LIST[0]", value="new"), ITEM)
Mapping.then = shorten
try: backportkit.apply_all()
except KeyboardInterrupt: print(module.g is g, module.LIST, module.TABLE["item"])
backportkit.unpatch_all()
print(module.g is g, module.LIST, module.TABLE["item"])
"""
    assert world.run(START + script) == ["True [] 1"] * 2


def test_what_is_left_cannot_be_put_back(world):
    """After a write and its undo were interrupted, the next call goes on although the mapping refuses to be written."""
    script = """
import collections
class Closing(collections.UserDict):
    "A mapping that is interrupted twice, and then takes nothing any more."
    writes = 0
    def __setitem__(self, key, value):
        Closing.writes += 1
        if Closing.writes == 1: super().__setitem__(key, value)
        raise KeyboardInterrupt if Closing.writes < 3 else ValueError("closed")
module.TABLE = Closing()
module.TABLE.data["item"] = 1
declare("p-1", G, ITEM)
declare("p-2", dict(target="victim:f", replacement=new))
try: backportkit.apply_all(only=["p-1"])
except KeyboardInterrupt: print(Closing.writes)
backportkit.apply_all(only=["p-2"])
print(states(), module.f(), module.g(), Closing.writes)
"""
    done = world.start(START + script)
    assert done.stdout.splitlines() == ["2", "p-1=failed p-2=applied new old 3"]
    assert done.stderr == "an edit that was interrupted is left as it is: its owner raised ValueError\n"


def test_a_wrapper_that_changes_its_target(world):
    """A target that is another one each time that its wrapper is called is refused, and the error says so."""
    script = """
def wrapper(original):
    module.g = lambda: "theirs"
    return new
declare("p-1", dict(target="victim:g", how="wrap", replacement=wrapper))
try: backportkit.apply_all()
except backportkit.TargetError as error: print(error.found, states(), module.g(), sep="; ")
"""
    assert world.run(START + script) == ["'g' changes each time that it is looked at; p-1=failed; theirs"]


def test_a_wrapper_that_takes_out_others_as_it_is_made_anew(world):
    """A layer stays beneath a wrapper that changes the stack each time that it is called, and the error says so."""
    script = """
calls = []
def wrapper(original):
    calls.append(original)
    if len(calls) > 1:
        backportkit.unpatch("p-3") if backportkit.is_applied("p-3") else backportkit.apply_all(only=["p-3"])
    return lambda: original()
declare("p-1", G)
declare("p-2", dict(target="victim:g", how="wrap", replacement=wrapper))
declare("p-3", dict(target="victim:g", how="wrap", replacement=lambda original: lambda: original()))
backportkit.apply_all()
try: backportkit.unpatch("p-1")
except backportkit.BackportError as error: print(error.found)
print(states(), module.g(), sep="; ")
"""
    unsteady = "'g' changes each time that it is looked at"
    assert world.run(START + script) == [unsteady, "p-1=conflict p-2=applied p-3=applied; new"]


def test_states_are_asked_for_while_a_copy_is_bound_back(world):
    """A patch whose replacement has been taken out is reverted, although its copies are still being bound."""
    script = """
user = sys.modules["user"] = types.ModuleType("user")
user.TABLE = Mapping(g=module.g)
declare("p-1", G)
backportkit.apply_all()
Mapping.then = lambda: print(states(), module.g(), backportkit.is_applied("p-1"))
backportkit.unpatch_all()
print(states(), user.TABLE["g"] is g)
"""
    assert world.run(START + script) == ["p-1=reverted old False", "p-1=reverted True"]


NEAR = """
class Near(str):
    "A key that a look-up of `g` is compared with, since it has the same hash; it runs code of somebody's then."
    left = 0
    def __hash__(self): return hash("g")
    def __eq__(self, other):
        Near.left -= 1
        if not Near.left: then()
        return False
def count(then_, call):
    "Call with every comparison but the last as the one in which somebody else comes between."
    global then
    then, number = then_, 0
    while True:
        number = Near.left = number + 1
        call()
        left, Near.left = Near.left, 0
        if left > 0: return number > 1
        yield
del module.g
vars(module)[Near("near")] = 1
module.g = g
"""


@pytest.mark.parametrize("first", ["backportkit.apply_all()", "backportkit.unpatch_all()"])
@pytest.mark.parametrize("then", ["backportkit.apply_all()", "backportkit.unpatch_all()", "backportkit.status()"])
def test_a_call_between_any_two_look_ups(world, first, then):
    """A call while a plain function is put in or taken out finds it in or out, and nothing is lost."""
    script = f"""
declare("p-1", G)
ends = set()
backportkit.{"unpatch" if "unpatch" not in first else "apply"}_all()
for _ in count(lambda: {then}, lambda: {first}):
    ends.add((states(), module.g()))
    backportkit.{"unpatch" if "unpatch" not in first else "apply"}_all()
print(*sorted(ends))
backportkit.unpatch_all()
print(module.g is g)
"""
    end = "('p-1=reverted', 'old')" if "unpatch" in first + then else "('p-1=applied', 'new')"
    assert world.run(START + NEAR + script) == [end, "True"]


def test_a_layer_that_comes_back_as_it_is_forgotten(world):
    """A layer that somebody took out, and puts back during its undo, is taken out, too."""
    script = """
declare("p-1", G)
backportkit.apply_all()
ours = module.g
module.g = g
for _ in count(lambda: vars(module).update(g=ours), lambda: backportkit.unpatch("p-1")):
    print(states(), module.g is g)
    module.g = g
    backportkit.apply_all()
    ours, module.g = module.g, g
"""
    assert set(world.run(START + NEAR + script)) == {"p-1=reverted True"}


def test_an_item_that_comes_back_as_it_is_forgotten(world):
    """An item that somebody took out, and puts back while the patch is being undone, is the original at the end."""
    script = """
class Returning(dict):
    "A mapping in which somebody puts an object back once it was read so many times."
    left = 0
    def __getitem__(self, key):
        found = super().__getitem__(key)
        Returning.left -= 1
        if not Returning.left: dict.__setitem__(self, key, ours)
        return found
first = ["old"]
module.TABLE = Returning(item=first)
declare("p-1", dict(target="victim:TABLE['item']", value=["new"]))
ends, number, Returning.left = [], 0, -1
while Returning.left < 0:
    Returning.left = -1
    backportkit.apply_all()
    ours = module.TABLE["item"]
    dict.__setitem__(module.TABLE, "item", first)
    number = Returning.left = number + 1
    backportkit.unpatch_all()
    ends.append(dict.__getitem__(module.TABLE, "item") is first)
print(len(ends) > 2, all(ends[:-2]), states())  # at the last but one it is put back when all is done
"""
    assert world.run(START + script) == ["True True p-1=reverted"]
