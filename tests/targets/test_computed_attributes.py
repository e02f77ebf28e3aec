"""Attributes that are computed when they are read: replaced by their own kind, or refused."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
import abc, enum, functools, types
class Named(property):  # as werkzeug's cached_property
    def __init__(self, fget, name=None, doc=None):
        super().__init__(fget, doc=doc)
        self.name = name or fget.__name__
class Setting(property):
    def __init__(self, fget, fset=None): super().__init__(fget, fset)
class Lazy:
    def __init__(self, func): self.func = func
    def __get__(self, instance, owner=None): return self.func(instance)
class Data(Lazy):
    def __set__(self, instance, value): pass
class Method(Lazy):
    def __call__(self, *args): return self.func(*args)
    def __get__(self, instance, owner=None): return functools.partial(self.func, instance)
class E(enum.Enum):
    A = 1
    p = getattr(enum, "property", types.DynamicClassAttribute)(lambda self: "old")
    q = types.DynamicClassAttribute(lambda self: "old")
class C:
    __slots__ = "slot",
    named = Named(lambda self: "old", "other")
    setting = Setting(lambda self: "old", lambda self, value: None)
    lazy = Lazy(lambda self: "old")
    data = Data(lambda self: "old")
    method = Method(lambda self: "old")
    abstract = abc.abstractproperty(lambda self: "old")
lazy = Lazy(lambda self: "old")
"""
START = """
import enum, types
import backportkit, victim
from backportkit import register
def new(self): return "new"
def wrapper(original): return lambda self: "wrapped " + original(self)
def apply(name, replacement=new, how="replace"):
    id_ = name.lower().replace(":", "-")
    register(dict(id=f"{id_}-{how}", target=name, requires="victim<2", summary="s", replacement=replacement, how=how))
    try: backportkit.apply_all(only=f"{id_}-{how}")
    except backportkit.BackportError as error: return f"{type(error).__name__}: {error.message}"
    return "applied"
"""


def begin(world):
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)


def test_function_becomes_the_kind_of_property_that_was_there(world):
    """Readers get the value, setters stay, and undo brings back the very object."""
    begin(world)
    script = """
before = [dict(vars(cls)) for cls in (victim.E, victim.C)]
read = {"E.p": lambda: victim.E.A.p, "E.q": lambda: victim.E.A.q, "C.named": lambda: victim.C().named,
    "C.abstract": lambda: victim.C().abstract}
for name, get in read.items():
    kind = type(vars(getattr(victim, name[0]))[name[2:]])
    print(name, apply("victim:" + name), get(), apply("victim:" + name, wrapper, "wrap"), get())
    print(type(vars(getattr(victim, name[0]))[name[2:]]) is kind)
print(vars(victim.E)["p"].__dict__.get("name", "p"), vars(victim.C)["named"].name)
backportkit.unpatch_all()
print(all(vars(getattr(victim, name[0]))[name[2:]] is before[name[0] == "C"][name[2:]] for name in read), victim.E.A.p)
"""
    lines = world.run(START + script)
    cases = [f"{name} applied new applied wrapped new" for name in ("E.p", "E.q", "C.named", "C.abstract")]
    assert lines == [line for case in cases for line in (case, "True")] + ["p named", "True old"]


def test_function_in_place_of_another_descriptor_is_refused(world):
    """A reader would get a bound method: the error names the kind to give; one that is given is applied."""
    begin(world)
    script = """
for name in "setting", "lazy", "data", "slot": print(apply(f"victim:C.{name}"))
print(victim.C().lazy)
"""
    lines = world.run(START + script)
    refused = "ReplacementError: the replacement __main__:new cannot be used: TypeError: C."
    assert lines == [
        refused + "setting is a Setting, which cannot be made of a function alone: give a Setting or a property",
        refused + "lazy is a Lazy, which a plain function cannot replace: give a Lazy or another descriptor",
        refused + "data is a Data, which a plain function cannot replace: give a Data or another descriptor",
        refused + "slot is a slot, which a plain function cannot replace: give a property or another descriptor",
        "old",
    ]


def test_what_is_not_read_through_a_descriptor_may_become_a_function(world):
    """A descriptor that can be called is a method, one in a module is an object, and one that is given is itself."""
    begin(world)
    world.write("given.py", "import victim\nLAZY = victim.Lazy(lambda self: 'new')\n")
    script = """
print(apply("victim:C.method"), victim.C().method())
print(apply("victim:lazy"), victim.lazy(1))
register(dict(id="given", target="victim:C.lazy", requires="victim<2", summary="s", replacement="given:LAZY"))
backportkit.apply_all(only="given")
print(victim.C().lazy)
"""
    assert world.run(START + script) == ["applied new", "applied new", "new"]
