"""A patch beneath somebody's wrapper is applied if the wrapper calls it, and a conflict if not."""

from __future__ import annotations

import textwrap

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
def f(x): return ["old", x]
class C:
    def m(self, x): return ["old", x]
    @classmethod
    def cm(cls, x): return ["old", x]
    @staticmethod
    def sm(x): return ["old", x]
    @property
    def p(self): return ["old", 1]
"""
START = """
import functools, types
from unittest import mock
import backportkit, victim
from backportkit import backport
D = dict(requires="victim<2", summary="s", fixes="https://upstream.example/1")
kept = types.SimpleNamespace(f=victim.f)  # where no copy is looked for
@backport("victim:f", id="ff", **D)
def f(x): return ["new", x]
@backport("victim:C", id="cc", **D)
class C:
    def m(self, x): return ["new", x]
    @classmethod
    def cm(cls, x): return ["new", x]
    @staticmethod
    def sm(x): return ["new", x]
    @property
    def p(self): return ["new", 1]
backportkit.apply_all()
def state(id_): return next(s for s in backportkit.status() if s.id == id_)
class Slots:
    __slots__ = ("empty", "inner")
    def __init__(self, inner): self.inner = inner
    def __call__(self, x): return self.inner(x)
class Held:
    def __init__(self, inner): self.inner = inner; functools.update_wrapper(self, inner)
    def __call__(self, *args): return self.call(*args)
    def call(self, *args): return self.inner(*args)
class Asking:
    def __init__(self, inner): self.kept = inner
    @property
    def inner(self): return self.kept
    def __call__(self, x): return self.inner(x)
class Descriptor:
    def __init__(self, inner): self.inner = inner
    def __get__(self, instance, owner): return self.inner.__get__(instance, owner)
class Patcher:
    def __init__(self, inner): self.saved = inner
    def fake(self, x): return ["theirs", x]
    def traced(self, x): return self.saved(x)
    @property
    def inner(self): raise SystemExit
    def call(self, g, x): return g(x)
class Rude:
    __slots__ = ()
    @property
    def __dict__(self): raise RuntimeError
    def __call__(self, x): return self.anything
