"""A replacement gives what the original gives: a value, a coroutine, a generator. A wrapper can call what it gets."""

from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.warm

START = """
import asyncio, functools, inspect, types
import backportkit
from backportkit import register
def declare(id_, target, replacement, **fields):
    register(dict(id=id_, target=target, replacement=replacement, requires="victim<2", summary="s") | fields)
def attempt(id_, target, replacement, **fields):
    "What becomes of a patch of a loaded module; it is taken out again."
    declare(id_, target, replacement, **fields)
    try: backportkit.apply_all(only=id_)
    except backportkit.BackportError as error: return f"{type(error).__name__}: {error.found or error.message}"
    finally: backportkit.unpatch_all()
    return "applied"
import victim
"""
KINDS = """
import functools, types
def plain(x): return x
async def coroutine(x): return x
def generator(x): yield x
async def asynchronous(x): yield x
@types.coroutine
def iterable(x): yield x
"""
WORDS = {
    "plain": "a plain function",
    "coroutine": "an async function",
    "generator": "a generator function",
    "asynchronous": "an async generator function",
    "iterable": "a generator that types.coroutine has made awaitable",
}


@pytest.fixture
def victim(world):
    """A world with functions of each kind, as originals and, in `mine`, as replacements."""
    world.distribution("victim", "1.0")
    world.write("victim.py", KINDS)
    world.write("mine.py", KINDS)
    return world


def test_each_kind_is_replaced_by_its_own_alone(victim):
    """Any other pair is a SignatureError that says both kinds, unless signature='change'."""
    script = f"""
for old in {list(WORDS)}:
    for new in {list(WORDS)}:
        print(attempt(f"{{old}}-{{new}}", f"victim:{{old}}", f"mine:{{new}}"))
        print(attempt(f"{{old}}-{{new}}-change", f"victim:{{old}}", f"mine:{{new}}", signature="change"))
"""
    expected = []
    for old, was in WORDS.items():
        for new, would_be in WORDS.items():
            found = f"SignatureError: it was {was} and would be {would_be} in mine:{new}"
            expected += ["applied" if old == new else found, "applied"]
    assert victim.run(START + script) == expected


AROUND = """
partial = functools.partial(coroutine, 1)
def call(self, x): return x
class Async:
    async def __call__(self, x): return x
class Sync:
    def __call__(self, x): return x
class Value:
    def __init__(self, x): self.x = x
instance, sync_instance = Async(), Sync()
bound = Async().__call__
cached = functools.lru_cache(coroutine)
@functools.wraps(coroutine)
def wrapped(x): return coroutine(x)
@functools.wraps(plain)
async def wrapped_plain(x): return plain(x)
@functools.singledispatch
async def dispatched(x): return x
class C:
    @property
    async def p(self): return 1
    @property
    def q(self): return 1
    @q.setter
    def q(self, value): pass
    @functools.cached_property
    async def c(self): return 1
    @classmethod
    async def cm(cls, x): return x
    @staticmethod
    async def sm(x): return x
    @functools.singledispatchmethod
    async def d(self, x): return x
    async def m(self, x): return x
    pm = functools.partialmethod(m, 1)
TABLE = {"key": coroutine}
VALUE = 1
"""
MINE = """
async def method(self): return 1
async def of_class(cls, x): return x
async def one(x=1): return 1
async def own(self, x=1): return 1
def sync(x=1): return 1
def sync_own(self, x=1): return 1
def sync_method(self): return 1
async def setter(self, value): return 1
"""


@pytest.mark.parametrize(
    ("target", "same", "other"),
    [
        ("partial", "one", "sync"),
        ("instance", "one", "sync"),
        ("instance", "bound", "Value"),
        ("sync_instance", "sync", "one"),
        ("sync_instance", "Value", "partial"),
        ("bound", "instance", "sync_instance"),
        ("cached", "coroutine", "plain"),
        ("wrapped", "plain", "coroutine"),
        ("wrapped", "wrapped", "wrapped_plain"),
        ("wrapped_plain", "coroutine", "plain"),
        ("dispatched", "coroutine", "plain"),
        ("plain", "Value", "instance"),
        ("coroutine", "partial", "wrapped"),
        ("C.p", "method", "sync_method"),
        ("C.p.fget", "method", "sync_method"),
        ("C.q.fset", None, "setter"),
        ("C.c", "method", "sync_method"),
        ("C.cm", "of_class", "sync_own"),
        ("C.sm", "coroutine", "plain"),
        ("C.d", "of_class", "sync_own"),
        ("C.pm", "own", "sync_own"),
        ("TABLE['key']", "coroutine", "plain"),
        ("VALUE", "plain", None),
        ("VALUE", "coroutine", None),
    ],
)
def test_outermost_callable_says_the_kind(victim, target, same, other):
    """Partials, objects, descriptors and their parts, caches, items: callers see the outermost one."""
    victim.write("victim.py", KINDS + AROUND)
    victim.write("mine.py", KINDS + AROUND + MINE)
    script = f"""
if {same!r}: print(attempt("same", "victim:{target}", "mine:{same}"))
if {other!r}: print(attempt("other", "victim:{target}", "mine:{other}").partition(" ")[0])
"""
    assert victim.run(START + script) == ["applied"] * bool(same) + ["SignatureError:"] * bool(other)


