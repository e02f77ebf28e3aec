"""Attributes of objects that a module has: read and written past their classes, and put back exactly."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
import dataclasses, enum, functools, types
class Base:
    __slots__ = ()
    limit = 3
    def inherited(self): return "old"
class Command(Base):
    __slots__ = ("slot", "__dict__", "__weakref__")
    def __init__(self, callback):
        self.callback, self.params, self.kept, self.slot = callback, {"a": 1}, None, 1
    def run(self): return self.callback()
    @property
    def size(self): return 1
    @functools.cached_property
    def computed(self): return "computed"
    def __setattr__(self, name, value):
        if hasattr(self, "slot"): raise AttributeError("read only")
        object.__setattr__(self, name, value)
    def __eq__(self, other): raise RuntimeError("do not compare")
    __hash__ = None
def command(x=1): return "old"
command = Command(command)
class Router:
    def __init__(self, main): self.routes, self.by_name, self.main = [main], {"main": main}, main
router = Router(command)
class Settings:
    CURRENT = types.SimpleNamespace(debug=False)
@dataclasses.dataclass(frozen=True)
class Point:
    x: int = 1
point = Point()
class Items(dict): pass
items = Items(callback=1)
items.callback = 2
class Strong:
    __slots__ = ("__dict__",)
strong = Strong()
strong.name = "old"
class lower:
    def method(self, x): return "old"
"""
START = """
import backportkit, victim
from backportkit import register
def declare(id_, target, **fields):
    register(dict(id=id_, target=f"victim:{target}", requires="victim<2", summary="s") | fields)
def attempt(call, *arguments, **keywords):
    try: call(*arguments, **keywords)
    except backportkit.BackportError as error: return f"{type(error).__name__}: {error.found}; {error.next_step}"
def states(): return [f"{s.id} {s.state}: {s.reason}" for s in backportkit.status() if s.provider == "__main__"]
def new(x=1): return "new"
def lone(): return "new"
"""


@pytest.fixture
def victim(world):
    """A world with a module that has objects."""
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    return world


KEPT = {
    "command.callback": "command.run()",
    "command.kept": "command.kept()",
    "command.limit": "command.limit()",
    "router.main.callback": "router.main.run()",
    "router.routes[0].callback": "router.routes[0].run()",
    "router.by_name['main'].callback": "router.by_name['main'].run()",
    "Settings.CURRENT.debug": "Settings.CURRENT.debug()",
    "point.x": "point.x()",
    "items.callback": "items.callback()",
    "items['callback']": "items['callback']()",
    "strong.name": "strong.name()",
    "command.params['a']": "command.params['a']()",
}


def test_attribute_of_an_object_is_replaced_and_put_back(victim):
    """Of an object alone, whatever its class says; dictionaries are what they were, in the order that they had."""
    script = f"""
objects = (victim.command, victim.router, victim.Settings.CURRENT, victim.point, victim.items, victim.strong)
classes = [cls for cls in vars(victim).values() if isinstance(cls, type)]
def inside(): return [[*map(id, one.values())] + [*one] for one in map(vars, (*objects, *classes))]
before = inside()
for number, (target, look) in enumerate({KEPT!r}.items()):
    declare(f"p-{{number}}", target, replacement=new, signature="change")
    backportkit.apply_all(only=f"p-{{number}}")
    print(target, eval(look, vars(victim)), states()[-1].partition(" ")[2])
    backportkit.unpatch_all()
    print(inside() == before)
"""
    said = victim.run(START + script)
    assert said[::2] == [f"{target} new applied: in effect in victim" for target in KEPT]
    assert set(said[1::2]) == {"True"}


def test_whether_it_is_a_class_or_an_object_shows_when_it_is_there(victim):
    """A function without parameters may stand in an object; in a class it is refused, at the declaration if its name
    is one of a class.
    """
    script = """
declare("object", "command.callback", replacement=lone, signature="change")
backportkit.apply_all()
print(victim.command.run())
for target in ("Command.run", "lower.method"):
    print(attempt(declare, "p-" + target.lower(), target, replacement=lone, signature="change"))
print(attempt(backportkit.apply_all, only="p-lower.method").partition(";")[0])
"""
    assert victim.run(START + script) == [
        "new",
        "DeclarationError: None; None",
        "None",
        "TargetError: lone() takes no positional argument, which victim:lower.method needs",
    ]


