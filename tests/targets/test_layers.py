"""The very original comes back from beneath layers of several patches, whatever objects stand there."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

START = """
import gc, itertools, sys, types
import backportkit
from backportkit import register

module = sys.modules["victim"] = types.ModuleType("victim")
FIELDS = {"summary": "s", "requires": "python<4"}
def declare(id_, target, **fields):
    register({"id": id_, "target": f"victim:{target}"} | FIELDS | fields)
def states():
    return " ".join(f"{s.id}={s.state}" for s in backportkit.status() if s.provider == "__main__")
def reason(id_):
    return next(s.reason for s in backportkit.status() if s.id == id_)
def in_any_order(ids, look, expected):
    for order in itertools.permutations(ids):
        for some in range(len(order) + 1):
            backportkit.apply_all()
            for each in (*order[:some], *reversed(order[:some]), *order): backportkit.unpatch(each)
            backportkit.apply_all()
            for each in order[:some]: backportkit.unpatch(each)
            backportkit.apply_all()
            for each in order: backportkit.unpatch(each)
            assert look() is expected, (order, some, look())
    print("ok")
nothing = object()
"""
COPIED = (
    START
    + """
user = sys.modules["user"] = types.ModuleType("user")
def f(): return "old"
f.__module__ = "victim"
module.f = user.f = f
"""
)

# What stands at the place first, and the patches of it.
SAME_OBJECTS = {
    "the original and a wrap's product are one constant": (
        "False",
        [{"value": True}, {"how": "wrap", "replacement": "lambda original: not original"}],
    ),
    "three wraps give the original": (
        "True",
        [{"how": "wrap", "replacement": "lambda original: not original"} for _ in range(3)],
    ),
    "all layers and the original are one": ("None", [{"value": None}, {"how": "wrap", "replacement": "same"}]),
    "small numbers go up and down": (
        "1",
        [
            {"how": "wrap", "replacement": "lambda original: original + 1"},
            {"how": "wrap", "replacement": "lambda original: original - 1"},
            {"value": 2},
        ],
    ),
    "one function stands in two layers": (
        "lambda *a: 0",
        [
            {"replacement": "lambda *a: 1"},
            {"how": "wrap", "replacement": "lambda original: shared"},
            {"how": "wrap", "replacement": "lambda original: shared"},
        ],
    ),
    "a wrap in the middle passes on what it gets": (
        "lambda *a: 0",
        [
            {"replacement": "lambda *a: 1"},
            {"how": "wrap", "replacement": "same"},
            {"how": "wrap", "replacement": "lambda original: lambda *a: original(*a)"},
        ],
    ),
    "a wrap gives the original whatever it gets": (
        "shared",
        [{"replacement": "lambda *a: 1"}, {"how": "wrap", "replacement": "lambda original: shared"}],
    ),
}


@pytest.mark.parametrize("where", ["NAME", "C.NAME", "TABLE['NAME']"])
@pytest.mark.parametrize(("original", "patches"), SAME_OBJECTS.values(), ids=SAME_OBJECTS)
def test_original_is_back_in_any_order(world, where, original, patches):
    """Layers are told apart by position, so objects that stand in several of them lose nothing."""
    declared = [
        f"declare('p-{number}', {where!r}, "
        + ", ".join(f"{key}={value if key == 'replacement' else repr(value)}" for key, value in patch.items())
        + ")"
        for number, patch in enumerate(patches)
    ]
    script = f"""
def shared(*a): return "shared"
def same(original): return original
original = {original}
module.NAME = original
module.C = type("C", (), {{"first": 1, "NAME": original, "last": 2}})
module.TABLE = {{"first": 1, "NAME": original, "last": 2}}
look = {{
    "NAME": lambda: vars(module)["NAME"],
    "C.NAME": lambda: vars(module.C)["NAME"],
    "TABLE['NAME']": lambda: module.TABLE["NAME"],
}}[{where!r}]
"""
    end = f"""
in_any_order([f"p-{{number}}" for number in range({len(patches)})], look, original)
assert list(module.TABLE) == ["first", "NAME", "last"] == list(vars(module.C))[:3]
"""
    assert world.run("\n".join([START, script, *declared, end])) == ["ok"]


@pytest.mark.parametrize("value", [None, True, 0])
def test_name_that_was_added_is_gone_in_any_order(world, value):
    """A name that was added is deleted by the undo, also where a wrap of it returns the very same object."""
    script = f"""
