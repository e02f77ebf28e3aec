"""Copying a function in both ways, and that calls of the copy are specialised as calls of the original are."""

from __future__ import annotations

import asyncio
import dis
import inspect
import itertools
import sys
from types import CellType, ModuleType

import pytest

from backportkit.layers import copying, fit

SHAPES = [*itertools.product((0, 1, 3), (0, 2), (0, 1, 3)), (300, 0, 0), (12, 12, 12)]
SECRET = "own"  # noqa: S105 -- a global that two modules have


@pytest.fixture(params=[copying.by_type, copying.by_lambda])
def copy(request, monkeypatch):
    """Both ways on all Pythons: a later one may need the other."""
    monkeypatch.setattr(copying, "make", request.param)
    return lambda function: copying.copy(function, function.__globals__, function.__closure__)


def _names(kind, count):
    return [f"{kind}{number}" for number in range(count)]


def function(defaults, keywords, cells):
    """A function that returns all that it is given and all that it sees: so many objects of each kind."""
    taken, named, seen = _names("d", defaults), _names("k", keywords), _names("c", cells)
    parameters = ["x", *(f"{name}=object()" for name in taken), "*rest", *(f"{name}=object()" for name in named)]
    values = ", ".join(["x", "rest", *taken, *named, *seen])
    return eval(f"lambda {', '.join(seen)}: lambda {', '.join(parameters)}: ({values})")(*(object() for _ in seen))  # noqa: S307


@pytest.mark.parametrize("shape", SHAPES)
def test_copy_has_the_same_code_and_returns_the_same_objects(copy, shape):
    original = function(*shape)
    copied = copy(original)
    assert copied is not original
    assert copied.__code__ is original.__code__
    assert copied(0) == original(0)
    assert copied(0, 1, 2, 3) == original(0, 1, 2, 3)
    assert inspect.signature(copied) == inspect.signature(original)


@pytest.mark.parametrize("shape", SHAPES)
def test_copy_has_equal_defaults_and_the_very_cells(copy, shape):
    original = function(*shape)
    copied = copy(original)
    assert copied.__defaults__ == original.__defaults__
    assert copied.__kwdefaults__ == original.__kwdefaults__
    assert (copied.__closure__ or ()) == (original.__closure__ or ())
    assert all(map(lambda one, other: one is other, copied.__closure__ or (), original.__closure__ or ()))


def test_defaults_of_the_copy_stay_when_those_of_the_original_change(copy):
    def original(x=1, *, y=2):
        return x, y

    copied = copy(original)
    original.__defaults__ = (3,)
    original.__kwdefaults__["y"] = 4
    assert (copied(), original()) == ((1, 2), (3, 4))


def test_assigned_defaults_are_copied(copy):
    def original(x, y=1, *, z=2):
        return x, y, z

    original.__defaults__ = None
    original.__kwdefaults__ = None
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        copy(original)(1, z=2)
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument"):
        copy(original)(1, 2)
    original.__defaults__ = (3, 4)
    original.__kwdefaults__ = {"z": 5}
    assert copy(original)() == (3, 4, 5)


def test_cells_are_shared_and_may_be_empty(copy):
    def read():
        return late

    copied = copy(read)
    with pytest.raises(NameError, match="late"):
        copied()
    late = 1
    assert copied() == late


def test_other_cells_and_other_globals_are_seen():
    def read():
        return seen, SECRET

    seen = 1
    copied = copying.copy(read, {"SECRET": "other"}, (CellType(2),))
    assert (copied(), read()) == ((2, "other"), (seen, "own"))


def test_globals_get_nothing_from_a_copy(copy):
    def read(x, y=1, *, z=2):
        return x, y, z, len(seen)

    seen = ""
    namespace = {}
    copied = copying.copy(read, namespace, read.__closure__)
    assert (copied(0), copied.__globals__ is namespace, namespace) == ((0, 1, 2, 0), True, {})


def test_super_and_dunder_class_mean_the_class_of_the_original(copy):
    class Base:
        def method(self, x=1):
            return [x]

    class C(Base):
        def method(self, x=2):
            return [__class__, *super().method(x)]

    C.copied = copy(C.method)
    assert C().copied() == [C, 2]