def theirs(x): return ["theirs", x]
"""

# Each puts something on top of victim.f, and the call gives what ours gives.
CALLING = {
    "wrapt": "import wrapt; wrapt.wrap_function_wrapper('victim', 'f', lambda w, i, a, k: w(*a, **k))",
    "closure": "def wrap(inner):\n    return lambda x: inner(x)\nvictim.f = wrap(victim.f)",
    "wraps": "inner = victim.f\n@functools.wraps(inner)\ndef traced(x): return inner(x)\nvictim.f = traced",
    "wrapped": "@functools.wraps(victim.f)\ndef traced(x): return traced.__wrapped__(x)\nvictim.f = traced",
    "default": "def traced(x, _inner=victim.f): return _inner(x)\nvictim.f = traced",
    "keyword default": "def traced(x, *, _inner=victim.f): return _inner(x)\nvictim.f = traced",
    "inner function": "inner = victim.f\ndef traced(x): return (lambda: inner(x))()\nvictim.f = traced",
    "partial": "victim.f = functools.partial(victim.f)",
    "partial argument": "victim.f = functools.partial(lambda g, x: g(x), victim.f)",
    "partial argument of an object": "victim.f = functools.partial(Held(lambda g, x: g(x)), victim.f)",
    "partial argument of a method": "victim.f = functools.partial(Patcher(None).call, victim.f)",
    "method-wrapper": "victim.f = victim.f.__call__",
    "cache": "victim.f = functools.lru_cache(victim.f)",
    "object": "victim.f = Held(victim.f)",
    "object with slots": "victim.f = Slots(victim.f)",
    "bound method": "victim.f = Patcher(victim.f).traced",
    "two of them": "victim.f = functools.partial(Held(functools.partial(victim.f)))",
    "in a list": "def wrap(*inner):\n    return lambda x: inner[0](x)\nvictim.f = wrap(victim.f)",
    "in a dictionary": "def wrap(table):\n    return lambda x: table['f'](x)\nvictim.f = wrap({'f': victim.f})",
    "mock": "victim.f = mock.Mock(wraps=victim.f)",
    "mock's side effect": "victim.f = mock.MagicMock(side_effect=victim.f)",
    "side effect of a function": "victim.f = mock.create_autospec(victim.f, side_effect=victim.f)",
    "property": "victim.f = Asking(victim.f)",
}
# Each puts something on top of victim.f that does not call ours.
NOT_CALLING = {
    "another": "victim.f = theirs",
    "name alone": "victim.f = functools.wraps(victim.f)(theirs)",
    "the original": "def wrap(inner):\n    return lambda x: inner(x)\nvictim.f = wrap(kept.f)",
    "kept to put back": "victim.f = Patcher(victim.f).fake",
    "mock": "victim.f = mock.Mock()",
    "autospec": "victim.f = mock.create_autospec(victim.f)",
    "class": "victim.f = Held",
    "rude": "victim.f = Rude()",
    "not bound": "def wrap():\n    if not victim: inner = victim.f\n    return lambda x: inner(x)\nvictim.f = wrap()",
    "slots": "victim.f = Slots(1); del victim.f.inner",
    "constant": "victim.f = None",
    "partial that holds": "victim.f = functools.partial(print, victim.f)",
    "partial that holds by name": "victim.f = functools.partial(dict, held=victim.f)",
    "partial around theirs that holds": "victim.f = functools.partial(functools.partial(list.append, []), victim.f)",
    "method that holds": "victim.f = types.MethodType(print, victim.f)",
    "method of a list": "victim.f = [victim.f].append",
    "another method-wrapper": "victim.f = victim.f.__repr__",
    "endless": "chain = functools.reduce(lambda a, _: [a], '1' * 999)\nvictim.f = lambda x: chain",
}


def begin(world):
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)


TRY = """
def verdict(top, ours, digest):
    yield victim.f(1) if callable(top) and "calling" in sys.argv else None
    yield backportkit.is_applied("ff")
    yield backportkit.report().digest == digest
    backportkit.apply_all()
    yield state("ff").reason.startswith("in effect in victim, beneath ")
    try: backportkit.unpatch("ff")
    except backportkit.ConflictError: yield victim.f is top
    victim.f = ours
    backportkit.apply_all()
    yield state("ff").reason
    backportkit.unpatch("ff")
    yield victim.f is kept.f
def attempt(wrapping):
    backportkit.apply_all()
    digest, ours = backportkit.report().digest, victim.f
    exec(wrapping, globals())
    return [*verdict(victim.f, ours, digest)]
for name, wrapping in __CASES__.items(): print(name, *attempt(wrapping), sep="; ")
"""


def test_wrapper_that_calls_ours_leaves_it_applied(world):
    """A wrapper that calls ours changes neither state nor digest; the reason names it, and the undo leaves it."""
    begin(world)
    right = "['new', 1]; True; True; True; True; in effect in victim; True"
    expected = [f"{name}; {right}" for name in CALLING]
    assert world.run(START + TRY.replace("__CASES__", repr(CALLING)), "calling") == expected


def test_what_stands_on_top_and_does_not_call_ours_is_a_conflict(world):
    """An object on top that has our name, keeps ours, or wraps the original does not call ours: it is a conflict."""
    begin(world)
    expected = [f"{name}; None; False; False; False; True; in effect in victim; True" for name in NOT_CALLING]
    assert world.run(START + TRY.replace("__CASES__", repr(NOT_CALLING))) == expected


ATTRIBUTES = {
    "wrapt": """
import wrapt
for name in "m cm sm".split(): wrapt.wrap_function_wrapper("victim", "C." + name, lambda w, i, a, k: w(*a, **k))
""",
    "looked up": """