REFUSED = {
    "command.size": "its class has a data descriptor called 'size'; patch it there: 'victim:Command.size'",
    "command.slot": "its class has a data descriptor called 'slot'; replace the whole object by the name of another",
    "command.size.fget": "its class has a data descriptor called 'size'; patch it there: 'victim:Command.size'",
    "command.size.x": "its class has a data descriptor called 'size'; patch it there: 'victim:Command.size'",
    "command.__dict__": "its class has a data descriptor called '__dict__'; replace the whole object",
    "command.__class__": "its class has a data descriptor called '__class__'; replace the whole object",
    "command.run": "'run' is a method of its class, which a function in the object itself would be no more; patch it "
    "there: 'victim:Command.run'",
    "command.inherited": "'inherited' is a method of its class",
    "command.__eq__": "Python looks up '__eq__' in its class; patch it there: 'victim:Command.__eq__'",
    "command.__len__": "Python looks up '__len__' in its class",
    "command.run.x": "has 'run', but it is no class: function",
    "command.computed.x": "has 'computed', but it is no class: cached_property",
    "cached.x": "has 'cached', but it is no class: _lru_cache_wrapper",
    "Holder.descriptor.x": "has 'descriptor', but it is no class: Descriptor",
    "proxy.x": "has 'proxy', but it is no class: Proxy",
    "computing.x": "has 'computing', but it is no class: Computing",
    "command.calback": "has no 'calback' (there is 'callback')",
    "command.nothing.x": "victim.Command 'command' of module victim has no 'nothing'",
    "router.routes[1].callback": "list 'routes' of victim.Router 'router' of module victim has no 1: it has 1",
    "Colour.RED.value": "its class has a data descriptor called 'value'",
}


def test_what_would_have_no_effect_is_refused(victim):
    """The object stays as it was; a method or descriptor is to be patched in the class."""
    victim.write(
        "victim.py",
        VICTIM
        + """
@functools.lru_cache
def cached(): return 1
class Descriptor:
    def __get__(self, instance, owner=None): return 1
class Holder:
    descriptor = Descriptor()
class Proxy:
    @property
    def __class__(self): raise RuntimeError("do not ask")
class Computing:
    def __getattribute__(self, name): raise RuntimeError("do not ask")
proxy, computing = Proxy(), Computing()
class Colour(enum.Enum):
    RED = 1
if not isinstance(vars(Colour)["RED"], Colour):
    type.__setattr__(Colour, "RED", Colour(1))
""",
    )
    script = f"""
before = [dict(vars(one)) for one in (victim.command, victim.router)]
for number, target in enumerate({[*REFUSED]!r}):
    how = "add" if "len" in target else "replace"
    declare(f"p-{{number}}", target, replacement=new, signature="change", how=how)
    print(attempt(backportkit.apply_all, only=f"p-{{number}}"))
print([dict(vars(one)) for one in (victim.command, victim.router)] == before)
"""
    *said, same = victim.run(START + script)
    for line, words in zip(said, REFUSED.values(), strict=True):
        assert line.startswith("TargetError: "), line
        assert words in line, line
    assert same == "True"


def test_descriptor_means_nothing_in_an_object(victim):
    """A static method or property would be what callers get."""
    script = """
declare("p-1", "command.kept", replacement=staticmethod(new))
print(attempt(backportkit.apply_all).partition(";")[0])
declare("p-2", "command.kept", replacement="__main__:read", signature="change")
read = property(new)
print(attempt(backportkit.apply_all, only="p-2").partition(";")[0], victim.command.kept)
"""
    assert victim.run(START + script) == [
        "TargetError: victim:command.kept is no attribute of a class, and a staticmethod means nothing there",
        "TargetError: victim:command.kept is no attribute of a class, and a property means nothing there None",
    ]


def test_attribute_is_added_to_an_object_and_deleted(victim):
    """Nothing may be there, not even in its class."""
    script = """
declare("add", "command.extra", value=[1], how="add")
declare("there", "command.limit", value=4, how="add")
print(attempt(backportkit.apply_all, only="there"))
backportkit.apply_all(only="add")
print(victim.command.extra)
backportkit.unpatch_all()
print("extra" in vars(victim.command))
"""
    way = "use how='replace' (for a name of `adds`: in edits=[...] of a Patch), or narrow `requires`"
    assert victim.run(START + script) == [f"ConflictError: 3; {way}", "[1]", "False"]


