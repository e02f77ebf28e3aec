"""Each holder that still has the original and cannot be bound is named, with the path to it."""

from __future__ import annotations

import textwrap

import pytest

pytestmark = pytest.mark.warm

REGISTRY = """
import functools
from collections import deque
from types import MappingProxyType

HANDLERS = {"kind": [], "deep": {"x": (1, {"y": []})}, "by": {}}
SET, QUEUE, TUPLES, METHODS, PARTIALS = set(), deque(), [], [], {}

class Frozen(dict):
    def __setitem__(self, key, value):
        raise RuntimeError("frozen")

class Router:
    def __init__(self):
        self.routes = {}
        self.hook = None

class Slotted:
    __slots__ = ("empty", "hook")

class Holder:
    pass

class Unspeakable:
    def __repr__(self):
        raise RuntimeError

ROUTER, SLOTTED = Router(), Slotted()

def named(function):
    @functools.wraps(function)
    def wrapper(): return function()
    return wrapper

def unnamed(function):
    def wrapper(): return function()
    return wrapper

def listed(functions):
    def wrapper(): return functions
    return wrapper

def generate(function):
    yield function
    yield function
"""
PLUGIN = """
import functools, gc, registry, weakref

def handle(*args): return "old"

registry.HANDLERS["kind"].append(handle)
registry.HANDLERS["deep"]["x"][1]["y"].append(handle)
registry.HANDLERS["by"][handle] = 1
registry.SET.add(handle); registry.QUEUE.append(handle); registry.TUPLES.append((0, handle))
registry.ROUTER.routes["/p"] = registry.ROUTER.hook = registry.SLOTTED.hook = handle
registry.PARTIALS["p"] = functools.partial(handle)
registry.PARTIALS["q"] = functools.partial(print, handle, key=handle)
registry.HANDLERS["named"], registry.HANDLERS["unnamed"] = registry.named(handle), registry.unnamed(handle)
registry.HANDLERS[registry.Unspeakable()] = [handle]
FROZEN = registry.Frozen(handle=handle)
registry.Holder.hooks = [handle]
registry.Holder.method = staticmethod(handle)
VIEW = registry.MappingProxyType({"view": handle})
listed = registry.listed([handle])
generated = registry.generate(handle)
next(generated)
gc.callbacks.append(handle)

class Target: pass
REFERENCE = weakref.ref(Target, handle)

def default(a, b=handle, *, c=handle): pass
space = {"handle": handle}
exec("def of_space(): return handle()", space)
of_space = space.pop("of_space")
del space

def annotated(a: handle): pass
def asked(a: handle): pass
asked.__annotations__
annotated.hook = handle

class Kinds:
    @classmethod
    def make(cls): return "old"
    @property
    def read(self): return "old"
    def run(self, hook=handle): return "old"

registry.METHODS += [Kinds.make, Kinds().run]

@functools.singledispatch
def show(value): return "default"

@show.register(int)
def show_int(value): return "old"
"""
PATCH = """
import sys, backportkit

def declare(target, function):
    id = target.replace("plugin:", "p-").replace(".", "-").replace("_", "-").lower()
    backportkit.backport(target, id=id, requires="python<4", summary="It breaks.", signature="change")(function)

def new(*args): return "new"
"""
OF_HANDLE = [
    "list registry:HANDLERS['kind'][0]",
    "list registry:HANDLERS['deep']['x'][1]['y'][0]",
    "dict registry:HANDLERS['by'] as a key",
    "set registry:SET{...}",
    "deque registry:QUEUE[0]",
    "tuple registry:TUPLES[0][1]",
    "dict registry:ROUTER.routes['/p']",
    "Router registry:ROUTER.hook",
    "Slotted registry:SLOTTED.hook",
    "partial registry:PARTIALS['p']",
    "tuple registry:PARTIALS['q'].args[0]",
    "dict registry:PARTIALS['q'].keywords['key']",
    "closure of plugin.handle at registry:HANDLERS['named']",
    "attribute of plugin.handle (__wrapped__) at registry:HANDLERS['named']",
    "closure of registry.unnamed.<locals>.wrapper at registry:HANDLERS['unnamed']",
    "list registry:HANDLERS[<Unspeakable>][0]",
    "Frozen plugin:FROZEN['handle']",
    "list registry:Holder.hooks[0]",
    "staticmethod registry:Holder.method",
    "dict plugin:VIEW['view']",
    "list in closure of registry.listed.<locals>.wrapper (functions)[0] at plugin:listed",
    "list gc:callbacks[0]",
    "default argument of plugin.default",
    "default argument of plugin.Kinds.run at registry:METHODS[1]",
    "annotation of plugin.annotated (a)",
    "global variable of of_space (handle) at plugin:of_space",
    "annotation of plugin.asked (a)",
    "attribute of plugin.annotated (hook)",
]


