"""`namespace="target"`: the function that was written sees the target's globals, whatever stands around it."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
CONST = "the target's"
def f(*a): return "old"
class Base:
    def m(self): return "base"
class C(Base):
    def m(self): return "old"
TABLE = {"key": f}
"""
DECORATORS = """
import contextlib, functools
CONST = "the decorators'"
def wraps(f):
    calls = []
    @functools.wraps(f)
    def inner(*a, **k):
        inner.calls += 1
        return ["wraps", CONST, f(*a, **k)]
    inner.calls = 0
    return inner
def bare(f):
    def inner(*a): return ["bare", CONST, f(*a)]
    return inner
def bare_of_two(f, other=len):
    def inner(*a): return ["two", CONST, f(*a)] if inner else other(a)
    return inner
def two_written(f):
    def f2(*a): return f(*a)
    f2.__name__ = f.__name__
    def inner(*a): return [f(*a), f2(*a)]
    return inner
def default(f):
    @functools.wraps(f)
    def inner(*a, _f=f): return ["default", CONST, _f(*a)]
    return inner
def positional_default(f):
    @functools.wraps(f)
    def inner(a=0, _f=f): return ["default", CONST, _f()]
    return inner
def by_attribute(f):
    @functools.wraps(f)
    def inner(*a): return ["attribute", CONST, inner.__wrapped__(*a)]
    return inner
def by_helper(f):
    def call(*a): return f(*a)
    def unused(): return late
    if not f: late = 1
    @functools.wraps(f)
    def inner(*a): return ["helper", CONST, call(*a), unused is not None]
    return inner
def in_a_tuple(*f):
    @functools.wraps(f[0])
    def inner(*a): return ["tuple", CONST, f[0](*a)]
    return inner
def in_a_partial(f):
    call = functools.partial(lambda g, *a, end: [*g(*a), end], f, end=1)
    @functools.wraps(f)
    def inner(*a): return ["partial", CONST, *call(*a)]
    return inner
def in_a_cache(f):
    cached = functools.lru_cache(maxsize=3)(f)
    @functools.wraps(f)
    def inner(*a): return ["cache", CONST, cached(*a), cached.cache_parameters()["maxsize"]]
    return inner
def in_a_descriptor(f):
    static, prop = staticmethod(f), property(f)
    @functools.wraps(f)
    def inner(*a): return ["static", CONST, static.__func__(*a), prop.fget(*a)]
    return inner
def in_a_method(f):
    bound = type(f).__get__(lambda self, *a: f(*a), 1)
    @functools.wraps(f)
    def inner(*a): return ["method", CONST, bound(*a)]
    return inner
class no_grad:
    def __init__(self, mode="grad"): self.mode = mode
    def __enter__(self): pass
    def __exit__(self, *_): pass
    def __call__(self, f):
        @functools.wraps(f)
        def decorate_context(*a, **k):
            with self: return [self.mode, CONST, f(*a, **k)]
        return decorate_context
class Held:
    def __init__(self, f): self.f = f; functools.update_wrapper(self, f)
    def __call__(self, *a): return self.f(*a)
def in_an_object(f):
    held = Held(f)
    @functools.wraps(f)
    def inner(*a): return held(*a)
    return inner
def in_an_object_that_wraps(f):
    held = Held(f)
    @functools.wraps(held)
    def inner(*a): return held(*a)
    return inner
def in_a_circle(f):
    def inner(*a): return f(*a)
    inner.__wrapped__ = inner
    return inner
"""
START = """
import asyncio, contextlib, functools, json
import backportkit, decorators as d
from backportkit import backport
CONST = "the declaring module's"
D = dict(requires="victim<2", summary="s", namespace="target", signature="change")
"""


@pytest.fixture
def victim(world):
    """A world with a victim and decorators of many kinds."""
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    world.write("decorators.py", DECORATORS)
    return world


CALLED = {
    "d.wraps": ["wraps", "the decorators'", ["new", "the target's"]],
    "d.bare": ["bare", "the decorators'", ["new", "the target's"]],
    "d.bare_of_two": ["two", "the decorators'", ["new", "the target's"]],
    "d.default": ["default", "the decorators'", ["new", "the target's"]],
    "d.positional_default": ["default", "the decorators'", ["new", "the target's"]],
    "d.by_attribute": ["attribute", "the decorators'", ["new", "the target's"]],
    "d.by_helper": ["helper", "the decorators'", ["new", "the target's"], True],
    "d.in_a_tuple": ["tuple", "the decorators'", ["new", "the target's"]],
    "d.in_a_partial": ["partial", "the decorators'", "new", "the target's", 1],
    "d.in_a_cache": ["cache", "the decorators'", ["new", "the target's"], 3],
    "d.in_a_descriptor": ["static", "the decorators'", ["new", "the target's"], ["new", "the target's"]],
    "d.in_a_method": ["method", "the decorators'", ["new", "the target's"]],
    "d.no_grad()": ["grad", "the decorators'", ["new", "the target's"]],
    "d.wraps @d.bare": ["wraps", "the decorators'", ["bare", "the decorators'", ["new", "the target's"]]],
    "functools.lru_cache @d.wraps": ["wraps", "the decorators'", ["new", "the target's"]],
    "functools.cache": ["new", "the target's"],
    "functools.singledispatch": ["new", "the target's"],
}