def test_function_is_compared_and_stands_there_as_it_was_written(victim):
    """It takes what the original takes, and keeps its own name; a wrap is given the function of the object."""
    script = """
declare("misfit", "command.callback", replacement=lone)
print(attempt(backportkit.apply_all).partition(";")[0])
backportkit.unpatch("misfit")
declare("replace", "command.callback", replacement=new)
declare("wrap", "command.callback", replacement=lambda original: lambda x=1: "wrapped " + original(x), how="wrap")
backportkit.apply_all(exclude="misfit")
print(victim.command.run())
backportkit.unpatch("wrap")
print(victim.command.callback is new)
backportkit.unpatch_all()
print(victim.command.run())
"""
    assert victim.run(START + script) == [
        "SignatureError: 'x' can no longer be given by position in __main__:lone",
        "wrapped new",
        "True",
        "old",
    ]


def test_what_others_put_on_top_is_theirs(victim):
    """An undo is refused, and works once theirs has gone; what they have deleted is not put back."""
    script = """
declare("p-1", "command.callback", replacement=new)
backportkit.apply_all()
ours = victim.command.callback
vars(victim.command)["callback"] = theirs = lambda: "theirs"
print(attempt(backportkit.unpatch_all).partition(";")[0], victim.command.run())
vars(victim.command)["callback"] = ours
backportkit.unpatch_all()
print(victim.command.run())
backportkit.apply_all()
del vars(victim.command)["callback"]
backportkit.unpatch_all()
print("callback" in vars(victim.command), states()[0].partition(";")[0])
"""
    assert victim.run(START + script) == [
        "ConflictError: __main__.<lambda> theirs",
        "old",
        "False p-1 reverted: taken out",
    ]


def test_object_that_a_body_makes_anew_is_patched_again(victim):
    """The old one keeps its patch until it is undone, if anybody has it; an object that is gone is forgotten."""
    script = """
import gc, importlib, weakref
declare("p-1", "command.callback", replacement=new)
declare("p-2", "strong.name", value="new")
backportkit.apply_all()
kept = victim.command
importlib.reload(victim)
print(victim.command.run(), victim.strong.name, victim.command is kept, kept.run())
backportkit.unpatch_all()
print(victim.command.run(), victim.strong.name, kept.run())
backportkit.apply_all()
gone = weakref.ref(kept)
del kept
gc.collect()
print(gone())
del victim.command, victim.router
gc.collect()
print(states()[0])
backportkit.unpatch_all()
"""
    assert victim.run(START + script) == [
        "new new False new",
        "old old old",
        "None",
        "p-1 conflict: was applied, but nothing stands at victim:command.callback now",
    ]


def test_copies_follow_and_holders_are_named(victim):
    """The function that makes way is found in other modules, and whoever else holds it is told."""
    victim.write("user.py", "import victim\ncallback = victim.command.callback\nkept = [callback]\n")
    script = """
import user
declare("p-1", "command.callback", replacement=new)
backportkit.apply_all()
print(user.callback(), next(s.copies for s in backportkit.status() if s.id == "p-1"))
print(backportkit.out_of_reach("p-1"))
backportkit.unpatch_all()
print(user.callback())
"""
    assert victim.run(START + script) == ["new ('user:callback',)", "('list user:kept[0]',)", "old"]


def test_attribute_of_an_object_that_is_not_there_yet(victim):
    """The edit waits for the module, as any other; all edits of a patch are made or none."""
    script = """
import backportkit
from backportkit import Edit, Patch, register
edits = [Edit(target="victim:command.kept", value=1), Edit(target="victim:command.missing", value=2)]
register(Patch(id="p-1", summary="s", requires="victim<2", edits=edits))
register(Patch(id="p-2", summary="s", requires="victim<2", edits=[*edits[:1], Edit(target="victim:point.x", value=2)]))
backportkit.apply_all(only="p-1")
try: import victim
except ImportError as error: print(error.found)
backportkit.unpatch_all()
backportkit.apply_all(only="p-2")
import victim
print(victim.command.kept, victim.point.x)
"""
    assert victim.run(script) == ["victim.Command 'command' of module victim has no 'missing'", "1 2"]
