"""An edit that cannot take effect is refused, with the reason and the way; any other one is applied and undone."""

from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
import collections, dataclasses, enum, typing
import attr
from pydantic import BaseModel, computed_field, field_serializer, field_validator, model_serializer, model_validator
from pydantic.dataclasses import dataclass
class Color(enum.Enum):
    RED = 1
    def shown(self): return "old"
    def __init__(self, value): pass
class Empty(enum.Enum):
    def shown(self): return "old"
class NT(typing.NamedTuple):
    a: int = 1
    def total(self): return "old"
Old = collections.namedtuple("Old", "a b", defaults=[1])
class Slotted:
    __slots__ = ("a",)
    def shown(self): return "old"
class TD(typing.TypedDict):
    a: int
class P(typing.Protocol):
    limit: int = 1
    def shown(self): ...
@dataclasses.dataclass
class DC:
    a: int = 1
    b: typing.ClassVar[int] = 2
    def shown(self): return "old"
@dataclasses.dataclass
class Posted:
    a: int = 1
    def __post_init__(self): self.a = "old"
@attr.define
class Defined:
    a: int = attr.field(default=1)
    b: int = attr.field()
    c: int = attr.field(default=1, converter=lambda value: value, validator=[attr.validators.instance_of(int)])
    @a.validator
    def check_a(self, attribute, value): pass
    @b.default
    def make_b(self): return 1
    def shown(self): return "old"
class Base(BaseModel):
    model_config = {"extra": "ignore"}
    a: int = 1
    b: int = 1
    @field_validator("a")
    @classmethod
    def check_a(cls, v): return v
    @model_validator(mode="after")
    def check(self): return self
    @field_serializer("a")
    def write_a(self, v): return v
    @model_serializer(mode="wrap")
    def write(self, handler): return handler(self)
    @computed_field
    @property
    def size(self) -> int: return 1
    def shown(self): return "old"
    @property
    def seen(self): return "old"
class Sub(Base):
    def shown(self): return "old"
class Posting(BaseModel):
    def model_post_init(self, context): self.__dict__["posted"] = "old"
@dataclass
class PD:
    a: int = 1
    @field_validator("a")
    @classmethod
    def check_a(cls, v): return v
TABLE = {"class": PD}
"""
START = """
import backportkit, victim
from backportkit import register
def one(*a, **k): return "new"
def prop(self): return "new"
CONST = 5
def attempt(target, number, **fields):
    fields = fields or dict(replacement=one, signature="change")
    register(dict(id=f"id-{number}", target="victim:" + target, requires="victim<2", summary="s") | fields)
    try: backportkit.apply_all(only=f"id-{number}")
    except backportkit.BackportError as error: return f"{type(error).__name__}: {error.found}; {error.next_step}"
    return "applied"