def test_holders_are_named_with_their_paths(fresh_world):
    """Each holder has its line, nothing else has one, and after the undo there is none."""
    fresh_world.write("registry.py", REGISTRY)
    fresh_world.write("plugin.py", PLUGIN)
    script = """
    declare("plugin:handle", new)
    declare("plugin:Kinds.make", classmethod(new))
    declare("plugin:Kinds.run", new)
    declare("plugin:show_int", new)
    backportkit.apply_all()
    import plugin
    ids = ("p-handle", "p-kinds-make", "p-kinds-run", "p-show-int")
    print(*backportkit.out_of_reach(ids[0]), sep="\\n")
    for id in ids[1:]:
        print(id, *backportkit.out_of_reach(id), sep=": ")
    backportkit.unpatch_all()
    print([backportkit.out_of_reach(id) for id in ids])
    """
    done = fresh_world.start(PATCH + textwrap.dedent(script))
    *lines, make, run, show, undone = done.stdout.splitlines()
    assert make == "p-kinds-make: bound method registry:METHODS[0]"
    assert run == "p-kinds-run: bound method registry:METHODS[1]"
    assert show == "p-show-int: dict in attribute of plugin.show (registry)[<class 'int'>]"
    assert undone == "[(), (), (), ()]"
    assert set(OF_HANDLE) <= set(lines), lines
    reference, generator = sorted(set(lines) - set(OF_HANDLE), key=len, reverse=True)
    assert reference.endswith("plugin:REFERENCE.__callback__")
    assert generator in {"generator plugin:generated", "frame plugin:generated.gi_frame"}


C_HOLDERS = """
import atexit, codecs, functools, os, signal, sys

def handle(*args): return "old"
def once(): return "old"
def audited(*args): return None
def searched(name): return None
def forked(): return None

signal.signal(signal.SIGTERM, handle)
signal.signal(signal.SIGINT, functools.partial(handle))
atexit.register(handle)
atexit.register(once)
sys.addaudithook(audited)
codecs.register(searched)
os.register_at_fork(before=forked)

class Unequal:
    def __call__(self): pass
    def __eq__(self, other): raise RuntimeError
atexit.register(Unequal())
"""


def test_what_c_keeps_is_named_or_counted(fresh_world):
    """Signal handlers and callbacks of atexit are named; where nothing tells, the reference count does."""
    fresh_world.write("plugin.py", C_HOLDERS)
    script = """
    names = ("handle", "once", "audited", "searched", "forked")
    for name in names:
        declare(f"plugin:{name}", new)
    backportkit.apply_all()
    import plugin
    def show():
        alive = plugin.handle  # a local variable is no holder
        for name in names:
            print(*backportkit.out_of_reach(f"p-{name}"), sep="; ")
    show()
    show()
    del sys.getrefcount
    print(*backportkit.out_of_reach("p-audited"))
    """
    listed = "list, to which nothing leads that has a name: os.register_at_fork, codecs and atexit keep such"
    seen = [
        "partial, the handler of SIGINT; the handler of SIGTERM; a callback of atexit",
        "a callback of atexit",
        (
            "1 more reference that cannot be seen from Python: "
            "audit hooks, extension modules and what gc.freeze() has set aside keep such"
        ),
        listed,
        listed,
    ]
    done = fresh_world.start(PATCH + textwrap.dedent(script))
    assert done.stdout.splitlines() == [*seen, *seen, ""], done.stderr


CONSTANTS = """
class Retry:
    FROZEN, TUPLE, TABLE = frozenset(["a", "b"]), ("x", "y"), {"a": 1}
    NUMBER, TEXT, EMPTY = 5, "text", ()
    def texts(self, texts=TUPLE): pass
    def __init__(self, frozen=FROZEN, names=TUPLE, *, table=TABLE, number=NUMBER, text=TEXT, empty=EMPTY):
        self.frozen = frozen
kept = [Retry.TUPLE]
"""


