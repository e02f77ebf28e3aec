"""Items of mappings that are more than a dict: put back exactly, or refused with nothing changed."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
import collections, collections.abc
class Log(dict):
    def __setitem__(self, key, value): dict.__setitem__(self, key, (key, value))
class Lower(dict):
    def __setitem__(self, key, value): dict.__setitem__(self, key.lower(), value)
class Ordered(collections.OrderedDict):
    def __setitem__(self, key, value): super().__setitem__(key, [value])
class UserLog(collections.UserDict):
    def __setitem__(self, key, value): self.data[key] = (key, value)
class Texts(dict):
    def __setitem__(self, key, value): dict.__setitem__(self, key, value.lower() if value != "new" else value)
class UserOnce(collections.UserDict):
    def __setitem__(self, key, value):
        if self.data.get(key) == "new": raise TypeError("once")
        self.data[key] = value
class Stays(dict):
    def __delitem__(self, key): pass
class Layered(collections.abc.MutableMapping):
    def __init__(self, *maps, **own): self.own, self.others = own, list(maps)
    def __getitem__(self, key): return next(m[key] for m in (self.own, *self.others) if key in m)
    def __setitem__(self, key, value): self.own[key] = value
    def __delitem__(self, key): del self.own[key]
    def __iter__(self): return iter({**self.own, **{k: 1 for m in self.others for k in m}})
    def __len__(self): return len(list(iter(self)))
class Rude(dict):
    def __contains__(self, key): raise RuntimeError
class Falls(dict):
    def __contains__(self, key): return key == "a" or dict.__contains__(self, key)
    def __missing__(self, key): return "OLD"
class Deep(collections.ChainMap):
    def __setitem__(self, key, value): next(m for m in self.maps if key in m)[key] = value
"""
START = """
import collections
import backportkit, victim
from backportkit import register
def inside(value):
    if isinstance(value, collections.ChainMap): return [inside(one) for one in value.maps]
    if isinstance(value, dict): return list(dict.items(value))
    if isinstance(value, list): return [inside(one) for one in value]
    return inside(vars(value)) if hasattr(value, "keys") else value
def declare(number, mapping, how="replace", key="a"):
    setattr(victim, f"M{number}", mapping)
    D = dict(requires="victim<2", summary="s", value="new", how=how)
    register(dict(id=f"a{number}", target=f"victim:M{number}[{key!r}]", **D))
    try: backportkit.apply_all(only=f"a{number}")
    except backportkit.BackportError as error: return error.found
    return mapping[key]
def state(number): return next(f"{s.state}: {s.reason}" for s in backportkit.status() if s.id == f"a{number}")
"""
KEPT = {
    "collections.ChainMap({'b': 1}, {'a': 'OLD'})": "replace",
    "collections.ChainMap({'a': 'OLD', 'b': 1}, {'a': 'OTHER'})": "replace",
    "collections.ChainMap({}, {}, collections.ChainMap({}, {'a': 'OLD'}))": "replace",
    "collections.ChainMap({}, {'b': 1})": "add",
    "collections.defaultdict(list, a='OLD')": "replace",
    "collections.defaultdict(list)": "add",
    "collections.OrderedDict(a='OLD', b=1)": "replace",
    "collections.UserDict(a='OLD')": "replace",
    "Texts(a='OLD', b=1)": "replace",
    "Stays()": "add",
    "Layered({'a': 'OTHER'}, Rude(), a='OLD')": "replace",
    "Deep({}, {'a': 'OLD'})": "replace",
}
READ = "'a' was assigned, but reading it back gives another object"
REFUSED = {
    "Log(a='OLD', b=1)": READ,
    "Log(b=1)": "there is no 'a'",
    "Ordered(dict(b=1))": "there is no 'a'",
    "Layered({'a': 'OLD'}, {}, b=1)": READ,
    "Layered(Layered(a='OLD'), Rude())": READ,
    "Falls(b=1)": "of its own: its __getitem__ gets it from elsewhere",
}


@pytest.fixture
def victim(world):
    """A world with mappings of every kind."""
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    return world