"""


@pytest.fixture
def victim(world):
    """A world with classes of many kinds."""
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    return world


IN_PLACE = 'declare how="in_place", which changes the very function, or patch one that it calls (docs/targets.md'
REBUILD = "declare callbacks, after_apply and after_undo, that rebuild the model, its subclasses and the models that"
FIELD = f"make it __pydantic_fields__['a'], and {REBUILD}"
INIT = "replace or wrap __init__, also of each subclass"
VALUE = {"value": 5}
ADDED = {"value": 5, "how": "add"}
REFUSED = [
    ("Color.BLUE", ADDED, "would be no member of the enumeration", "patch the method that looks members up"),
    (
        "Color.BLUE",
        {"replacement": "__main__:CONST", "how": "add"},
        "would be no member",
        "patch the method that looks",
    ),
    ("Color.RED", VALUE, "is a member of the enumeration", "patch a method of the enumeration"),
    ("Color.__init__", {}, "was read when the enumeration was made", "patch a method of the enumeration"),
    ("NT._field_defaults['a']", VALUE, "was read when the named tuple was made", "replace or wrap __new__"),
    ("NT._field_defaults", {"value": {"a": 5}}, "was read when the named tuple was made", "replace or wrap __new__"),
    ("Old._fields", {"value": ["a"]}, "was read when the named tuple was made", "replace or wrap __new__"),
    ("NT.__annotations__['a']", {"value": "str"}, "was read when the named tuple was made", "replace or wrap __new__"),
    ("Slotted.__slots__", {"value": ["a", "b"]}, "was read when the class was made", "patch the slots"),
    ("Slotted.__name__", VALUE, "has a data descriptor", "patch the descriptor in the metaclass"),
    ("Slotted.__dict__", VALUE, "has a data descriptor", "patch the descriptor in the metaclass"),
    ("Slotted.__class__", VALUE, "has a data descriptor", "patch the descriptor in the metaclass"),
    ("DC.a", VALUE, "the default of the dataclass field 'a' is compiled into __init__", INIT),
    ("DC.__dataclass_fields__['a']", VALUE, "was read when the dataclass was made", INIT),
    ("DC.__dataclass_params__", VALUE, "was read when the dataclass was made", INIT),
    ("DC.__post_init__", {"replacement": None, "how": "add"}, "does not call __post_init__", INIT),
    ("Defined.a", ADDED, "the default of the field 'a' is compiled into __init__", INIT),
    ("Defined.check_a", {}, "was taken as a validator, serializer or default when the attrs class", IN_PLACE),
    ("Defined.make_b", {}, "was taken as a validator, serializer or default when the attrs class", IN_PLACE),
    ("Defined.__attrs_attrs__", VALUE, "was read when the attrs class was made", INIT),
    ("Defined.__attrs_post_init__", {"replacement": None, "how": "add"}, "does not call __attrs_post_init__", INIT),
    ("Base.check_a", {}, "was taken as a validator, serializer or default when the pydantic model", IN_PLACE),
    ("Base.check", {}, "was taken as a validator", IN_PLACE),
    ("Base.write_a", {}, "was taken as a validator", IN_PLACE),
    ("Base.write", {}, "was taken as a validator", IN_PLACE),
    ("Sub.check_a", {}, "was taken as a validator", IN_PLACE),
    ("PD.check_a", {}, "was taken as a validator", IN_PLACE),
    ("PD.a", VALUE, "'a' is compiled into __init__", INIT),
    ("Base.a", VALUE, "the default of the field 'a' is compiled into the model's validator", FIELD),
    ("Base.a", ADDED, "the default of the field 'a' is compiled into the model's validator", FIELD),
    ("Base.model_config['extra']", {"value": "forbid"}, "was read when the pydantic model was made", REBUILD),
    ("Base.__pydantic_fields__['a']", VALUE, "was read when the pydantic model was made", REBUILD),
    ("Base.model_fields['a']", VALUE, "is no mapping that can be changed", "patch what it is computed from"),
    ("Base.check_b", {"replacement": "victim:CHECK", "how": "add"}, "has the validators", "wrap __pydantic_fields__"),
    (
        "Base.model_post_init",
        {},
        "does not call model_post_init",
        f"replace __pydantic_post_init__ with it, and {REBUILD}",
    ),
    ("Color", {}, "is a whole class", "patch the attributes of the class"),
    ("one.__defaults__", VALUE, "but it is no class: function", "replace or wrap one itself"),
    ("dataclasses.field", {}, "but it is no class: module", "name the module in full: 'dataclasses:...'"),
    ("LIST[1]", {"value": 2, "how": "add"}, "has its items by their number", "wrap the whole list"),
    (
        "LIST[-1]",
        VALUE,
        "has its items by their number, and -1 is another one when it grows",
        "count from the front: 0",
    ),
    ("LIST['a']", VALUE, "has its items by their number, and 'a' is none", "write an index"),
    ("OWN[0]", VALUE, "is a Own, which has a __setitem__ of its own", "replace the whole of it"),
    ("PAIR[0]", VALUE, "no mapping that can be changed: tuple", "replace the whole of it"),
    ("instance.a", VALUE, "but it is no class: Slotted", "patch its class"),
    ("__class__", VALUE, "is asked of its type", "patch the functions and classes"),
    ("__dict__", ADDED, "is asked of its type", "patch the functions and classes"),
]


OBJECTS = """
def one(a=1): pass
LIST, PAIR = [1], (1, 2)
CHECK = field_validator("b")(lambda cls, v: v)
class Own(list):
    def __setitem__(self, index, value): pass
