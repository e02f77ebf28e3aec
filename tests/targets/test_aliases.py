"""Copies of a replaced object: found by identity, bound, bound back, or named."""

from __future__ import annotations

import functools
import gc
import math
import sys
from types import ModuleType, SimpleNamespace

import pytest

from backportkit.layers import aliases, holders, resolve
from backportkit.layers.fit import BindingSite, Recipe
from backportkit.layers.layer import NOTHING, Content, Layer
from backportkit.layers.ledger import Ledger
from backportkit.layers.place import MISSING

pytestmark = pytest.mark.warm

VICTIM = """
from math import sqrt
def f(): return "old"
class C:
    def run(self): return "old"
    @staticmethod
    def static(): return "old"
class Base:
    def run(self): return "base"
class Sub(Base): pass
LIMITS = {1}
make = f
partial = None
"""
CALLER = """
import functools
from victim import *
from victim import f as g, C, LIMITS, partial
run, static = C.run, C.static
class Holder:
    held = f
    class Inner:
        held = f
    TABLE = {"f": f}
    slots = property(lambda self: 1)
TABLE = {"f": f, 5: f, "x": 1}
"""


@pytest.fixture
def world(monkeypatch):
    """The modules `victim` and `caller`, loaded, and a ledger."""
    made = {}
    for name, body in {"victim": VICTIM, "caller": CALLER}.items():
        made[name] = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, made[name])
        if name == "victim":
            made[name].partial = functools.partial(int, "1")
        exec(compile(body, name, "exec", dont_inherit=True), vars(made[name]))  # noqa: S102
        if name == "victim":
            made[name].partial = functools.partial(int, "1")
            vars(made["victim"])["__all__"] = ["f", "sqrt"]
    return made["victim"], made["caller"], Ledger()


class Plain(Recipe):
    """Puts the very object there that it is given."""

    def __init__(self, value):
        super().__init__("value", BindingSite(vars(sys.modules["victim"]), None, "f"), value)

    def make(self, found):
        return self.replacement


class Calling(Plain):
    """Puts there what a call with the object beneath returns."""

    is_value = False

    def make(self, found):
        return self.replacement(found)


def layer_of(key, place, recipe, supersedes=(), **fields):
    layer = Layer(Content(key, recipe, **fields), place)
    layer.supersedes = supersedes
    return layer


def installed(ledger, layers):
    return ledger.commit(ledger.prepare(layers))


def removed(ledger, layer):
    plan = ledger.prepare_removal(layer, {})
    return ledger.drop_if_gone(layer) if plan is None else ledger.commit(plan)


def put(world, path, value, policy="follow", id_="a"):
    victim, _, ledger = world
    place = resolve.find(victim, path.split("."))[0]
    layer = layer_of((id_, path), place, Plain(value), aliases=policy)
    aliases.rebind(installed(ledger, [layer]), aliases.loaded_modules())
    return layer


def take_out(world, layer):
    aliases.rebind(removed(world[2], layer), aliases.loaded_modules())


def new():  # pragma: no cover -- a specimen, never called
    return "new"


@pytest.mark.parametrize("path", ["f", "C.run", "C.static"])
def test_rebinding_after_another_threads_undo_leaves_the_target_and_binds_copies_to_what_it_has(world, path):
    victim, caller, ledger = world
    place = resolve.find(victim, path.split("."))[0]
    name, value = place.name, staticmethod(new) if path == "C.static" else new
    original, copy = place.read(), vars(caller)[name]
    layer = layer_of(("a", path), place, Plain(value))
    changes = installed(ledger, [layer])
    undone = removed(ledger, layer)
    for late in (changes, undone):
        aliases.rebind(late, aliases.loaded_modules())
        assert place.read() is original
        assert vars(caller)[name] is copy


def test_copy_of_a_layer_that_came_and_went_in_one_go_is_bound_back(world):
    """Another thread has bound the copy in between, and has not noted it."""
    victim, caller, ledger = world
    original = caller.g
    layer = layer_of(("a", "f"), resolve.find(victim, ["f"])[0], Plain(new))
    changes = [*installed(ledger, [layer]), *removed(ledger, layer)]
    caller.g = new
    aliases.rebind(changes, aliases.loaded_modules())
    assert (caller.g, caller.Holder.held, victim.f) == (original, original, original)


class Late(dict):
    """A dictionary that lets other threads go on when it has been written to, once."""

    def __init__(self, names, then):
        super().__init__(names)
        self.then = then

    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        then, self.then = self.then, lambda: None
        then()


def _by_others(world, path, value):
    """Act as another thread: replace the target, and bind the copies that hold the original at this moment."""
    return lambda: put(world, path, value, id_="b")


def _nothing():
    """Do nothing, as if there were no other thread."""