def test_function_beneath_decorators_sees_the_targets_globals(victim):
    """The wrappers keep their own globals; the function that is decorated in the declaring module is not touched."""
    script = """
import victim
before = victim.f
DECLARE = '''
@backport("victim:f", id="id-{number}", **D)
{decorators}
def f(*a): return ["new", CONST]
'''
names = __NAMES__
for number, name in enumerate(names):
    exec(DECLARE.format(number=number, decorators="".join(f"@{one}\\n" for one in name.split(" @"))))
    backportkit.apply_all(only=f"id-{number}")
    print(json.dumps([name, victim.f() if name != "functools.singledispatch" else victim.f(1), "target" in repr(f(1))]))
    backportkit.unpatch_all()
    assert victim.f is before
"""
    found = victim.run(START + script.replace("__NAMES__", repr(list(CALLED))))
    assert [json.loads(line) for line in found] == [[name, value, False] for name, value in CALLED.items()]


@pytest.mark.parametrize(
    ("decorator", "why"),
    [
        ("d.two_written", "2 of the functions in its closure has that name"),
        ("d.in_an_object", "f() cannot be seen in what it refers to"),
        ("d.in_an_object_that_wraps", "it wraps a Held"),
        ("d.in_a_circle", "its wrappers lead in a circle"),
        ("d.Held", "it is no function"),
    ],
)
def test_function_that_is_out_of_reach_is_refused_with_what_to_write(victim, decorator, why):
    """Nothing is changed; namespace='own' is the way, and works."""
    text = f"""
{START}
@backport("victim:f", id="id-1", fixes="https://upstream.example/1", **D)
@{decorator}
def f(*a): return ["new", CONST]
"""
    victim.write("mine.py", text)
    script = """
import backportkit, mine, victim
try: backportkit.apply_all()
except backportkit.ReplacementError as error: print(error.message)
print(victim.f())
"""
    said, left = victim.run(script)
    assert f"since {why}: let the decorator use functools.wraps" in said
    assert "namespace='own'" in said
    assert left == "old"
    victim.write("mine.py", text.replace('namespace="target"', 'namespace="own"'))
    assert "the declaring module's" in victim.run(script)[-1]


def test_methods_of_a_class_are_moved_beneath_their_decorators(victim):
    """Context managers, descriptors and generic methods, with super()."""
    script = """
@backport("victim:C", id="cc", how="add", **D)
class C:
    @contextlib.contextmanager
    def manager(self, x): yield ["new", x, CONST, super().m()]
    @contextlib.asynccontextmanager
    async def late(self, x): yield ["new", x, CONST, super().m()]
    @staticmethod
    @d.wraps
    def static(x): return ["new", x, CONST]
    @classmethod
    @d.bare
    def of_class(cls, x): return ["new", x, CONST, super().m]
    @property
    @d.wraps
    def size(self): return [CONST, super().m()]
    @functools.cached_property
    @d.bare
    def cached(self): return [CONST, super().m()]
    @functools.singledispatchmethod
    def generic(self, x): return [CONST, super().m()]
    @generic.register
    def _(self, x: int): return ["int", CONST]
    @d.wraps
    def plain(self): return [CONST, super().m()]
backportkit.apply_all()
import victim
c = victim.C()
with c.manager(1) as found: print(found)
async def enter():
    async with c.late(1) as found: print(found)
asyncio.run(enter())
for value in (c.static(1), c.of_class(1)[:2], c.of_class(1)[2][:3], c.size, c.cached, c.plain()): print(value)
print(c.generic("x"), c.generic(1))
print(c.plain.__qualname__, c.plain.__wrapped__.__qualname__, c.plain.__module__)
"""
    assert victim.run(START + script) == [
        "['new', 1, \"the target's\", 'base']",
        "['new', 1, \"the target's\", 'base']",
        "['wraps', \"the decorators'\", ['new', 1, \"the target's\"]]",
        "['bare', \"the decorators'\"]",
        "['new', 1, \"the target's\"]",
        "['wraps', \"the decorators'\", [\"the target's\", 'base']]",
        "['bare', \"the decorators'\", [\"the target's\", 'base']]",
        "['wraps', \"the decorators'\", [\"the target's\", 'base']]",
        "[\"the target's\", 'base'] ['int', \"the target's\"]",
        "C.plain C.plain victim",
    ]