def test_property_is_compared_part_by_part(victim):
    """A getter that has become async is found, a setter too; what is added is not compared."""
    victim.write(
        "victim.py", "class C:\n    @property\n    def p(self): return 1\n    @p.setter\n    def p(self, v): pass\n"
    )
    script = """
async def get(self): return 1
def sync(self): return 1
async def put(self, v): pass
def sync_put(self, v): pass
print(attempt("get", "victim:C.p", property(get, sync_put)))
print(attempt("put", "victim:C.p", property(sync, put)))
print(attempt("delete", "victim:C.p", property(sync, sync_put, get)))
"""
    assert [line.partition(" in ")[0] for line in victim.run(START + script)] == [
        "SignatureError: it was a plain function and would be an async function",
        "SignatureError: it was a plain function and would be an async function",
        "applied",
    ]


def test_object_that_is_marked_as_async_is_so(victim):
    """An AsyncMock says by an attribute that its calls are to be awaited."""
    victim.write("victim.py", KINDS + "from unittest.mock import AsyncMock\nmocked = AsyncMock()\n")
    script = (
        'print(*(attempt(new, "victim:mocked", f"mine:{new}").partition(":")[0] for new in ("plain", "coroutine")))'
    )
    assert victim.run(START + script) == ["SignatureError applied"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="inspect.markcoroutinefunction is of 3.12")
def test_function_that_is_marked_as_async_is_so(victim):
    """`inspect.markcoroutinefunction` makes a plain function that returns a coroutine an async one."""
    script = """
@inspect.markcoroutinefunction
def marked(x): return victim.coroutine(x)
print(attempt("marked", "victim:coroutine", marked))
print(attempt("plain", "victim:plain", marked).partition(" in ")[0])
"""
    assert victim.run(START + script) == [
        "applied",
        "SignatureError: it was a plain function and would be an async function",
    ]


def test_wrapper_of_an_async_function_is_async(victim):
    """A sync wrapper is refused, also with functools.wraps; an async one is fine, and so is signature='change'."""
    script = """
def sync(original):
    return lambda x: original(x)
def named(original):
    @functools.wraps(original)
    def w(x): return original(x)
    return w
def right(original):
    async def w(x): return ["wrapped", await original(x)]
    return w
for factory in (sync, named, right):
    print(attempt(factory.__name__, "victim:coroutine", factory, how="wrap").partition(":")[0])
print(attempt("changed", "victim:coroutine", sync, how="wrap", signature="change"))
"""
    assert victim.run(START + script) == ["SignatureError", "SignatureError", "applied", "applied"]


def test_what_says_nothing_of_its_kind_is_not_compared(victim):
    """C functions, what is added, and proxies that raise when they are asked."""
    victim.write(
        "victim.py",
        "from math import sqrt\nclass Rude:\n    def __getattr__(self, name): raise OSError\nrude = Rude()\n",
    )
    script = """
async def one(x=1): return x
print(attempt("sqrt", "victim:sqrt", one), attempt("rude", "victim:rude", one))
print(attempt("added", "victim:added", one, how="add"))
"""
    assert victim.run(START + script) == ["applied applied", "applied"]


def test_proxy_has_the_kind_of_what_it_proxies(victim):
    """A function that wrapt has decorated is compared by the function within."""
    victim.write(
        "victim.py",
        KINDS
        + """
import wrapt
@wrapt.decorator
def d(w, i, a, k): return w(*a, **k)
coroutine, plain = d(coroutine), d(plain)
""",
    )
    script = """
for old in ("coroutine", "plain"):
    print(*(attempt(old + new, f"victim:{old}", f"mine:{new}").partition(":")[0] for new in ("plain", "coroutine")))
"""
    assert victim.run(START + script) == ["SignatureError applied", "applied SignatureError"]


PARTIALS = """
import functools
class C:
    def m(self, *args, **kw): return ["m", type(self).__name__, *args, kw]
    @classmethod
    def c(cls, *args): return ["c", cls.__name__, *args]
    @staticmethod
    def s(*args): return ["s", *args]
    pm = functools.partialmethod(m, 7, k=1)
    pc = functools.partialmethod(c, 7)
    ps = functools.partialmethod(s, 7)
    pp = functools.partialmethod(functools.partialmethod(m, 7), 8)
class D(C): pass
class Odd:
    def __get__(self, instance, owner): return 1
class E:
    odd = Odd()
"""