@pytest.mark.parametrize("path", ["f", "C.static"])
@pytest.mark.parametrize("again", [True, False])
def test_copy_that_is_bound_late_gets_what_has_come_to_the_target_since(world, path, again):
    victim, caller, ledger = world
    place = resolve.find(victim, path.split("."))[0]
    static = path == "C.static"
    original = vars(caller)[place.name]
    mine, theirs = (type(new)(new.__code__, {}, name) for name in ("mine", "theirs"))
    first, second = (staticmethod(value) if static else value for value in (mine, theirs))
    late = Late({"copy": original}, _by_others(world, path, second) if again else _nothing)
    layer = layer_of(("a", path), place, Plain(first))
    changes = installed(ledger, [layer])

    def modules():
        yield "late", late
        take_out(world, layer)  # another thread rebinds before ours binds anything

    aliases.rebind(changes, modules())
    assert late["copy"] is (theirs if again else original)


def test_copy_that_is_bound_late_does_not_get_what_somebody_else_has_put_there(world):
    victim, _, ledger = world
    place = resolve.find(victim, ["f"])[0]
    late = Late({"copy": victim.f}, lambda: place.write(print))
    aliases.rebind(installed(ledger, [layer_of(("a", "f"), place, Plain(new))]), [("late", late)])
    assert late["copy"] is new


def test_rebinding_for_a_class_that_is_gone_binds_the_copies_all_the_same(world):
    victim, caller, ledger = world
    victim.D = type("D", (), {"run": caller.f})
    place = resolve.find(victim, ["D", "run"])[0]
    changes = installed(ledger, [layer_of(("a", "D.run"), place, Plain(new), aliases=["caller:f"])])
    del victim.D, world
    gc.collect()
    assert place.owner is None
    aliases.rebind(changes, aliases.loaded_modules())
    assert caller.f is new


new.__module__, new.__qualname__ = "victim", "f"


def test_names_class_bodies_and_dictionaries_that_hold_a_copy_are_bound_and_bound_back(world):
    victim, caller, _ = world
    original, before = victim.f, dict(vars(caller))
    layer = put(world, "f", new)
    held = [victim.make, caller.f, caller.g, caller.Holder.held, caller.Holder.Inner.held]
    held += [caller.TABLE["f"], caller.TABLE[5], caller.Holder.TABLE["f"]]
    assert all(each is new for each in held)
    assert sorted(alias.where for alias in layer.copies) == [
        "caller:Holder.Inner.held",
        "caller:Holder.TABLE['f']",
        "caller:Holder.held",
        "caller:TABLE['f']",
        "caller:TABLE[5]",
        "caller:f",
        "caller:g",
        "victim:make",
    ]
    caller.later = victim.f
    take_out(world, layer)
    assert caller.later is original
    del caller.later
    assert dict(vars(caller)) == before
    assert caller.Holder.held is caller.TABLE["f"] is original
    assert layer.copies == []


def test_copies_follow_two_layers_of_one_batch_to_the_upper_one(world):
    victim, caller, ledger = world
    original = victim.f
    place = resolve.find(victim, ["f"])[0]
    layers = [
        layer_of(
            (id_, "f"), place, Calling(lambda found, id_=id_: lambda: id_ + found()), claim="nothing", rank=(number,)
        )
        for number, id_ in enumerate("ab")
    ]
    aliases.rebind(installed(ledger, layers), aliases.loaded_modules())
    assert caller.f is victim.f
    assert caller.f() == "baold"
    changes = [change for layer in layers for change in removed(ledger, layer)]
    for change in changes:
        assert change.old is not original
    aliases.rebind(changes, aliases.loaded_modules())
    assert caller.f is original


def test_what_the_target_has_from_another_module_is_not_taken_away_from_that_one(world):
    victim, caller, _ = world
    layer = put(world, "sqrt", lambda x: "new")
    assert victim.sqrt(4) == "new"
    assert (math.sqrt(4), caller.sqrt(4)) == (2, 2)
    take_out(world, layer)
    assert victim.sqrt is math.sqrt


def test_inherited_function_is_not_taken_away_from_the_base(world):
    victim, _, _ = world
    layer = put(world, "Sub.run", lambda self: "new")
    assert victim.Base().run() == "base"
    take_out(world, layer)
    assert "run" not in vars(victim.Sub)


def test_object_of_others_that_serves_as_the_replacement_is_left_where_it_belongs(world):
    victim, caller, _ = world
    original = victim.f
    caller.mine = functools.partial(int, "7")
    layer = put(world, "f", caller.mine)
    assert caller.f is caller.mine
    take_out(world, layer)
    assert caller.f is victim.f is original
    assert caller.mine() == 7