def test_generators_and_coroutines_stay_what_they_are(copy):
    def generator(x=1):
        yield x

    async def coroutine(*, x=2):
        return x

    async def asynchronous_generator(x):
        yield x

    async def collected():
        return [x async for x in copy(asynchronous_generator)(3)]

    assert list(copy(generator)()) == [1]
    assert asyncio.run(copy(coroutine)()) == 2
    assert asyncio.run(collected()) == [3]
    assert inspect.isgeneratorfunction(copy(generator))
    assert inspect.iscoroutinefunction(copy(coroutine))
    assert inspect.isasyncgenfunction(copy(asynchronous_generator))


def test_attributes_are_shared(copy):
    """A copy has the very dictionary of the original, so that what either keeps there is seen by both."""

    def original():
        """Say something."""

    copied = copy(original)
    original.mark = []
    assert (copied.mark, copied.__doc__) == (original.mark, "Say something.")
    copied.mark = None
    assert original.mark is None


def test_docstring_that_was_changed_is_copied(copy):
    def original():
        """Say something."""

    original.__doc__ = None
    assert copy(original).__doc__ is None


@pytest.mark.parametrize("annotations", [{}, {"x": int, "return": str}])
def test_annotations_are_kept_also_if_assigned(copy, annotations):
    def original(x: bytes, *, y: list = ()) -> dict: ...

    assert copy(original).__annotations__ == original.__annotations__
    original.__annotations__ = annotations
    assert copy(original).__annotations__ == annotations


def test_copying_does_not_work_out_annotations(copy):
    asked = []
    space = {"ask": lambda: asked.append(1)}
    exec(compile("def original(x: ask()): ...", "own", "exec", dont_inherit=True), space)  # noqa: S102
    before = asked[:]
    copied = copy(space["original"])
    assert asked == before
    assert copied.__annotations__ == {"x": None}


# Everything through the door that patches come in by: what is installed is called as what was there.
SOURCE = """
def f(x): return x
def with_default(x, y=1): return x
def with_keyword(x, *, y=1): return x
def closure(seen):
    def inner(x): return seen
    return inner
captured = closure(1)
class Base:
    def method(self, x): return x
class C(Base):
    def method(self, x): return x
    def inherited(self, x): return super().method(x)
    @staticmethod
    def static(x): return x
    @classmethod
    def of_class(cls, x): return x
    @property
    def read(self): return 1
    def __getitem__(self, x): return x
    def __init__(self, x=1): self.x = x
c = C()
"""
CALLS = {
    "f": "f(1)",
    "with_default": "with_default(1, 2)",
    "with_keyword": "with_keyword(1)",
    "captured": "captured(1)",
    "C.method": "c.method(1)",
    "C.inherited": "c.inherited(1)",
    "C.static": "c.static(1)",
    "C.of_class": "c.of_class(1)",
    "C.read": "c.read",
    "C.__getitem__": "c[1]",
    "C.__init__": "C(2)",
}


@pytest.fixture
def victim():
    module = ModuleType("victim")
    exec(SOURCE, vars(module))  # noqa: S102
    return module


def replace(module, target, *, share_globals=False):
    """Put what stands there into a copy of itself."""
    name = target.rpartition(".")[2]
    owner = module.C if "." in target else None
    raw = vars(owner or module)[name]
    site = fit.BindingSite(vars(module), owner, name, share_globals=share_globals)
    setattr(owner or module, name, fit.fit(raw, raw, site))


def instructions(module, call):
    """Return the instructions that the interpreter has made of a call that it has seen often."""
    exec(f"def caller(): return {call}", vars(module))  # noqa: S102
    for _ in range(200):
        module.caller()
    return [one.opname for one in dis.get_instructions(module.caller, adaptive=True)]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="3.11 is the first to specialise")
@pytest.mark.parametrize("share_globals", [False, True])
@pytest.mark.parametrize("target", CALLS)
def test_call_of_what_is_installed_is_specialised_as_that_of_the_original(victim, target, share_globals):
    original = instructions(victim, CALLS[target])
    installed = vars(victim.C if "." in target else victim)[target.rpartition(".")[2]]
    replace(victim, target, share_globals=share_globals)
    assert vars(victim.C if "." in target else victim)[target.rpartition(".")[2]] is not installed
    assert instructions(victim, CALLS[target]) == original