def test_wrapper_of_a_partialmethod_gets_what_it_can_call(victim):
    """A wrapper of a partialmethod calls the original with the instance, the class or neither, as it was called."""
    victim.write("victim.py", PARTIALS)
    script = """
before = dict(vars(victim.C))
def method(original): return lambda self, *a, **k: ["wrapped", *original(self, *a, **k)]
def static(original): return lambda *a: ["wrapped", *original(*a)]
for name, factory in dict(pm=method, pc=method, pp=method, ps=static).items():
    declare("wrap-" + name, "victim:C." + name, factory, how="wrap")
backportkit.apply_all()
print(victim.D().pm(1, x=2), victim.D().pp(1))
print(victim.C.pm(victim.C(), 1))
print(victim.D().pc(1), victim.D.pc(1), victim.C().ps(1), victim.C.ps(1))
backportkit.unpatch_all()
print(all(vars(victim.C)[name] is before[name] for name in before if name.startswith("p")))
"""
    assert victim.run(START + script) == [
        "['wrapped', 'm', 'D', 7, 1, {'k': 1, 'x': 2}] ['wrapped', 'm', 'D', 7, 8, 1, {}]",
        "['wrapped', 'm', 'C', 7, 1, {'k': 1}]",
        "['wrapped', 'c', 'D', 7, 1] ['wrapped', 'c', 'D', 7, 1] ['wrapped', 's', 7, 1] ['wrapped', 's', 7, 1]",
        "True",
    ]


def test_function_in_place_of_a_partialmethod_is_called_as_that_one_was(victim):
    """Through the class for a class method's, with no instance for a static method's."""
    victim.write("victim.py", PARTIALS)
    script = """
declare("pc", "victim:C.pc", lambda cls, *a: [cls.__name__, *a])
declare("ps", "victim:C.ps", lambda *a: [*a])
declare("pm", "victim:C.pm", lambda self, *a: [type(self).__name__, *a])
backportkit.apply_all()
print(victim.D.pc(1), victim.D().pc(1), victim.C.ps(1), victim.C().ps(1), victim.D().pm(1))
"""
    assert victim.run(START + script) == ["['D', 1] ['D', 1] [1] [1] ['D', 1]"]


def test_what_is_called_or_computed_stays_so(victim):
    """A wrapper function that returns nothing is refused, and so is a constant, unless signature='change'."""
    victim.write(
        "victim.py",
        KINDS + "class C:\n    size = property(lambda self: 1)\n    new = classmethod(lambda cls: 1)\n    one = 1\n",
    )
    victim.write("mine.py", "NUMBER = 5\n")
    script = """
def nothing(original): pass
for target in "plain", "coroutine", "C.size", "C.new", "C.size.fget":
    print(attempt(f"nothing-{target}".lower(), f"victim:{target}", nothing, how="wrap"))
    print(attempt(f"number-{target}".lower(), f"victim:{target}", "mine:NUMBER"))
print(attempt("wanted", "victim:plain", "mine:NUMBER", signature="change"))
print(attempt("one", "victim:C.one", "mine:NUMBER"))
"""
    found = [line.removeprefix("SignatureError: it is ") for line in victim.run(START + script)]
    called = ["called, and would be None in __main__:nothing", "called, and would be 5 in mine:NUMBER"]
    computed = ["computed, and would be None in __main__:nothing", "computed, and would be 5 in mine:NUMBER"]
    assert found[:8] == [*called, *called, *computed, *called]
    assert found[8].endswith("TypeError: it is called, and fget would be None")
    assert found[9:] == [called[1], "applied", "applied"]


def test_function_that_wraps_what_cannot_be_called_is_refused(victim):
    """A descriptor of one's own must be given as a descriptor, which may wrap it."""
    victim.write("victim.py", PARTIALS)
    script = """
def plain(original): return lambda self: original(self)
class Mine:
    def __init__(self, inner): self.inner = inner
    def __get__(self, instance, owner): return ["wrapped", self.inner.__get__(instance, owner)]
print(attempt("plain", "victim:E.odd", plain, how="wrap").partition("TypeError: ")[2])
declare("own", "victim:E.odd", Mine, how="wrap")
declare("value", "victim:NUMBERS", lambda original: [*original, 3], how="wrap", requires="victim<2")
victim.NUMBERS = [1, 2]
backportkit.apply_all(only=["own", "value"])
print(victim.E().odd, victim.NUMBERS)
"""
    assert victim.run(START + script) == [
        "E.odd is a Odd, which a function cannot call: return a Odd, or write how='replace'",
        "['wrapped', 1] [1, 2, 3]",
    ]
