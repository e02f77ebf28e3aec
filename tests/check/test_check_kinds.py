"""`check` says of kinds, lost decorators and namespaces what run time says."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
import contextlib, functools, types
def retry(f): return f
def plain(x): return x
async def coroutine(x): return x
def generator(x):
    def inner(): return 1
    yield x
async def asynchronous(x): yield x
@types.coroutine
def iterable(x): yield x
@contextlib.contextmanager
def manager(x): yield x
@retry
async def decorated(x): return x
@functools.lru_cache(maxsize=None)
@retry
def twice(x): return x
class C:
    @property
    async def size(self): return 1
    @classmethod
    async def of_class(cls, x): return x
    @staticmethod
    def static(x): return x
if plain:
    def either(x): return x
else:
    async def either(x): return x
if plain:
    @retry
    def now_and_then(x): return x
else:
    def now_and_then(x): return x
TABLE = {"key": plain}
"""
HEAD = """
import contextlib, functools
from backportkit import Patch, backport, register
D = dict(requires="victim<2", fixes="https://upstream.example/1", summary="s", reproducer="mine:plain")
N = 0
def declare(target, replacement, id=None, **fields):
    global N
    N += 1
    id = id or f"id-{N}"
    register(dict(id=id, target="victim:" + target, replacement=replacement, **(D | fields)))
def retry(f):
    @functools.wraps(f)
    def inner(x): return f(x)
    return inner
def bare(f):
    def inner(x): return f(x)
    return inner
"""


def found_in(world, start, declarations, victim=VICTIM):
    """The findings of `backportkit check mine.py` on kinds, decorators and namespaces: code, target and message."""
    world.distribution("victim", "1.0")
    world.write("victim.py", victim)
    world.write("mine.py", HEAD + declarations)
    done = start(world, "check", "mine.py", "--json")
    assert done.returncode in {0, 1}, done.stderr
    findings = json.loads(done.stdout)["findings"]
    return [
        f"{one['code']} {one['target'].partition(':')[2]} {one['message']}"
        for one in findings
        if one["code"] in {"BK201", "BK214", "BK215", "BK217"}
    ]


MINE = """
def sync(x): return x
async def awaited(x): return x
def yielding(x): yield x
async def both(x): yield x
def own(self): return 1
async def own_awaited(self): return 1
@retry
def hidden(x): return x
@contextlib.contextmanager
def managing(x): yield x
"""
PLAIN, ASYNC, GENERATOR = "a plain function", "an async function", "a generator function"
BOTH, ITERABLE = "an async generator function", "a generator that types.coroutine has made awaitable"
# Target, replacement, and the kinds that check names, or None.
CASES = [
    ("plain", "sync", None),
    ("plain", "awaited", (PLAIN, ASYNC)),
    ("plain", "yielding", (PLAIN, GENERATOR)),
    ("plain", "both", (PLAIN, BOTH)),
    ("plain", "managing", None),
    ("coroutine", "sync", (ASYNC, PLAIN)),
    ("coroutine", "awaited", None),
    ("coroutine", "both", (ASYNC, BOTH)),
    ("generator", "sync", (GENERATOR, PLAIN)),
    ("generator", "yielding", None),
    ("asynchronous", "awaited", (BOTH, ASYNC)),
    ("asynchronous", "both", None),
    ("iterable", "yielding", (ITERABLE, GENERATOR)),
    ("manager", "yielding", (PLAIN, GENERATOR)),
    ("manager", "managing", None),
    ("either", "sync", None),
    ("either", "awaited", None),
    ("either", "yielding", (ASYNC, GENERATOR)),
    ("C.size", "own", (ASYNC, PLAIN)),
    ("C.size", "own_awaited", None),
    ("C.of_class", "own", (ASYNC, PLAIN)),
    ("TABLE['key']", "yielding", (PLAIN, GENERATOR)),
    ("gone", "sync", None),
]


@pytest.mark.parametrize("template", ["{}", "'mine:{}'"], ids=["held", "named"])
def test_other_kind_is_found_in_the_source(world, start, template):
    """A replacement of another kind is found, given or named; one of two definitions under `if` is enough."""
    lines = [f"declare({old!r}, {template.format(new)}, requires='victim<{2 + n}')" for n, (old, new, _) in cases()]
    lines.append(f"declare('coroutine', {template.format('sync')}, signature='change', requires='victim<99')")
    expected = [
        f"BK201 {old} calls that work with the original fail: it was {kinds[0]} and would be {kinds[1]}"
        for _, (old, _, kinds) in cases()
        if kinds
    ]
    found = found_in(world, start, MINE + "\n".join(lines))
    assert [line for line in found if "it was" in line] == expected


