"""`check` says what run time is bound to refuse, in its words, and calls nothing wrong that run time takes."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
import abc
import array
import collections
import contextlib
import dataclasses
import enum
import functools
import json as text
import typing
import xml.dom.minidom
import attr
import pydantic
from attrs import define
from pydantic import v1
from dataclasses import dataclass, field
from functools import cached_property
from json import loads
from xml import dom

def function(x): return x
def make(value): return value
alias = function
lam = lambda x: x
made = make(function)
number = 5
numbers = [1]
TABLE = {"a": function, "b": lambda x: x, 3: number, "d": make(function)}
GROWING = {"a": function}
GROWING["late"] = function
CALLED = {"a": function}
make(CALLED)
EMPTY = {}
UNTOLD = make({"a": function})

class Meta(type):
    @property
    def shadowed(cls): return 1
    def __call__(cls, *given): return 1
class OfMeta(metaclass=Meta):
    def shadowed(self): pass
class C:
    __slots__ = ("slot", "cached")
    lam = lambda self, x: x
    def method(self, x): return x
    same = method
    def __own(self, x): return x
    @property
    def size(self): return 1
class Sub(C):
    def __new__(cls): return object.__new__(cls)
class Colour(enum.Enum):
    RED = 1
    BLUE = enum.auto()
    def method(self): return 1
class Empty(enum.Enum):
    def method(self): return 1
@dataclass
class Data:
    CONSTANT: typing.ClassVar[int] = 1
    number: int = 3
    late: int = field(default=1, init=False)
    def method(self): return 1
@dataclasses.dataclass
class More(Data):
    other: int = 3
class Tuple(typing.NamedTuple):
    x: int = 1
    def method(self): return 1
@make
class Made:
    def method(self, x): return x
class Abstract(metaclass=abc.ABCMeta):
    outer = function
    def method(self, x): return x
class Node(xml.dom.minidom.Node):
    pass
class Err(Exception):
    pass
class Wider(C):
    @C.size.setter
    def size(self, value): pass
class Config:
    def __init_subclass__(cls, **keywords): pass
class Keyed(Config, flag=1):
    def method(self, x): return x
class Points(collections.namedtuple("Points", "x")):
    def method(self, x): return x
class OfUnknown(make(C)):
    def method(self, x): return x
class Told:
    __slots__ = tuple("ab")
class One:
    __slots__ = "word"
class Both:
    if number: __slots__ = ("a",)
    else: __slots__ = ("b",)
class Late:
    value = None
class Outer:
    class Inner:
        def method(self, x): return x
class Heir(Outer): pass
@define
class Defined:
    x: int = 1
    y: int = attr.field(default=2, init=False)
@attr.s
class Attributes:
    z = attr.ib(default=1)
    helper = make(function)
    def method(self, x): return x
class Model(pydantic.BaseModel):
    constant: typing.ClassVar[int] = 1
    x: int = 1
    def method(self, x): return x
    @pydantic.field_validator("x")
    @classmethod
    def checked(cls, x): return x
class Old(v1.BaseModel):
    x: int = 1
@contextlib.contextmanager
def managed(x): yield x
def around(function): return functools.wraps(function)(lambda *given: function(*given))
@around
def passed(x): return x
if number:
    def number2(x): return x
else:
    number2 = lambda x: x
a, b = function, function
(cell := [function])
annotated: object = function
"""
MINE = """
import functools
from backportkit import register
def new(x): return x
def own(self, x): return x
def nothing(): pass
def lone(self): pass
def other(y): return y
async def awaited(x): return x
def maker(cls): return object.__new__(cls)
def wrapper(original):
    def new(*given): return 1
    return new
def passing(original): return original
def narrow(original):
    @functools.wraps(original)
    def inner(self): return 1
    return inner
def narrower(original): return lambda: 1
def alike(original):
    def inner(self, x=2): return 1
    return inner
def anew(original):
    def inner(): return 1
    inner = original
    return inner
def either(original):
    def inner(): return 1
    if original is None: return inner
    return lambda *given, **named: 1
def yielding(x): yield x
class Methods:
    @classmethod
    def checked(cls, x): return x
class Above:
    def method(self, x): return super().__eq__(x)
hidden = (lambda one, two: lambda x: one(two))(new, new)
def declare(id, target, replacement=None, **fields):
    fields = fields if "value" in fields else dict(replacement=replacement or new) | fields
    facts = dict(summary="s", requires="victim<2", fixes=f"https://x.example/{id}", target="victim:" + target)
    register(dict(id=id, **facts, **fields))
"""
# Of each: the target with what is put there, and what `check` says that is an error.
REFUSED = {
    "'lam', nothing": "BK201",
    "'alias', nothing": "BK201",
    "'alias', awaited": "BK201",
    "'C.lam', lone": "BK201",
    "'C.same', lone": "BK201",
    "'C.method', property(lone)": "BK201",
    "'C.size', staticmethod(nothing)": "BK201",
    "'TABLE[\"a\"]', nothing": "BK201",
    "'TABLE[\"b\"]', 'mine:other'": "BK201",
    "'TABLE[\"a\"]', awaited": "BK201",
    "'TABLE[\"zz\"]'": "BK208",
    "'TABLE[\"3\"]'": "BK208",
    "'TABLE[\"a\"]', how='add'": "BK211",
    "'number[\"a\"]'": "BK218",
    "'numbers[\"a\"]'": "BK218",
    "'function[\"a\"]'": "BK218",
    "'number.real'": "BK218",
    "'function.attribute'": "BK218",
    "'text.loads'": "BK218",
    "'dom.minidom'": "BK218",
    "'C.method.fget'": "BK218",
    "'C.__own', own": "BK208",
    "'C.size.fget', value=1": "BK218",
    "'__class__', value=1": "BK218",
    "'C.__name__'": "BK218",
    "'OfMeta.shadowed'": "BK218",
    "'C.__slots__', value=['a']": "BK218",
    "'C.slot'": "BK218",
    "'C.slot', 'mine:new'": "BK218",
    "'Sub.slot'": "BK218",
    "'C.slot', how='add'": "BK211",
    "'C.__new__', maker": "BK218",
    "'C.__new__', maker, how='add'": "BK218",
    "'Colour.RED', value=2": "BK218",
    "'Colour.BLUE'": "BK218",
    "'Colour.GREEN', value=3, how='add'": "BK218",
    "'Colour.__init__'": "BK218",
    "'Data.number', value=4": "BK218",
    "'More.number', value=4": "BK218",
    "'Data.__annotations__', value={}": "BK218",
    "'Data.__dataclass_fields__', value={}": "BK218",
    "'Data.__post_init__', own, how='add'": "BK218",
    "'Tuple.x'": "BK218",
    "'Tuple.x', wrapper, how='wrap'": "BK218",
    "'Tuple._field_defaults', value={}": "BK218",
    "'array.array.append'": "BK218",
    "'Abstract.__new__', maker": "BK218",
    "'One.word'": "BK218",
    "'Abstract.outer', own": "BK201",
    "'Err.__new__', maker": "BK218",
    "'Outer.Inner'": "BK218",
    "'Outer.Inner.method', lone": "BK201",
    "'Heir.Inner.method.fget'": "BK218",
    "'annotated', nothing": "BK201",
    "'Defined.x', value=2": "BK218",
    "'Attributes.z', value=2": "BK218",
    "'Attributes.__attrs_post_init__', own, how='add'": "BK218",
    "'Model.x', value=2": "BK218",
    "'Model.model_config', value={}": "BK218",
    "'Old.x', value=2": "BK218",
    "'number', how='in_place'": "BK218",
    "'numbers', how='in_place'": "BK218",
    "'Outer.Inner', how='in_place'": "BK218",
    "'Sub.method', own, how='in_place'": "BK218",
    "'dataclass', how='in_place', signature='change'": "BK218",
    "'loads', how='in_place', signature='change'": "BK218",
    "'function', nothing, how='in_place'": "BK201",
    "'C.method', awaited, how='in_place', signature='change'": "BK201",
    "'C.method', Above.method, how='in_place'": "BK218",
    "'C.method', 'mine:Above.method', how='in_place'": "BK218",
    "'function', hidden, how='in_place'": "BK218",
    "'passed', nothing, how='in_place'": "BK201",
    "'function', narrower, how='wrap'": "BK201",
    "'function', 'mine:narrower', how='wrap'": "BK201",
    "'C.method', narrow, how='wrap'": "BK201",
    "'C.lam', narrow, how='wrap'": "BK201",
    "'TABLE[\"a\"]', narrower, how='wrap'": "BK201",
}
# What run time takes, and whether `check` can tell no more than that it cannot tell (BK206).
TAKEN = {
    "'lam'": False,
    "'alias'": False,
    "'C.lam', own": False,
    "'C._C__own', own": False,
    "'C.same', own": False,
    "'made'": True,
    "'number', value=6": False,
    "'number'": False,
    "'numbers', value=[2]": False,
    "'TABLE[\"a\"]'": False,
    "'TABLE[\"b\"]', 'mine:new'": False,
    "'TABLE[\"c\"]', how='add'": False,
    "'TABLE[3]', value=6": False,
    "'GROWING[\"late\"]'": True,
    "'UNTOLD[\"a\"]'": True,
    "'CALLED[\"a\"]'": False,
    "'EMPTY[\"a\"]', how='add'": True,
    "'OfMeta.__call__', own, how='add'": True,
    "'C.__call__', own, how='add'": False,
    "'C.slot', property(own)": False,
    "'C.size', own, signature='change'": False,
    "'Sub.__new__', maker": False,
    "'Colour.method', own, signature='change'": False,
    "'Colour.added', own, how='add'": True,
    "'Empty.RED', value=1, how='add'": True,
    "'Data.CONSTANT', value=4": False,
    "'Data.method', own, signature='change'": False,
    "'Tuple.method', own, signature='change'": False,
    "'Tuple.x', passing, how='wrap'": False,
    "'C.method', alike, how='wrap'": False,
    "'C.method', narrow, how='wrap', signature='change'": False,
    "'function', anew, how='wrap'": False,
    "'function', either, how='wrap'": False,
    "'Made.method', own": False,
    "'TABLE[\"d\"]', new": True,
    "'Node.added', own, how='add'": False,
    "'Wider.size', value=1": False,
    "'Keyed.method', own": False,
    "'Points.method', own": False,
    "'OfUnknown.method', own": False,
    "'Late.value', value=1": False,
    "'Attributes.method', own": False,
    "'Attributes.helper', lone": True,
    "'Model.method', own": False,
    "'Model.constant', value=2": False,
    "'a', new": False,
    "'cell', value=[]": False,
    "'TABLE', value={}": False,
    "'Both.zork', own, how='add'": True,
    "'Told.zork', own, how='add'": True,
    "'function', how='in_place'": False,
    "'alias', how='in_place'": False,
    "'C.method', own, how='in_place'": False,
    "'C.method', 'mine:own', how='in_place'": False,
    "'C.size', lone, how='in_place'": False,
    "'managed', yielding, how='in_place'": False,
    "'TABLE[\"a\"]', how='in_place'": False,
    "'Model.checked', 'mine:Methods.checked', how='in_place'": False,
    "'number2', how='in_place'": True,
}
SCRIPT = """
import backportkit, mine, sys
for status in backportkit.status():
    if status.provider != "mine":
        continue
    try:
        backportkit.apply_all(only=status.id)
        import victim
        print(status.id, "taken", sep="|")
    except ImportError as error:
        print(status.id, error.found or error.message, error.next_step, sep="|")
    backportkit.unpatch_all()
    sys.modules.pop("victim", None)
"""