declare("p-1", "NAME", how="add", value={value})
declare("p-2", "NAME", how="wrap", replacement=lambda original: {value})
declare("p-3", "NAME", how="wrap", replacement=lambda original: ["other"])
in_any_order(["p-1", "p-2", "p-3"], lambda: vars(module).get("NAME", nothing), nothing)
"""
    assert world.run(START + script) == ["ok"]


def test_inherited_attribute_is_inherited_again(world):
    """A class that had nothing of its own has nothing again, though a layer is the inherited object itself."""
    script = """
class Base:
    LIMIT = None
class C(Base): pass
module.C = C
before = list(vars(C))
declare("p-1", "C.LIMIT", value=None)
declare("p-2", "C.LIMIT", how="wrap", replacement=lambda original: original)
declare("p-3", "C.LIMIT", how="wrap", replacement=lambda original: 3)
in_any_order(["p-1", "p-2", "p-3"], lambda: vars(C).get("LIMIT", nothing), nothing)
assert list(vars(C)) == before
"""
    assert world.run(START + script) == ["ok"]


def test_parts_of_a_property_come_out_in_any_order(world):
    """The very property is back, whichever of its parts is undone first."""
    script = """
class C:
    @property
    def size(self): return 1
    @size.setter
    def size(self, value): pass
module.C = C
original = vars(C)["size"]
declare("p-1", "C.size.fget", replacement=lambda self: 2)
declare("p-2", "C.size.fset", replacement=lambda self, value: None)
declare("p-3", "C.size.fget", how="wrap", replacement=lambda original: original)
in_any_order(["p-1", "p-2", "p-3"], lambda: vars(C)["size"], original)
"""
    assert world.run(START + script) == ["ok"]


def test_constant_that_supersedes_another_of_the_same_value_is_undone(world):
    """Two patches of one constant with one value, of which one supersedes the other, lead back to the original."""
    script = """
module.FLAG = False
declare("p-1", "FLAG", value=True)
backportkit.apply_all()
declare("p-2", "FLAG", value=True, supersedes=["p-1"])
backportkit.apply_all()
print(module.FLAG, states())
backportkit.unpatch("p-2")
backportkit.unpatch("p-1")
print(module.FLAG)
"""
    assert world.run(START + script) == ["True p-1=disabled p-2=applied", "False"]


@pytest.mark.parametrize("theirs", ["False", "True", "None"])
def test_constant_of_others_is_left_where_it_is_our_value_or_the_original(world, theirs):
    """A constant that somebody assigns counts as our object or as the original if it is that; any other one is left."""
    script = f"""
module.FLAG = False
declare("p-1", "FLAG", value=True)
declare("p-2", "FLAG", how="wrap", replacement=lambda original: [original])
backportkit.apply_all()
module.FLAG = {theirs}
print(states())
for each in ("p-2", "p-1"):
    try: backportkit.unpatch(each)
    except backportkit.ConflictError: pass
print(module.FLAG)
"""
    expected = {
        "False": ["p-1=conflict p-2=conflict", "False"],
        "True": ["p-1=applied p-2=conflict", "False"],
        "None": ["p-1=conflict p-2=conflict", "None"],
    }
    assert world.run(START + script) == expected[theirs]


def test_copy_of_a_constant_goes_back_with_the_last_that_wants_it(world):
    """A copy that is named in `aliases` goes back, though another layer has the same value for a while."""
    script = """
module.FLAG = False
user = sys.modules["user"] = types.ModuleType("user")
user.FLAG = False
declare("p-1", "FLAG", value=True, aliases=["user:FLAG"])
declare("p-2", "FLAG", how="wrap", replacement=lambda original: True)
backportkit.apply_all()
backportkit.unpatch("p-1")
print(module.FLAG, user.FLAG)
backportkit.unpatch("p-2")
print(module.FLAG, user.FLAG)
"""
    assert world.run(START + script) == ["True True", "False False"]


@pytest.mark.parametrize("order", [("p-1", "p-2", "p-3"), ("p-2", "p-1", "p-3"), ("p-3", "p-2", "p-1")])
def test_copy_follows_the_patches_that_do_not_keep_copies(world, order):
    """A wrap of a patch that keeps copies is not what they are bound to, also where both came at once."""
    script = f"""