def test_super_beneath_a_decorator_means_the_target_class_without_a_namespace_too(victim):
    """The class cell of the function that was written is the target's; what is out of reach keeps its own."""
    script = """
D["namespace"] = "own"
@backport("victim:C", id="cc", how="add", **D)
class C:
    @d.wraps
    def wrapped(self): return [CONST, super().m()]
    @d.bare
    def simple(self): return CONST
    @d.in_an_object
    def held(self): return CONST
backportkit.apply_all()
import victim
c = victim.C()
print(c.wrapped(), c.simple(), victim.C.held(c), sep="\\n")
"""
    assert victim.run(START + script) == [
        "['wraps', \"the decorators'\", [\"the declaring module's\", 'base']]",
        "['bare', \"the decorators'\", \"the declaring module's\"]",
        "the declaring module's",
    ]


NAMED = """
import functools, wrapt
from decorators import Held, wraps
CONST = "the declaring module's"
def one(*a): return ["one", CONST, *a]
part = functools.partial(one, 1)
nested = functools.partial(part, 2)
method = functools.partialmethod(one, 1)
static = functools.partialmethod(staticmethod(one), 1)
generic = functools.singledispatch(one)
@generic.register
def _(x: int): return ["int", CONST]
generic.register(str, len)
class Whole: pass
bound = Held(one).__call__
decorate = wrapt.decorator(lambda w, i, a, k: w(*a, **k))
proxied = decorate(one)
def noted(f):
    @functools.wraps(f)
    def inner(original): return f(original)
    return inner
@noted
def factory(original): return lambda *a: ["wrapped", CONST, original(*a)]
def make(helper):
    def inner(original): return lambda *a: [helper("made"), CONST, original(*a)]
    return inner
made = make(len)
made_of_function = make(one)
wrapped = wraps(one)
"""


def test_replacement_that_is_named_is_moved_too(victim):
    """Partials, generic functions, items and factories; what has no Python function is left as it is."""
    victim.write("mine.py", NAMED)
    script = """
import victim
def result(target, name, call, **fields):
    id_ = f"{name.lower()}-{len(target)}-{fields.get('how', '')}"
    backportkit.register(dict(id=id_, target="victim:" + target, replacement="mine:" + name, **D) | fields)
    backportkit.apply_all(only=id_)
    print(name, json.dumps(call()))
    backportkit.unpatch_all()
result("f", "part", lambda: victim.f(5))
result("f", "nested", lambda: victim.f(5))
result("f", "generic", lambda: [victim.f(1), victim.f(1.5), victim.f("text")])
result("C.m", "method", lambda: victim.C().m(5)[:2])
result("C.m", "static", lambda: victim.C().m(5))
result("TABLE['key']", "one", lambda: victim.TABLE["key"](5))
result("TABLE['key']", "wrapped", lambda: victim.TABLE["key"](5))
result("TABLE['key']", "part", lambda: victim.TABLE["key"](5))
result("f", "factory", lambda: victim.f(5), how="wrap")
result("f", "made", lambda: victim.f(5), how="wrap")
result("f", "made_of_function", lambda: victim.f(5), how="wrap")
result("f", "CONST", lambda: victim.f)
result("f", "len", lambda: victim.f("text"), replacement="builtins:len")
for name in ("Whole", "bound", "proxied"):
    backportkit.register(dict(id=name.lower(), target="victim:f", replacement="mine:" + name, **D))
    try: backportkit.apply_all(only=name.lower())
    except backportkit.ReplacementError as error: print(error.message[-60:], victim.f())
    backportkit.unpatch_all()
"""
    way = "write namespace='own' and import within the body what it needs of the target's module"
    the = "the target's"
    assert victim.run(START + script) == [
        f'part ["one", "{the}", 1, 5]',
        f'nested ["one", "{the}", 1, 2, 5]',
        f'generic [["int", "{the}"], ["one", "{the}", 1.5], 4]',
        f'method ["one", "{the}"]',
        f'static ["one", "{the}", 1, 5]',
        f'one ["one", "{the}", 5]',
        f'wrapped ["wraps", "the decorators\'", ["one", "{the}", 5]]',
        f'part ["one", "{the}", 1, 5]',
        f'factory ["wrapped", "{the}", "old"]',
        f'made [4, "{the}", "old"]',
        f'made_of_function [["one", "the declaring module\'s", "made"], "{the}", "old"]',
        'CONST "the declaring module\'s"',
        "len 4",
        *[f"{way[-60:]} old"] * 3,
    ]