@pytest.fixture
def judged(world, start):
    """Return what `check` finds of each declaration, errors and what it cannot tell, and what run time says."""

    def judge(lines):
        world.distribution("victim", "1.0")
        world.write("victim.py", VICTIM)
        declared = "\n".join(f"declare('p{number}', {line})" for number, line in enumerate(lines))
        world.write("mine.py", MINE + declared)
        done = start(world, "check", "mine.py", "--json")
        assert done.stdout, done.stderr
        findings = [one for one in json.loads(done.stdout)["findings"] if one["code"] != "BK210"]
        names = {f"p{number}": line for number, line in enumerate(lines)}
        codes = {line: {one["code"] for one in findings if names.get(one["patch"]) == line} for line in lines}
        said = dict(line.partition("|")[::2] for line in world.run(SCRIPT))
        said = {line: said[patch] for patch, line in names.items()}
        refused = {
            names[one["patch"]]: f"{one['message']}|{one['next_step']}" for one in findings if one["code"] == "BK218"
        }
        return codes, said, refused

    return judge


def test_what_run_time_is_bound_to_refuse_is_an_error(judged):
    """`check` finds each kind of refusal of run time, and tells those of a target in the same words."""
    codes, said, refused = judged(REFUSED)
    assert {line: "taken" for line, told in said.items() if told == "taken"} == {}
    errors = {line: found - {"BK102", "BK104", "BK202", "BK206"} for line, found in codes.items()}
    assert errors == {line: {code} for line, code in REFUSED.items()}
    assert {line: told for line, told in refused.items() if told.split("|")[0] not in said[line]} == {}


def test_what_run_time_takes_is_no_error(judged):
    """A declaration that run time takes is no error; where the source cannot tell, `check` says so."""
    codes, said, _ = judged(TAKEN)
    assert {line: told for line, told in said.items() if told != "taken"} == {}
    left = {line: found - {"BK102", "BK104"} for line, found in codes.items()}
    assert left == {line: {"BK206"} if untold else set() for line, untold in TAKEN.items()}