def cases():
    return list(enumerate(CASES))


def test_kind_of_what_a_wrapper_returns_is_found(world, start):
    """The kind of a function that is written in the wrapper is found; one that another function makes may be of any."""
    declarations = """
def sync(original):
    def inner(x): return original(x)
    return inner
def awaited(original):
    @functools.wraps(original)
    async def inner(x): return await original(x)
    return inner
def by_lambda(original): return lambda x: original(x)
def by_generator(original): return lambda x: (yield original(x))
def elsewhere(original): return retry(original)
def either(original):
    async def inner(x): return await original(x)
    return inner if x else original
for factory in (sync, awaited, by_lambda, by_generator, elsewhere, either):
    declare("coroutine", factory, how="wrap", id=factory.__name__.replace("_", "-"))
declare("generator", by_generator, how="wrap")
declare("plain", "mine:gone", how="wrap")
declare("plain", eval("lambda original: original"), how="wrap")
"""
    why = "calls that work with the original fail: it was an async function and would be"
    assert found_in(world, start, declarations) == [
        f"BK201 coroutine {why} a plain function",
        f"BK201 coroutine {why} a plain function",
        f"BK201 coroutine {why} a generator function",
    ]


def test_lost_decorator_is_found(world, start):
    """A decorator of the target is lost unless the replacement has it, too, or wraps the original."""
    declarations = """
def plain(x): return x
async def awaited(x): return x
@retry
async def kept(x): return x
@bare
def bared(x): return x
def of_namespace(x): return x
of_namespace.__code__ = eval("(lambda x: x).__code__")
def wrap(original): return retry(original)
declare("decorated", awaited)
declare("decorated", "mine:awaited")
declare("decorated", kept)
declare("decorated", "mine:kept")
declare("decorated", awaited, signature="change")
declare("decorated", wrap, how="wrap")
declare("twice", plain)
declare("twice", bared)
declare("twice", eval("lambda x: x"))
declare("now_and_then", plain)
declare("decorated", "mine:gone")
@backport("victim:decorated", id="of-class", **D)
@retry
async def decorated(x): return x
register(dict(id="value", target="victim:decorated", value=1, **D))
"""
    why = "the target is decorated with retry, and the replacement is not"
    found = found_in(world, start, declarations)
    assert found == [
        f"BK214 decorated {why}",
        f"BK214 decorated {why}",
        f"BK214 twice {why}",
        f"BK214 twice {why}",
    ]


def test_what_namespace_cannot_reach_is_found(world, start):
    """The same that run time refuses, for replacements and for wrappers."""
    declarations = """
class Held:
    def __init__(self, f): self.f = f
    def __call__(self, *a): return self.f(*a)
def in_an_object(f):
    held = Held(f)
    @functools.wraps(f)
    def inner(x): return held(x)
    return inner
@in_an_object
def plain(x): return x
@in_an_object
def wrapper(original): return original
@retry
def reached(x): return x
D["namespace"] = "target"
declare("plain", plain)
declare("plain", plain, namespace="own")
declare("plain", wrapper, how="wrap")
declare("plain", reached)
declare("plain", "mine:plain")
register(dict(id="value", target="victim:plain", value=1, **D))
"""
    found = found_in(world, start, declarations)
    why = "the function that was written is out of reach in {0}, since {0}() cannot be seen in what it refers to"
    assert found == [f"BK215 plain {why.format('plain')}", f"BK215 plain {why.format('wrapper')}"]


MODEL = """
class Base(BaseModel):
    @field_validator("a")
    @classmethod
    def check(cls, v): return v
    @a.validator
    def named(self, attribute, value): pass
    @field_serializer("a")
    def write(self, v): return v
    @retry
    def shown(self): return 1
    def plain(self): return 1
"""


@pytest.mark.parametrize(("first", "named"), [("from pydantic import *", True), ("from somewhere import *", False)])
def test_function_that_a_library_has_taken_is_found(world, start, first, named):
    """A function that a library has taken is found by its decorators, unless callbacks rebuild the class."""
    declarations = """
def of_class(cls, v): return v
def own(self, *a): return 1
def again(module): pass
declare("Base.check", of_class)
declare("Base.check", of_class, callbacks=dict(after_apply=again, after_undo=again))
declare("Base.check", of_class, callbacks=dict(after_apply=again))
declare("Base.named", own)
declare("Base.write", own)
declare("Base.plain", own)
declare("Base.added", own, how="add")
declare("check", own)
"""
    found = found_in(world, start, declarations, f"{first}\n{MODEL}\n@field_validator\ndef check(*a): pass\n")
    why = "when the class is made, so that another one there has no effect"
    assert [line for line in found if line.startswith("BK217")] == [
        f"BK217 Base.check it is taken by field_validator {why}",
        f"BK217 Base.check it is taken by field_validator {why}",
        *[f"BK217 Base.named it is taken by validator {why}"] * named,
        f"BK217 Base.write it is taken by field_serializer {why}",
    ]