def wrapper(original): return lambda: "wrapped"
declare("p-1", "f", how="wrap", replacement=wrapper, aliases="keep")
declare("p-2", "f", replacement=lambda: "new")
declare("p-3", "f", how="wrap", replacement=wrapper, aliases="keep")
backportkit.apply_all()
print(module.f(), user.f())
for id_ in {order}:
    backportkit.unpatch(id_)
print(module.f is f, user.f is f)
"""
    assert world.run(COPIED + script) == ["wrapped new", "True True"]


@pytest.mark.parametrize("order", [("p-3", "p-2", "p-1"), ("p-2", "p-1", "p-3"), ("p-1", "p-3", "p-2")])
def test_copy_follows_no_wrapper_that_a_patch_which_follows_has_returned_as_it_is(world, order):
    """The wrapper is of a patch that keeps copies: no undo of that one would bring the copy back."""
    script = f"""
declare("p-1", "f", replacement=lambda: "new")
declare("p-2", "f", how="wrap", replacement=lambda original: lambda: "wrapped", aliases="keep")
declare("p-3", "f", how="wrap", replacement=lambda original: original)
backportkit.apply_all()
print(module.f(), user.f())
for id_ in {order}:
    backportkit.unpatch(id_)
print(module.f is f, user.f is f)
"""
    assert world.run(COPIED + script) == ["wrapped new", "True True"]


def test_copy_of_a_layer_that_others_took_out_leads_to_what_stands(world):
    """Somebody takes out a wrap: once all is undone, the copies of the wrap are the original again."""
    script = """
declare("p-1", "f", replacement=lambda: "new")
declare("p-2", "f", how="wrap", replacement=lambda original: lambda: "wrapped")
backportkit.apply_all()
backportkit.unpatch("p-2")
lower = module.f
backportkit.apply_all()
module.f = lower
print(user.f(), states())
backportkit.unpatch("p-1")
backportkit.unpatch("p-2")
print(module.f is f, user.f is f)
"""
    assert world.run(COPIED + script) == ["wrapped p-1=applied p-2=conflict", "True True"]


def test_copy_leads_to_the_layer_that_others_have_brought_back(world):
    """The undo of a wrap that somebody took out binds its copies to our object beneath, which still stands there."""
    script = """
declare("p-1", "f", replacement=lambda: "new")
declare("p-2", "f", how="wrap", replacement=lambda original: lambda: "wrapped")
backportkit.apply_all()
backportkit.unpatch("p-2")
lower = module.f
backportkit.apply_all()
module.f = lower
backportkit.unpatch("p-2")
print(user.f is lower, user.f())
"""
    assert world.run(COPIED + script) == ["True new"]


# --- wraps that cannot be made anew ---

FALLEN = "taken out, since what its wrap stood upon was undone: "


def test_wrap_that_cannot_be_made_anew_falls_and_says_so(world):
    """The patch beneath is undone; the one whose wrapper fails is out, failed, and comes back when it can."""
    script = """
def above(original):
    if original is None: raise TypeError("no number")
    return original + 1
module.N = None
declare("low", "N", value=1)
declare("high", "N", how="wrap", replacement=above)
declare("top", "N", how="wrap", replacement=lambda original: [original])
backportkit.apply_all()
print(module.N, states())
backportkit.unpatch("low")
print(module.N, states(), backportkit.is_applied("high"))
print(reason("high"))
try: backportkit.apply_all(only="high")
except backportkit.BackportError as error: print(type(error).__name__, error.patch)
backportkit.apply_all()
print(module.N, states())
backportkit.unpatch("low")
backportkit.unpatch("high")
print(module.N, states())
backportkit.unpatch("top")
print(module.N, states())
"""
    assert world.run(START + script) == [
        "[2] low=applied high=applied top=applied",
        "[None] low=reverted high=failed top=applied False",
        f"{FALLEN}the replacement __main__:above cannot be used: TypeError: no number",
        "ReplacementError high",
        "[2] low=applied high=applied top=applied",
        "[None] low=reverted high=reverted top=applied",
        "None low=reverted high=reverted top=reverted",
    ]


def test_layers_stand_as_declared(world):
    """Patches that are applied one after the other stand in the order in which they were declared."""
    script = """
module.N = "n"
def adding(number): return lambda original: original + number
for number in "123": declare(f"p-{number}", "N", how="wrap", replacement=adding(number))
for number in "312": backportkit.apply_all(only=f"p-{number}")
print(module.N)
backportkit.unpatch("p-2")
backportkit.apply_all()
print(module.N)
"""
    assert world.run(START + script) == ["n123", "n123"]


def test_what_fell_comes_back_with_what_it_stood_upon(world):
    """A `with unpatched` block ends as it began, unless what fell in it is not wanted any more."""
    script = """