OWN, instance = Own([1]), Slotted()
"""


def test_what_nobody_would_see_is_refused_with_the_reason_and_the_way(victim):
    """Nothing is changed, and the state is `failed`."""
    victim.write("victim.py", VICTIM + OBJECTS)
    script = f"""
before = {{name: dict(vars(cls)) for name, cls in vars(victim).items() if isinstance(cls, type)}}
for number, (target, fields) in enumerate({[(target, fields) for target, fields, _, _ in REFUSED]!r}):
    if "replacement" in fields: fields["replacement"] = fields["replacement"] or one
    print(target, attempt(target, number, **fields))
print(all(dict(vars(getattr(victim, name))) == body for name, body in before.items()))
print({{str(s.state) for s in backportkit.status() if s.provider == "__main__"}})
"""
    *found, same, states = victim.run(START + script)
    for line, (target, _, reason, way) in zip(found, REFUSED, strict=True):
        assert line.startswith(f"{target} TargetError: "), line
        assert reason in line, line
        assert f"; {way}" in line, line
    assert (same, states) == ("True", "{'failed'}")


TAKING = [
    ("Color.shown", "victim.Color.RED.shown()"),
    ("Color.added", "victim.Color.RED.added()"),
    ("Empty.__init__", "victim.Empty.__init__(1)"),
    ("TABLE['class']", "victim.TABLE['class']()"),
    ("NT.total", "victim.NT().total()"),
    ("Slotted.shown", "victim.Slotted().shown()"),
    ("P.shown", "victim.P.shown(1)"),
    ("P.limit", "victim.P.limit()"),
    ("DC.shown", "victim.DC().shown()"),
    ("DC.b", "victim.DC.b()"),
    ("DC.__eq__", "victim.DC().__eq__(1)"),
    ("Posted.__post_init__", "'new' if victim.Posted().a == 1 else 'old'"),
    ("Defined.shown", "victim.Defined().shown()"),
    ("Base.shown", "victim.Base().shown()"),
    ("Sub.shown", "victim.Sub().shown()"),
    ("Base.seen", "victim.Base().seen"),
    ("Base.size", "victim.Base().model_dump()['size']"),
    ("Posting.model_post_init", "'new' if 'posted' not in vars(victim.Posting()) else 'old'"),
    ("TD.__annotations__['b']", "victim.TD.__annotations__.get('b', lambda: 'old')()"),
]


@pytest.mark.filterwarnings("default")
def test_what_takes_effect_in_the_same_classes_is_applied_and_undone(victim):
    """Methods, computed fields and hooks that the class has are as patchable as those of any class."""
    script = f"""
import warnings; warnings.simplefilter("ignore")
for number, (target, call) in enumerate({TAKING!r}):
    how = "add" if "added" in target or "'b'" in target else "replace"
    said = attempt(target, number, replacement=one, signature="change", how=how)
    print(target, said, eval(call))
    backportkit.unpatch_all()
"""
    assert victim.run(START + script) == [f"{target} applied new" for target, _ in TAKING]


def test_default_of_a_named_tuple_is_changed_by_its_new(victim):
    """The way that its refusal names: a function around `__new__`, with the same first parameter."""
    script = """
def ten(original):
    def __new__(_cls, a=10): return original(_cls, a)
    return __new__