FORGOTTEN = """
@contextlib.contextmanager
def manager(x): yield x
@contextlib.asynccontextmanager
async def later(x): yield x
@types.coroutine
def iterable(x): yield x
@contextlib.contextmanager
def handed_on(x): return manager(x)
class C:
    @classmethod
    @contextlib.contextmanager
    def of_class(cls, x): yield x
"""


@pytest.mark.parametrize("template", ["{}", "'mine:{}'"], ids=["held", "named"])
@pytest.mark.parametrize("change", ["", ", signature='change'"])
def test_forgotten_decorator_that_makes_another_kind_is_found(world, start, template, change):
    """The advice is upstream's decorator, and `signature='change'` does not silence it."""
    pairs = {"manager": "yielding", "later": "both", "iterable": "yielding", "handed_on": "sync", "C.of_class": "own"}
    lines = [f"declare({old!r}, {template.format(new)}{change})" for old, new in pairs.items()]
    own = "def own(cls, x): yield x\n"
    victim = f"import contextlib, types\n{FORGOTTEN}"
    found = found_in(world, start, MINE + own + "\n".join(lines), victim)
    makers = dict(
        zip(pairs, ["contextmanager", "asynccontextmanager", "coroutine", *["contextmanager"] * 2], strict=True)
    )
    why = "the target is decorated with {}, and the replacement is not"
    assert [line for line in found if line.startswith("BK214")] == [
        f"BK214 {old} {why.format(maker)}" for old, maker in makers.items()
    ]
    assert bool([line for line in found if line.startswith("BK201")]) == (not change)
    text = start(world, "check", "mine.py", "-v").stdout
    assert "next: decorate it as upstream does" in text
    assert "write signature='change'" not in text


def test_decorator_that_is_there_or_not_needed_is_not_missed(world, start):
    """A replacement that returns a manager needs no decorator, and an addition has no original that had one."""
    declarations = """
def handing_on(x): return contextlib.nullcontext(x)
declare("manager", managing)
declare("manager", managing, signature="change")
declare("manager", "mine:handing_on", signature="change")
declare("manager", "mine:gone", signature="change")
declare("manager", "mine:yielding", how="add")
"""
    found = found_in(world, start, MINE + declarations, f"import contextlib, types\n{FORGOTTEN}")
    assert found == []


def test_forgotten_decorator_in_a_wrapper_is_found(world, start):
    """The decorator belongs on the function that the wrapper returns, and not on the wrapper."""
    declarations = """
def wrapper(original):
    def inner(x): yield from original(x)
    return inner
declare("manager", wrapper, how="wrap", signature="change")
"""
    found = found_in(world, start, declarations, f"import contextlib, types\n{FORGOTTEN}")
    assert found == ["BK214 manager the target is decorated with contextmanager, and what the wrapper returns is not"]


def test_private_parameters_have_the_name_of_their_class(world, start):
    """Those of a replacement are compared by the names that both have as they run, as run time does."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "class _C:\n    def call(__self, __x, y): pass\n    def other(self, __x): pass\n")
    world.write(
        "mine.py",
        """
        from backportkit import Edit, Patch, backport, register
        more = dict(requires="victim<2", fixes="https://x.example/1", reproducer="platform:platform")
        @backport("victim:_C", id="victim-1", summary="s", **more)
        class _C:
            def call(__self, __x, y): return __x
        class Named:
            class _C:
                def call(__self, __x, y): return y
        def lone(self, __x): pass
        named = Edit(target="victim:_C.call", replacement="mine:Named._C.call")
        other = Edit(target="victim:_C.other", replacement=lone)
        register(Patch(id="victim-2", summary="s", edits=[named, other], **more))
        """,
    )
    found = json.loads(start(world, "check", "mine.py", "--json").stdout)["findings"]
    told = [(one["patch"], one["message"]) for one in found if one["code"] == "BK201"]
    assert told == [
        ("victim-2", "calls that work with the original fail: '_C__x' can no longer be given by keyword"),
    ]