def above(original): return original + 1
module.N = None
declare("low", "N", value=1)
declare("high", "N", how="wrap", replacement=above)
backportkit.apply_all()
with backportkit.unpatched("low"): print(module.N, states())
print(module.N, states())
with backportkit.unpatched("low"): backportkit.unpatch("high")
print(module.N, states())
"""
    assert world.run(START + script) == [
        "None low=reverted high=failed",
        "2 low=applied high=applied",
        "1 low=applied high=reverted",
    ]


def test_wrap_of_what_was_added_falls_when_that_is_undone(world):
    """A wrapper is never called with nothing: its patch says that nothing is left to wrap."""
    script = """
declare("low", "N", how="add", value=1)
declare("high", "N", how="wrap", replacement=lambda original: [original])
backportkit.apply_all()
backportkit.unpatch("low")
print(vars(module).get("N", "nothing"), reason("high"))
backportkit.apply_all()
print(module.N, states())
"""
    assert world.run(START + script) == [
        f"nothing {FALLEN}nothing is left to wrap at victim:N; apply the patch again that adds it",
        "[1] low=applied high=applied",
    ]


def test_patch_falls_as_a_whole(world):
    """All edits of a patch go when one of its wraps falls, with its callbacks, and what falls in turn goes as well."""
    script = """
import logging
logging.basicConfig(stream=sys.stdout, level="INFO", format="%(levelname)s %(message)s")
module.N, module.M = None, 0
declare("low", "N", value=1)
edits = [
    dict(target="victim:N", how="wrap", replacement=lambda original: original + 1),
    dict(target="victim:f", replacement=lambda: "new"),
    dict(target="victim:M", value=[1]),
]
calls = {when: lambda module, when=when: print(when) for when in ("before_undo", "after_undo")}
register({"id": "high", "edits": edits, "callbacks": calls} | FIELDS)
declare("top", "M", how="wrap", replacement=lambda original: original[0])
backportkit.apply_all()
print(module.N, module.M, user.f())
backportkit.unpatch("low")
print(module.N, module.M, module.f is user.f is f, states())
backportkit.unpatch_all()
print(states())
"""
    lines = world.run(COPIED + script)
    assert [line for line in lines if not line.startswith("INFO")] == [
        "2 1 new",
        "before_undo",
        "after_undo",
        "None 0 True low=reverted high=failed top=failed",
        "low=reverted high=reverted top=reverted",
    ]
    told = [line.split(":")[0] for line in lines if line.startswith("INFO") and " of __main__" not in line]
    assert told == ["INFO high", "INFO top"]


def test_patches_that_fell_come_back_in_the_order_of_their_declarations(world):
    """One of them stands upon another that fell after it."""
    script = """
wrap = lambda original: lambda: original() + "!"
add = dict(how="add", replacement=lambda: "new")
declare("p-1", "f", **add)
def edits(*pairs): return [dict(target=f"victim:{name}", **fields) for name, fields in pairs]
around = dict(how="wrap", replacement=wrap)
register({"id": "p-2", "edits": edits(("f", around), ("g", add))} | FIELDS)
register({"id": "p-3", "edits": edits(("g", around), ("h", add))} | FIELDS)
register({"id": "p-4", "edits": edits(("h", around), ("f", around))} | FIELDS)
backportkit.apply_all()
print(module.f(), module.g(), module.h())
with backportkit.unpatched("p-1"):
    print(states())
print(module.f(), module.g(), module.h(), states())
"""
    assert world.run(START + script) == [
        "new!! new! new!",
        "p-1=reverted p-2=failed p-3=failed p-4=failed",
        "new!! new! new! p-1=applied p-2=applied p-3=applied p-4=applied",
    ]


def test_patch_that_falls_beneath_others_keeps_what_they_cover(world):
    """An edit of a falling patch stays beneath a foreign object, and does not break the undo of the other patch."""
    script = """