def method(inner): return lambda self, x: inner(self, x)
def plain(inner): return lambda *args: inner(args[-1])
victim.C.m, victim.C.cm = method(victim.C.m), classmethod(plain(victim.C.cm))
victim.C.sm = staticmethod(plain(victim.C.sm))
get = victim.C.p.fget
victim.C.p = property(lambda self: get(self))
""",
    "descriptor": "for name in 'm cm sm p'.split(): setattr(victim.C, name, Descriptor(vars(victim.C)[name]))",
}


@pytest.mark.parametrize("wrapping", ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_wrappers_of_methods_of_every_kind_leave_the_patch_applied(world, wrapping):
    """Methods, class and static methods and properties, taken from the class as a tracer takes them."""
    begin(world)
    script = """
__WRAPPING__
c = victim.C()
print(c.m(1), victim.C.cm(1), victim.C.sm(1), c.p, state("cc").state)
"""
    assert world.run(START + script.replace("__WRAPPING__", wrapping)) == [
        "['new', 1] ['new', 1] ['new', 1] ['new', 1] applied"
    ]


def test_layers_beneath_and_above_foreign_wrappers_are_all_applied(world):
    """Layers beneath and between foreign wrappers are in effect, except those that a foreign wrapper passes over."""
    begin(world)
    script = """
def wrap(inner): return lambda x: ["theirs", inner(x)]
lowest = types.SimpleNamespace(f=victim.f)
victim.f = wrap(victim.f)
@backport("victim:f", id="ww", how="wrap", **D)
def w(original): return lambda x: ["wrap", original(x)]
backportkit.apply_all()
print(victim.f(1), state("ff").state, state("ww").state)
victim.f = wrap(victim.f)
print(victim.f(1), state("ff").state, state("ww").state)
victim.f = wrap(lowest.f)
print(victim.f(1), state("ff").state, state("ww").state)
victim.f = theirs
print(state("ff").state, state("ww").state)
"""
    assert world.run(START + script) == [
        "['wrap', ['theirs', ['new', 1]]] applied applied",
        "['theirs', ['wrap', ['theirs', ['new', 1]]]] applied applied",
        "['theirs', ['new', 1]] applied conflict",
        "conflict conflict",
    ]


def test_value_that_a_wrapper_holds_is_no_sign_that_ours_is_in_effect(world):
    """Constants stand everywhere: an object that leads to True does not lead to our True."""
    begin(world)
    world.write("victim.py", "FLAG = False\n" + textwrap.dedent(VICTIM))
    script = """
backportkit.register(dict(id="vv", target="victim:FLAG", value=True, **D))
backportkit.apply_all()
victim.FLAG = functools.partial(print, True)
print(state("vv").state)
"""
    assert world.run(START + script) == ["conflict"]


def test_undo_that_was_refused_leaves_it_applied(world):
    """One whose undo was refused is in effect, and counts, if the wrapper on top calls it; else it is a conflict."""
    begin(world)
    script = """
ours, digest = victim.f, backportkit.report().digest
def refused():
    try: backportkit.unpatch("ff")
    except backportkit.ConflictError as error: return error.found
for top in (mock.Mock(wraps=ours), lambda x: "theirs"):
    victim.f = top
    print(refused(), backportkit.is_applied("ff"), backportkit.report().digest == digest, end=" ")
    print(state("ff").state, state("ff").reason)
victim.f = ours
print(state("ff").state, refused(), state("ff").state, victim.f is kept.f)
"""
    beneath = "in effect in victim, beneath a unittest.mock.Mock at 'f': where that calls it"
    refused = "not undone: cannot be undone, since somebody patched on top of it; theirs is left as it is"
    assert world.run(START + script) == [
        f"a unittest.mock.Mock True True applied {beneath}; undoing it was refused before: call unpatch() again",
        f"__main__.<lambda> False False conflict {refused}",
        "applied None reverted True",
    ]
