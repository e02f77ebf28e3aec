"""Items within items, and items of lists: what is replaced there comes back exactly, and nothing else moves."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
import collections
def handle(x): return "old"
CONFIG = {"formatters": {"default": {"fmt": "%(old)s", "use": None}}, "hosts": ["a", ["b", "c"]], 7: {True: "yes"}}
LIST = [1, handle, 3]
class C:
    TABLE = {"rows": [{"name": "old"}]}
DEEP = collections.UserDict(a=collections.ChainMap({}, collections.OrderedDict(b=1)))
"""
START = """
import copy, backportkit, victim
from backportkit import register
def declare(id_, target, **fields):
    register(dict(id=id_, target=f"victim:{target}", requires="victim<2", summary="s") | fields)
def attempt(call, *arguments, **keywords):
    try: call(*arguments, **keywords)
    except backportkit.BackportError as error: return f"{type(error).__name__}: {error.found}"
def states(): return [f"{s.id} {s.state}: {s.reason}" for s in backportkit.status() if s.provider == "__main__"]
def new(x): return "new"
"""


LEFT = "deleted or defined anew since it was applied, and left as it is"


@pytest.fixture
def victim(world):
    """A world with nested mappings and lists."""
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    return world


NESTED = {
    "CONFIG['formatters']['default']['fmt']": "victim.CONFIG['formatters']['default']['fmt']",
    "CONFIG['hosts'][1][0]": "victim.CONFIG['hosts'][1][0]",
    "CONFIG[7][1]": "victim.CONFIG[7][1]",
    "LIST[2]": "victim.LIST[2]",
    "C.TABLE['rows'][0]['name']": "victim.C.TABLE['rows'][0]['name']",
    "DEEP['a']['b']": "victim.DEEP['a']['b']",
}


@pytest.mark.parametrize("early", [True, False])
def test_item_within_an_item_is_replaced_and_put_back(victim, early):
    """Of a mapping or a list, in one or in a class; the others stay, in their order, as the very objects."""
    script = f"""
for number, target in enumerate({NESTED!r}):
    declare(f"p-{{number}}", target, value="new")
backportkit.apply_all()
import victim
print(*(eval(look) for look in {NESTED!r}.values()))
print({{s.state for s in backportkit.status() if s.provider == "__main__"}} == {{"applied"}})
backportkit.unpatch_all()
print(victim.CONFIG)
print(victim.LIST[::2], victim.C.TABLE, [dict(one) for one in victim.DEEP["a"].maps])
"""
    start = START.replace("copy, backportkit, victim", "backportkit") if early else START
    lines = victim.run(start + script)
    assert lines == [
        " ".join(["new"] * len(NESTED)),
        "True",
        "{'formatters': {'default': {'fmt': '%(old)s', 'use': None}}, 'hosts': ['a', ['b', 'c']], 7: {True: 'yes'}}",
        "[1, 3] {'rows': [{'name': 'old'}]} [{}, {'b': 1}]",
    ]


def test_same_edits_as_toml_and_json(victim):
    """In text, or as fields, of which a single key may be `item`; they are written out as text."""
    toml = """
[[patch]]
id = "p-1"
summary = "s"
requires = ["victim<2"]
[[patch.edits]]
target = "victim:CONFIG['formatters']['default']['fmt']"
value = "new"
[[patch.edits]]
target = { module = "victim", attribute = "CONFIG", items = ["hosts", 1, 0] }
value = "new"
[[patch.edits]]
target = { module = "victim", attribute = "LIST", item = 2 }
value = "new"
"""
    victim.write("p.toml", toml)
    script = """
import json
(patch,) = backportkit.load("p.toml")
print(*[str(edit.target) for edit in patch.edits])
text = patch.model_dump_json()
print([edit["target"] for edit in json.loads(text)["edits"]] == [str(edit.target) for edit in patch.edits])
print(backportkit.Patch.model_validate_json(text) == patch)
backportkit.apply_all()
print(victim.CONFIG["formatters"]["default"]["fmt"], victim.CONFIG["hosts"], victim.LIST[2])
"""
    assert victim.run(START + script, env={"PYTHONPATH": str(victim.folder)}) == [
        "victim:CONFIG['formatters']['default']['fmt'] victim:CONFIG['hosts'][1][0] victim:LIST[2]",
        "True",
        "True",
        "new ['a', ['new', 'c']] new",
    ]


def test_item_is_added_and_deleted_within_a_mapping(victim):
    """An item that was added in a mapping is deleted by the undo; one that is there already is a conflict."""
    script = """
declare("add", "CONFIG['formatters']['default']['style']", value="{", how="add")
backportkit.apply_all()
print(victim.CONFIG["formatters"])
backportkit.unpatch_all()
print(victim.CONFIG["formatters"])
declare("there", "CONFIG['formatters']['default']['use']", value="{", how="add")
print(attempt(backportkit.apply_all, only="there"))
"""
    assert victim.run(START + script) == [
        "{'default': {'fmt': '%(old)s', 'use': None, 'style': '{'}}",
        "{'default': {'fmt': '%(old)s', 'use': None}}",
        "ConflictError: None",
    ]