def test_copies_follow_to_the_original_when_all_that_stood_beneath_was_taken_out_meanwhile(world):
    victim, caller, ledger = world
    original = victim.f
    beneath = put(world, "f", new)
    place = resolve.find(victim, ["f"])[0]
    wrap = layer_of(("b", "f"), place, Calling(lambda found: lambda: ["wrapped", found()]), claim=NOTHING)
    aliases.rebind(installed(ledger, [wrap]), aliases.loaded_modules())
    assert caller.f is victim.f
    changes = removed(ledger, wrap)
    aliases.rebind(removed(ledger, beneath), aliases.loaded_modules())  # another thread, which is faster
    aliases.rebind(changes, aliases.loaded_modules())
    assert caller.f is victim.f is original


def test_methods_that_were_captured_from_the_class_are_copies_too(world):
    victim, caller, _ = world
    layers = [put(world, "C.run", lambda self: "new"), put(world, "C.static", staticmethod(lambda: "new"))]
    assert (caller.run(None), caller.static()) == ("new", "new")
    for layer in layers:
        take_out(world, layer)
    assert caller.run is vars(victim.C)["run"]
    assert caller.static is vars(victim.C)["static"].__func__


def test_copies_are_kept_when_the_patch_says_so(world):
    victim, caller, _ = world
    original = victim.f
    layer = put(world, "f", new, "keep")
    assert (victim.f, caller.f, victim.make) == (new, original, original)
    assert {"name caller:f", "dict caller:TABLE['f']"} <= set(holders.out_of_reach(layer))


def test_named_copies_alone_are_bound_whatever_the_object_is(world):
    victim, caller, _ = world
    layer = put(world, "f", new, ("caller:g",))
    assert (caller.g is new, caller.f is new) == (True, False)
    take_out(world, layer)
    assert caller.g is caller.f
    original = victim.LIMITS
    layer = put(world, "LIMITS", {2}, ("caller:LIMITS",))
    assert {2} == caller.LIMITS
    take_out(world, layer)
    assert caller.LIMITS is victim.LIMITS is original


def test_constant_has_no_copies_unless_they_are_named(world):
    _, caller, _ = world
    put(world, "LIMITS", {2})
    assert {1} == caller.LIMITS


def test_copy_that_somebody_changed_meanwhile_is_left(world):
    victim, caller, _ = world
    layer = put(world, "f", new)
    caller.g = "theirs"
    take_out(world, layer)
    assert (caller.g, caller.f) == ("theirs", victim.f)


def test_copy_of_what_was_added_stays_when_nothing_takes_its_place(world):
    victim, caller, _ = world
    layer = put(world, "added", lambda: 1)
    caller.added = victim.added
    take_out(world, layer)
    assert caller.added() == 1


def test_copy_in_a_place_that_refuses_is_left(world):
    _, caller, _ = world

    class Refusing(dict):
        def __setitem__(self, key, value):
            raise TypeError

    caller.REFUSING = Refusing(f=caller.f)
    layer = put(world, "f", new)
    assert caller.REFUSING["f"]() == "old"
    assert "caller:REFUSING['f']" not in [alias.where for alias in layer.copies]


def test_things_in_sys_modules_that_are_no_modules_are_passed_over(monkeypatch):
    monkeypatch.setitem(sys.modules, "nothing", None)
    monkeypatch.setitem(sys.modules, "number", 5)
    monkeypatch.setitem(sys.modules, "victim", ModuleType("victim"))
    names = [name for name, _ in aliases.loaded_modules({"sys"})]
    assert "victim" in names
    assert not {"nothing", "number", "sys"} & set(names)
    assert [name for name, _ in aliases.loaded_modules(since="victim")] == ["victim"]


def test_lazy_module_is_not_woken(world):
    class Lazy(ModuleType):
        def __getattribute__(self, name):
            raise AssertionError(name)

    sys.modules["caller"] = Lazy("caller")
    put(world, "f", new)


def refuse(*_):
    raise AssertionError


class Untouchable:
    """Raises at every question, also about its class."""

    __getattribute__ = __eq__ = __hash__ = refuse


class UntouchableClass(type):
    """Lets its classes be neither compared nor hashed nor asked for instances and subclasses."""

    __eq__ = __hash__ = __instancecheck__ = __subclasscheck__ = refuse


class Table(dict):
    """Shows what it holds by key only."""

    values = items = keys = copy = __iter__ = __len__ = refuse


def test_what_stands_beside_a_copy_is_not_asked_for_anything_but_its_type(world):
    _, caller, _ = world
    odd = Untouchable()
    caller.ODD = caller.Holder.ODD = odd
    caller.ODDS = {"f": caller.f, "odd": odd, "same": odd}
    caller.Odd = UntouchableClass("Odd", (), {"held": caller.f, "odd": odd})
    caller.ODDITY = object.__new__(caller.Odd)
    put(world, "f", new)
    assert caller.f is caller.Holder.held is caller.ODDS["f"] is vars(caller.Odd)["held"] is new
    put(world, "LIMITS", {2}, ("caller:LIMITS",))
    assert {2} == caller.LIMITS