def test_item_is_undone(victim):
    """After the undo, a mapping and the mappings within it have the items that they had before, and no others."""
    script = """
for number, (text, how) in enumerate(__CASES__.items()):
    mapping = eval(text, vars(victim))
    before = inside(mapping)
    found = declare(number, mapping, how)
    backportkit.unpatch_all()
    print(text, found, state(number), inside(mapping) == before)
"""
    lines = victim.run(START + script.replace("__CASES__", repr(KEPT)))
    assert lines == [f"{text} new reverted: taken out True" for text in KEPT]


def test_mapping_that_does_not_keep_an_item_is_refused(victim):
    """A mapping that makes something else of it, or gets it from another one, is as it was."""
    script = """
for number, (text, reason) in enumerate(__CASES__.items()):
    mapping = eval(text, vars(victim))
    how = "add" if reason.startswith("there") else "replace"
    before = inside(mapping)
    found = declare(number, mapping, how)
    print(text, reason in found or how == "add" and "reading it back" in found, inside(mapping) == before)
"""
    lines = victim.run(START + script.replace("__CASES__", repr(REFUSED)))
    assert lines == [f"{text} True True" for text in REFUSED]


def test_other_keys_that_a_mapping_writes_are_taken_back(victim):
    """A dict that stores under another key has that key no more, and its other items stay."""
    script = """
mapping = victim.Lower()
dict.update(mapping, A="OLD", b=1)
print(declare(1, mapping, key="A"), mapping)
"""
    assert victim.run(START + script) == [READ.replace("'a'", "'A'") + " {'A': 'OLD', 'b': 1}"]


def test_damage_that_cannot_be_mended_is_said(victim):
    """The reason says so if a mapping's own code makes something else of the object that is put back."""
    script = """print(declare(1, victim.UserLog(a="OLD")))"""
    assert victim.run(START + script) == [
        "'a' was assigned, and what stood there cannot be put back: it is another object now"
    ]


def test_mapping_that_refuses_what_was_there_is_said(victim):
    """An undo that the mapping refuses is a conflict, and our object stays."""
    script = """
print(declare(1, victim.UserOnce(a="OLD")))
try: backportkit.unpatch_all()
except backportkit.TargetError as error: print(error.found)
print(state(1), victim.M1["a"])
"""
    assert victim.run(START + script) == [
        "new",
        "once",
        "conflict: not undone: cannot be undone, since the target does not keep what it is given new",
    ]


def test_function_that_somebody_puts_over_our_item_stands_on_top(victim):
    """The owner of an item is no module, so a function there is none that a module has defined anew."""
    script = """
import backportkit, victim
victim.TABLE = {"a": "old"}
backportkit.register(dict(id="v-1", target="victim:TABLE['a']", value=1, requires="victim<2", summary="s"))
backportkit.apply_all()
victim.TABLE["a"] = theirs = lambda: "theirs"
print(backportkit.is_applied("v-1"))
try: backportkit.unpatch_all()
except backportkit.BackportError as error: print(type(error).__name__, error.found)
print(victim.TABLE["a"] is theirs)
"""
    assert victim.run(script) == ["False", "ConflictError __main__.<lambda>", "True"]


def test_key_that_cannot_be_written(world):
    """A key that only looks like the one that a target names is said to be what it is."""
    world.write("victim.py", "D = {1.5: 1, None: 2, (1, 2): 3, 7: 4, '8': 5, True: 6, 'alike': 7}")
    script = """
import backportkit, warnings
warnings.simplefilter("ignore")
items = ["1.5", "None", "(1, 2)", "'7'", "8", "'True'", "'alik'", "'other'"]
for number, item in enumerate(items):
    patch = dict(id=f"p-{number}", target=f"victim:D[{item}]", value=9, requires="python<4", summary="s")
    backportkit.register(patch)
    try: backportkit.apply_all(only=patch["id"])
    except backportkit.TargetError as error: print(error.found.removeprefix("mapping 'D' of module victim has no "))
    else: print(item)
import victim
"""
    written = "and only keys that are text or integers can be written"
    script = script.replace("import backportkit,", "import victim, backportkit,").replace("\nimport victim\n", "\n")
    assert world.run(script) == [
        f"'1.5': its 1.5 is a float, {written}",
        f"'None': its None is a NoneType, {written}",
        f"'(1, 2)': its (1, 2) is a tuple, {written}",
        "'7' (there is 7)",
        "8 (there is '8')",
        f"'True': its True is a bool, {written}",
        "'alik' (there is 'alike')",
        "'other'",
    ]