print(attempt("NT.__new__", 1, replacement=ten, how="wrap"), victim.NT(), victim.NT(3))
backportkit.unpatch_all()
print(victim.NT())
"""
    assert victim.run(START + script) == ["applied NT(a=10) NT(a=3)", "NT(a=1)"]


def test_validator_with_callbacks_that_rebuild_the_model_takes_effect_and_is_undone(victim):
    """The way that the refusal names; one callback alone would not be undone, and is refused."""
    script = """
def again(module):
    for cls in (module.Base, module.Sub):
        cls.__pydantic_decorators__.field_validators["check_a"].func = module.Base.check_a
        cls.model_rebuild(force=True)
def check_a(cls, v): return v + 100
for number, names in enumerate((["after_apply"], ["after_apply", "after_undo"])):
    said = attempt("Base.check_a", number, replacement=check_a, callbacks=dict.fromkeys(names, again))
    print(said.partition(":")[0], victim.Base(a=3).a, victim.Sub(a=3).a)
backportkit.unpatch_all()
print(victim.Base(a=3).a, victim.Sub(a=3).a)
"""
    assert victim.run(START + script) == ["TargetError 3 3", "applied 103 103", "3 3"]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="pydantic.v1 does not run there")
def test_validators_of_pydantic_1_are_refused_too(victim):
    """The validators of pydantic 1, which keeps them under other names, are refused, too."""
    victim.write(
        "victim.py",
        """
from pydantic.v1 import BaseModel, root_validator, validator
class Base(BaseModel):
    a: int = 1
    @validator("a")
    def check_a(cls, v): return v
    @root_validator(pre=True)
    def before(cls, values): return values
    @root_validator(skip_on_failure=True)
    def after(cls, values): return values
    def shown(self): return "old"
""",
    )
    script = """
for number, name in enumerate(["check_a", "before", "after", "shown", "a", "__fields__", "Config"]):
    print(name, attempt("Base." + name, number)[:50])
print(attempt("Base.a", 7).partition("; ")[2])
print(victim.Base().shown())
"""
    assert victim.run(START + script) == [
        "check_a TargetError: 'check_a' was taken as a validator, s",
        "before TargetError: 'before' was taken as a validator, se",
        "after TargetError: 'after' was taken as a validator, ser",
        "shown applied",
        "a TargetError: the default of the field 'a' is compi",
        "__fields__ TargetError: '__fields__' was read when the pydant",
        "Config TargetError: 'Config' was read when the pydantic m",
        "replace or wrap __init__, also of each subclass that has its own (docs/targets.md, Models)",
        "new",
    ]


MAPPINGS = """
import os
class Fresh(dict):
    "Makes its texts anew each time, as os.environ does."
    def __getitem__(self, key):
        found = dict.__getitem__(self, key)
        return "".join(list(found)) if isinstance(found, str) else found
class Lower(Fresh):
    def __setitem__(self, key, value): dict.__setitem__(self, key, value.lower())
FRESH = Fresh(key="some text", other=[1])
LOWER = Lower(key="some text")
"""


def test_item_of_a_mapping_that_makes_its_texts_anew_is_replaced_and_put_back(world):
    """An equal text counts as the same one in os.environ, which decodes at each look; a text of others stays."""
    world.distribution("victim", "1.0")
    world.write("victim.py", MAPPINGS)
    script = """
import os, subprocess
def shell(): return subprocess.check_output([sys.executable, "-c", "import os; print(os.environ.get('SOME_NAME'))"])
def declare(id_, target, **fields):
    register(dict(id=id_, target=target, requires="victim<2", summary="s") | fields)