def test_function_in_a_list_is_wrapped_replaced_and_compared(victim):
    """A function in a list can be wrapped and replaced, and has to take the calls that the original takes."""
    script = """
declare("replace", "LIST[1]", replacement=new)
declare("wrap", "LIST[1]", replacement=lambda original: lambda x: "wrapped " + original(x), how="wrap")
backportkit.apply_all()
print(victim.LIST[1](1), victim.handle(1))
backportkit.unpatch("replace")
print(victim.LIST[1](1))
backportkit.unpatch_all()
print(victim.LIST[1] is victim.handle)
declare("misfit", "LIST[1]", replacement=lambda: 1)
print(attempt(backportkit.apply_all, only="misfit"))
"""
    assert victim.run(START + script) == [
        "wrapped new old",
        "wrapped old",
        "True",
        "SignatureError: 'x' can no longer be given by position in __main__:<lambda>",
    ]


def test_item_that_others_have_moved_is_theirs(victim):
    """A patch is a conflict while an object that somebody inserted before it stands at its index, and undone later."""
    script = """
declare("p-1", "LIST[0]", value="new")
backportkit.apply_all()
victim.LIST.insert(0, "theirs")
print(victim.LIST[:2], states())
print(attempt(backportkit.unpatch_all), victim.LIST[:2])
del victim.LIST[0]
backportkit.unpatch_all()
print(victim.LIST[0], states())
backportkit.apply_all()
victim.LIST.clear()
print(states())
backportkit.unpatch_all()
print(victim.LIST, states())
"""
    conflict = "p-1 conflict: was applied, but"
    assert victim.run(START + script) == [
        f"['theirs', 'new'] ['{conflict} something else stands at victim:LIST[0] now']",
        "ConflictError: 'theirs' ['theirs', 'new']",
        "1 ['p-1 reverted: taken out']",
        f"['{conflict} nothing stands at victim:LIST[0] now']",
        f"[] ['p-1 reverted: taken out; victim:LIST[0] was {LEFT}']",
    ]


def test_container_that_is_replaced_takes_what_is_in_it_along(victim):
    """A patch within what another one replaces says that it is not in effect, and is so again when that is undone."""
    script = """
declare("inner", "CONFIG['formatters']['default']['fmt']", value="inner")
declare("outer", "CONFIG['formatters']['default']", value={"fmt": "outer"})
before = victim.CONFIG["formatters"]["default"]
backportkit.apply_all()
print(victim.CONFIG["formatters"]["default"], *states(), sep="\\n")
backportkit.unpatch("outer")
print(victim.CONFIG["formatters"]["default"]["fmt"], *states(), sep="; ")
backportkit.unpatch_all()
print(victim.CONFIG["formatters"]["default"] is before, before)
"""
    inner = "victim:CONFIG['formatters']['default']['fmt']"
    assert victim.run(START + script) == [
        "{'fmt': 'outer'}",
        f"inner conflict: was applied, but something else stands at {inner} now",
        "outer applied: in effect in victim",
        "inner; inner applied: in effect in victim; outer reverted: taken out",
        "True {'fmt': '%(old)s', 'use': None}",
    ]


def test_body_that_runs_again_is_patched_again(victim):
    """At a reload the containers are made anew, and so are the edits in them."""
    script = """
import importlib
declare("p-1", "CONFIG['hosts'][1][0]", value="new")
backportkit.apply_all()
old = victim.CONFIG["hosts"][1]
importlib.reload(victim)
print(victim.CONFIG["hosts"][1], old)
backportkit.unpatch_all()
print(victim.CONFIG["hosts"][1], old)
"""
    assert victim.run(START + script) == ["['new', 'c'] ['new', 'c']", "['b', 'c'] ['b', 'c']"]


def test_copies_of_a_function_in_a_list_follow(victim):
    """A name elsewhere that has the very function that is replaced gets the new one, and the old one back."""
    victim.write("victim.py", VICTIM + "\nHANDLERS = [[lambda x: 'old']]\n")
    victim.write("user.py", "from victim import HANDLERS\nkept = HANDLERS[0][0]\n")
    script = """
import user
declare("p-1", "HANDLERS[0][0]", replacement=new)
backportkit.apply_all()
print(user.kept(1), next(s.copies for s in backportkit.status() if s.id == "p-1"))
backportkit.unpatch_all()
print(user.kept(1))
"""
    assert victim.run(START + script) == ["new ('user:kept',)", "old"]