module.N, module.M = None, 0
declare("low", "N", value=1)
wrap = dict(target="victim:N", how="wrap", replacement=lambda original: original + 1)
edits = [wrap, dict(target="victim:M", value=1)]
register({"id": "high", "edits": edits} | FIELDS)
backportkit.apply_all()
module.M = "theirs"
backportkit.unpatch("low")
print(module.N, module.M, states())
"""
    assert world.run(START + script) == ["None theirs low=reverted high=conflict"]


# --- abstract base classes ---

ABSTRACT = """
import abc
class Base(abc.ABC):
    @abc.abstractmethod
    def run(self): ...
    @abc.abstractmethod
    def stop(self): ...
class Child(Base):
    def stop(self): ...
class Complete(Child):
    def run(self): ...
module.Base, module.Child, module.Complete = Base, Child, Complete
kept = {cls: (vars(cls)["__abstractmethods__"], list(vars(cls))) for cls in (Base, Child, Complete)}
def abstract(self): ...
abstract = abc.abstractmethod(abstract)
def concrete(self): ...
"""


def test_abstract_methods_are_the_very_object_again(world):
    """`__abstractmethods__` of a class and of its subclasses is the object that it was, in any order of undo."""
    script = """
declare("p-1", "Base.run", replacement=concrete)
declare("p-2", "Base.stop", replacement=concrete)
declare("p-3", "Child.stop", replacement=abstract)
declare("p-4", "Base.added", how="add", replacement=abstract)
ids = ["p-1", "p-2", "p-3", "p-4"]
for order in itertools.permutations(ids):
    backportkit.apply_all()
    assert sorted(Child.__abstractmethods__) == ["added", "stop"] and sorted(Base.__abstractmethods__) == ["added"]
    for each in order: backportkit.unpatch(each)
    for cls, (names, keys) in kept.items():
        assert vars(cls)["__abstractmethods__"] is names, (order, cls)
        assert list(vars(cls)) == keys, (order, cls)
print("ok")
"""
    assert world.run(START + ABSTRACT + script) == ["ok"]


def test_abstract_methods_that_others_counted_meanwhile_are_theirs(world):
    """The undo of a later patch brings back the abstract methods that other code has counted since the first one."""
    script = """
declare("p-1", "Base.run", replacement=concrete)
backportkit.apply_all()
Base.later = abstract
abc.update_abstractmethods(Base)
theirs = vars(Base)["__abstractmethods__"]
backportkit.unpatch_all()
print(sorted(theirs), sorted(vars(Base)["__abstractmethods__"]))
theirs = vars(Base)["__abstractmethods__"]
backportkit.apply_all()
backportkit.unpatch_all()
print(vars(Base)["__abstractmethods__"] is theirs)
"""
    assert world.run(START + ABSTRACT + script) == ["['later', 'stop'] ['later', 'run', 'stop']", "True"]


def test_set_that_somebody_else_has_put_there_is_counted_like_any(world):
    """`__abstractmethods__` that a test has emptied, or deleted, keeps nobody from patching."""
    script = """
declare("p-1", "Base.run", replacement=concrete)
Complete.__abstractmethods__ = set()
del Child.__abstractmethods__
backportkit.apply_all()
backportkit.unpatch_all()
print(Complete.__abstractmethods__, "__abstractmethods__" in vars(Child), sorted(Base.__abstractmethods__))
"""
    assert world.run(START + ABSTRACT + script) == ["set() False ['run', 'stop']"]


def test_class_that_is_gone_leaves_no_record_of_its_abstract_methods(world):
    """A patched abstract class that nobody holds any more is collected, and so is what is known of it."""
    script = """
import weakref
declare("p-1", "Base.run", replacement=concrete)
backportkit.apply_all()
gone = weakref.ref(Complete)
del module.Complete, Complete, kept
gc.collect()
backportkit.unpatch_all()
print(gone() is None, sorted(Child.__abstractmethods__))
"""
    assert world.run(START + ABSTRACT + script) == ["True ['run']"]


def test_instance_checks_of_base_classes_are_made_anew(world):
    """A patched `__subclasshook__` is asked again by the class and by the abstract classes above it."""
    script = """
class Above(abc.ABC): pass
class Hooked(Above):
    @classmethod
    def __subclasshook__(cls, other): return NotImplemented
module.Hooked = Hooked
def yes(cls, other): return True
declare("p-1", "Hooked.__subclasshook__", replacement=classmethod(yes))
def answers(): return isinstance(1, Hooked), isinstance(1, Above)
print(answers())
backportkit.apply_all()
print(answers())
backportkit.unpatch_all()
print(answers())
"""
    assert world.run(START + "import abc\n" + script) == ["(False, False)", "(True, True)", "(False, False)"]