def states(): return " ".join(f"{s.id}={s.state}" for s in backportkit.status() if s.provider == "__main__")
os.environ["SOME_NAME"] = "some value"
declare("env", "os:environ['SOME_NAME']", value="another value")
declare("env-wrap", "os:environ['SOME_NAME']", how="wrap", replacement=lambda before: before + " wrapped")
declare("fresh", "victim:FRESH['key']", value="another text")
declare("other", "victim:FRESH['other']", value=[2])
declare("added", "os:environ['ADDED_NAME']", value="added", how="add")
backportkit.apply_all()
print(os.environ["SOME_NAME"], shell(), victim.FRESH["key"], os.environ["ADDED_NAME"])
print(states())
backportkit.unpatch("env")
print(os.environ["SOME_NAME"])
os.environ["SOME_NAME"] = "theirs"
print(states())
try: backportkit.unpatch_all()
except backportkit.ConflictError as error: print(error.found, os.environ["SOME_NAME"])
os.environ["SOME_NAME"] = "".join(["some value", " wrapped"])
backportkit.unpatch_all()
print(os.environ["SOME_NAME"], shell(), victim.FRESH, os.environ.get("ADDED_NAME"))
declare("lower", "victim:LOWER['key']", value="SOME TEXT")
declare("number", "os:environ['SOME_NAME']", value=5)
for name in ("lower", "number"):
    try: backportkit.apply_all(only=name)
    except backportkit.TargetError as error: print(error.found)
print(victim.LOWER, os.environ["SOME_NAME"])
"""
    assert world.run(START + script) == [
        "another value wrapped b'another value wrapped\\n' another text added",
        "env=applied env-wrap=applied fresh=applied other=applied added=applied",
        "some value wrapped",
        "env=reverted env-wrap=conflict fresh=applied other=applied added=applied",
        "'theirs' theirs",
        "some value b'some value\\n' {'key': 'some text', 'other': [1]} None",
        "'key' was assigned, but reading it back gives another object",
        "str expected, not int",
        "{'key': 'some text'} some value",
    ]


def test_text_that_is_changed_all_the_time_keeps_nothing_alive(world):
    """Only the latest texts of an item of os.environ are kept, however many there were."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "")
    script = """
import os
os.environ["SOME_NAME"] = "0"
register(dict(id="env", target="os:environ['SOME_NAME']", value="v", requires="victim<2", summary="s"))
backportkit.apply_all()
for number in range(300):
    os.environ["SOME_NAME"] = str(number)
    backportkit.is_applied("env")
os.environ["SOME_NAME"] = "v"
print(sum(len(texts) for _, texts in backportkit.layers.place._texts.values()) < 150)
"""
    assert world.run(START + script) == ["True"]


SLOTS = """
class Base:
    __slots__ = ("inherited",)
class C(Base):
    __slots__ = ("own", "__dict__")
    def __init__(self): self.own = self.inherited = 1
VALUE = 5
class Descriptor:
    def __get__(self, instance, owner): return "described"
    def __set__(self, instance, value): pass
DESCRIPTOR = Descriptor()
"""


@pytest.mark.parametrize("target", ["C.own", "C.inherited"])
@pytest.mark.parametrize(
    "fields", ["value=4", "value=None", "replacement='victim:VALUE'", "replacement=wrap, how='wrap'"]
)
def test_slot_makes_no_way_for_what_is_no_descriptor(world, target, fields):
    """A constant in place of a slot is refused, since no instance could be made any more."""
    world.write("victim.py", SLOTS)
    script = f"""
import backportkit, victim
def wrap(original): return 4
backportkit.register(dict(id="p-1", target="victim:{target}", summary="s", requires="python<4", {fields}))
try: backportkit.apply_all()
except backportkit.TargetError as error: print(error.found, "-", error.next_step)
print(victim.C().own)
fields = dict(id="p-2", target="victim:C.own", summary="s", requires="python<4")
backportkit.register(fields | {{"replacement": "victim:DESCRIPTOR"}})
try: backportkit.apply_all()
except backportkit.TargetError: print(victim.C().own)
"""
    name = target.partition(".")[2]
    found = f"{name!r} is a slot, in which each instance has its own value, and no instance could set it any more"
    assert world.run(script) == [f"{found} - give a property or another descriptor", "1", "described"]