def test_dictionary_of_a_class_of_its_own_is_read_past_the_methods_of_that_class(world):
    _, caller, _ = world
    caller.REGISTRY = caller.Holder.REGISTRY = Table(f=caller.f, x=1)
    layer = put(world, "f", new)
    assert caller.REGISTRY["f"] is new
    assert "caller:REGISTRY['f']" in [alias.where for alias in layer.copies]


@pytest.mark.parametrize("name", ["caller:Holder.TABLE['f']", "caller:SAME['f']", "third:TABLE['f']"])
def test_dictionary_that_stands_in_several_places_may_be_called_by_any_of_its_names(world, monkeypatch, name):
    _, caller, _ = world
    third = ModuleType("third")
    monkeypatch.setitem(sys.modules, "third", third)
    caller.SAME = third.TABLE = caller.Holder.TABLE
    layer = put(world, "f", new, (name,))
    assert caller.SAME["f"] is new
    assert caller.f is not new
    assert [alias.where for alias in layer.copies] == [name]


def test_classes_and_dictionaries_within_a_dictionary_are_not_looked_into(world):
    _, caller, _ = world
    original = caller.f
    hidden = type("Hidden", (), {"held": original})
    caller.REGISTRY = {"Hidden": hidden, "more": {"f": original}}
    put(world, "f", new)
    assert hidden.held is caller.REGISTRY["more"]["f"] is original


def test_classes_that_hold_each_other_are_looked_through_once_however_many_there_are(world):
    _, caller, _ = world
    first = last = type("C0", (), {})
    for number in range(1, 3000):
        last.next = type(f"C{number}", (), {})
        last = last.next
    last.next = first
    last.held = caller.f
    caller.chain = first
    layer = put(world, "f", new)
    assert last.held is new
    assert [alias.where for alias in layer.copies].count(f"{__name__}:C2999.held") == 1


def test_modules_that_are_no_module_objects_have_copies_too(world, monkeypatch):
    _, caller, _ = world
    original = caller.f
    monkeypatch.setitem(sys.modules, "simple", SimpleNamespace(f=original))
    monkeypatch.setitem(sys.modules, "odd", type("Odd", (), {"f": original}))
    layer = put(world, "f", new)
    assert sys.modules["simple"].f is new
    assert sys.modules["odd"].f is original
    take_out(world, layer)
    assert sys.modules["simple"].f is original


class Called(metaclass=type("Metaclass", (type,), {})):
    __call__ = refuse


LOCAL_CLASSES = [type("Local", (), {}), type(Called)("Local", (), {})]
OBJECTS = [Called(), functools.partial(int), staticmethod(len), property(len), *LOCAL_CLASSES]


@pytest.mark.parametrize("original", OBJECTS)
def test_copies_of_whatever_has_an_identity_are_found_wherever_functions_are(world, original):
    victim, caller, _ = world
    victim.thing = caller.thing = caller.Holder.thing = original
    caller.THINGS = {"thing": original, "again": original, "other": 1}
    replacement = functools.partial(int)
    layer = put(world, "thing", replacement)
    assert victim.thing is caller.thing is caller.Holder.thing is replacement
    assert list(caller.THINGS.values()) == [replacement, replacement, 1]
    layer.content.aliases = [alias.where for alias in layer.copies]
    take_out(world, layer)
    assert victim.thing is caller.thing is vars(caller.Holder)["thing"] is original
    assert list(caller.THINGS.values()) == [original, original, 1]


def test_object_that_lies_about_where_it_belongs_is_followed(world, monkeypatch):
    victim, caller, _ = world
    monkeypatch.setitem(sys.modules, "number", 5)
    for module_name, qualname in [(5, "f"), ("number", "f"), ("gone", "f"), ("victim", "f.x"), ("victim", "Gone.f")]:
        victim.f.__qualname__ = qualname
        victim.f.__module__ = module_name
        layer = put(world, "f", new)
        assert caller.f is new
        take_out(world, layer)


def test_subclasses_that_override_the_target_are_named(world):
    victim, _, _ = world
    victim.Deep = type("Deep", (victim.Sub,), {"run": lambda self: 1, "__module__": "victim"})
    layer = put(world, "Base.run", lambda self: "new")
    assert holders.out_of_reach(layer) == ["subclass victim.Deep overrides run"]
    assert layer.previous is not MISSING


def test_wrapper_of_ours_that_holds_the_original_is_not_named(world):
    victim, _, _ = world

    def wrap(original):
        def wrapper():  # pragma: no cover -- a specimen, never called
            return original()

        return wrapper

    layer = put(world, "f", wrap(victim.f))
    assert [line for line in holders.out_of_reach(layer) if "closure" in line or "cell" in line] == []