def test_constants_in_default_arguments_are_named(world):
    """A value that somebody may have by identity is looked for; a number, a text and an empty tuple are not."""
    world.write("plugin.py", CONSTANTS)
    world.write("user.py", "from plugin import Retry\nDEFAULT = Retry()\n")
    script = """
    import gc
    names = ("FROZEN", "TUPLE", "TABLE", "NUMBER", "TEXT", "EMPTY")
    for name in names:
        fields = dict(summary="It breaks.", requires="python<4", value=[], target=f"plugin:Retry.{name}")
        backportkit.register(backportkit.Patch(id=name.lower(), fixes="https://example.org/1", **fields))
    backportkit.apply_all()
    import plugin, user
    gc.collect()
    for name in names:
        print(*sorted(backportkit.out_of_reach(name.lower())), sep="; ")
    """
    default = "default argument of plugin.Retry.__init__"
    assert world.run(PATCH + textwrap.dedent(script)) == [
        f"Retry user:DEFAULT.frozen; {default}",
        f"{default}; default argument of plugin.Retry.texts; list plugin:kept[0]",
        default,
        *("", "", ""),
    ]


def test_what_belongs_to_another_module_is_looked_for_in_the_targets_only(world):
    """A function that the target has from elsewhere has holders there that have nothing to do with the patch."""
    world.write("source.py", "def helper(): return 'old'\nLIST = [helper]\ndef f(a=helper): return a\n")
    world.write("plugin.py", "import json\nfrom source import helper\nLIST = [helper]\ndef g(a=helper): return a\n")
    script = """
    import plugin
    declare("plugin:helper", new)
    declare("plugin:json", new)
    backportkit.apply_all()
    print(*sorted(backportkit.out_of_reach("p-helper")), sep="; ")
    print(backportkit.out_of_reach("p-json"))
    """
    assert world.run(PATCH + textwrap.dedent(script)) == ["default argument of plugin.g; list plugin:LIST[0]", "()"]


HOLDERS = """
import collections
import plugin

factory = collections.defaultdict(plugin.handle)
bases = (dict, list, collections.deque, set, frozenset, tuple, str, bytes, Exception, collections.OrderedDict)
for base in bases:
    made = globals()[f"of_{base.__name__}"] = type("Own", (base,), {})()
    made.hook, made.hooks = plugin.handle, [plugin.handle]
for base in (dict, list, collections.deque, set, str, Exception):
    made = globals()[f"slotted_{base.__name__}"] = type("Own", (base,), {"__slots__": ("one", "two")})()
    made.one = made.two = plugin.handle
del made
raised = ValueError(plugin.handle)
"""


def test_attributes_and_slots_of_containers_are_named(world):
    """An instance of a class that derives from a container has its attributes as any object has."""
    world.write("plugin.py", "def handle(*args): return 'old'\n")
    world.write("holding.py", HOLDERS)
    script = """
    declare("plugin:handle", new)
    import holding
    backportkit.apply_all()
    print(*backportkit.out_of_reach("p-handle"), sep="\\n")
    """
    lines = world.run(PATCH + textwrap.dedent(script))
    names = ["dict", "list", "deque", "set", "frozenset", "tuple", "str", "bytes", "Exception", "OrderedDict"]
    expected = {f"Own holding:of_{name}.hook" for name in names} | {
        f"list holding:of_{name}.hooks[0]" for name in names
    }
    slotted = ["dict", "list", "deque", "set", "str", "Exception"]
    expected |= {f"Own holding:slotted_{name}.{slot}" for name in slotted for slot in ("one", "two")}
    expected |= {"tuple holding:raised.args[0]"}
    assert set(lines) == expected | {"defaultdict holding:factory.default_factory"}


def test_holder_whose_class_cannot_be_compared_is_named(world):
    """A holder is named although its class cannot be compared: classes are compared by identity alone."""
    world.write("plugin.py", "def handle(*args): return 'old'\n")
    world.write(
        "holding.py",
        """
        import plugin
        class Meta(type):
            def __eq__(cls, other): raise RuntimeError
            def __hash__(cls): return 1
        class Odd(metaclass=Meta): pass
        ODD = Odd()
        ODD.hook = plugin.handle
        """,
    )
    script = """
    import holding
    declare("plugin:handle", new)
    backportkit.apply_all()
    print(*backportkit.out_of_reach("p-handle"))
    """
    assert world.run(PATCH + textwrap.dedent(script)) == ["Odd holding:ODD.hook"]


@pytest.mark.parametrize("line", ["", "import multiprocessing"])
def test_holder_in_the_module_that_runs_is_named(world, line):
    """A holder that a running module names is told by that name, since a module keeps its names after its body."""
    world.write("plugin.py", "def handle(*args): return 'old'\n")
    script = f"""
    {line}
    declare("plugin:handle", new)
    import plugin
    kept = [plugin.handle]
    backportkit.apply_all()
    print(*backportkit.out_of_reach("p-handle"))
    """
    assert world.run(PATCH + textwrap.dedent(script)) == ["list __main__:kept[0]"]
