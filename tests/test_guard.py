"""The guard compares what is installed with what a patch was written against."""

from __future__ import annotations

import functools

import pytest

from backportkit import Edit
from backportkit.engine import verify
from backportkit.layers.fit import BindingSite
from backportkit.layers.place import MISSING
from backportkit.source import fingerprint
from backportkit.state import State

pytestmark = pytest.mark.warm


def body(x):  # pragma: no cover -- a specimen, never called
    return x


def setter(self, value):  # pragma: no cover -- a specimen, never called
    self.value = value


def wrapper(function):
    @functools.wraps(function)
    def call(*args):  # pragma: no cover -- a specimen, never called
        return function(*args)

    return call


PRINT = fingerprint.of_function(body)
OTHER = "ast1:0123456789ab"


def examine(raw, target="victim:C.f", **fields):
    return verify.examine(Edit.model_validate({"target": target, "replacement": "mine:f"} | fields), raw)


@pytest.mark.parametrize("raw", [body, staticmethod(body), property(body), functools.lru_cache(body), wrapper(body)])
def test_body_is_judged_by_exact_match(raw):
    assert examine(raw, original=[OTHER, PRINT]).state == State.APPLIED
    assert examine(raw, original=OTHER, fixed=PRINT).state == State.ABSORBED
    drifted = examine(raw, original=[OTHER, "ast1:ba9876543210"])
    assert drifted == (State.DRIFTED, f"{OTHER} or ast1:ba9876543210", PRINT)


def test_body_that_is_not_the_fix_goes_ahead_where_no_original_is_given():
    assert examine(body, fixed=OTHER).state == State.APPLIED


def test_setter_is_judged_where_the_setter_is_the_target():
    both = property(body, setter)
    own = fingerprint.of_function(setter)
    assert examine(both, "victim:C.f.fset", original=own).state == State.APPLIED
    assert examine(both, "victim:C.f.fget", original=own).state == State.DRIFTED


@pytest.mark.parametrize("raw", [len, 5])
def test_what_has_no_source_cannot_be_compared_and_the_reason_is_said(raw):
    assert examine(raw, original=OTHER) == (State.FAILED, OTHER, f"{raw!r} is not written in Python")
    assert examine(raw, fixed=OTHER).state == State.APPLIED


def test_source_that_is_gone_is_named():
    names = {"__name__": "gone"}
    exec(compile("def f(): pass", "/no/such/file.py", "exec"), names)  # noqa: S102
    found = examine(names["f"], original=OTHER).found
    assert found == "there is no source of f() in /no/such/file.py"
    exec(compile("\n\n\ndef f(a): pass", __file__, "exec"), names)  # noqa: S102
    assert examine(names["f"], original=OTHER).found == f"{__file__} has other lines than f() was made from"


def test_what_is_not_there_is_not_judged():
    assert examine(MISSING, original=OTHER).state == State.APPLIED


def test_edit_without_fingerprints_is_not_judged():
    assert examine(body).state == State.APPLIED


# --- before the import ---

ON_DISK = """
raise SystemExit("imported")
class C:
    @property
    def f(self): return 1
    @f.setter
    def f(self, value): self.value = value
    @f.deleter
    def f(self): del self.value
"""


def test_source_on_disk_is_judged_before_it_is_imported(world, monkeypatch):
    world.write("victim_on_disk.py", ON_DISK)
    monkeypatch.syspath_prepend(world.folder)
    expected = {
        "victim_on_disk:C.f": "def f(self): return 1\n",
        "victim_on_disk:C.f.fget": "def f(self): return 1\n",
        "victim_on_disk:C.f.fset": "def f(self, value): self.value = value\n",
        "victim_on_disk:C.f.fdel": "def f(self): del self.value\n",
    }
    decorators = {"fset": "@f.setter\n", "fdel": "@f.deleter\n"}
    for target, text in expected.items():
        value = fingerprint.of_source(
            f"class C:\n    {decorators.get(target[-4:], '@property' + chr(10))}    {text}",
            ["C", "f", target[-4:]] if target[-4:] in decorators else ["C", "f"],
        )
        fields = {"target": target, "replacement": "mine:f"}
        edits = [Edit.model_validate(fields | more) for more in ({"original": value}, {"original": OTHER}, {})]
        assert [verify.examine_source(edit).state for edit in edits] == [State.APPLIED, State.DRIFTED, State.APPLIED]


# --- signatures ---


class Victim:
    def f(self, a, b=1):  # pragma: no cover -- a specimen, never called
        pass

    @property
    def size(self):  # pragma: no cover -- a specimen, never called
        pass

    @classmethod
    def of_class(cls, a):  # pragma: no cover -- a specimen, never called
        pass


def misfit(raw, made, owner=Victim, **fields):
    edit = Edit.model_validate({"target": "victim:f", "replacement": "mine:f"} | fields)
    return verify.misfit(edit, raw, made, BindingSite({"__name__": "victim"}, owner, "f"))


def test_call_that_would_go_wrong_is_named_unless_the_edit_says_that_callers_change():
    old = vars(Victim)["f"]
    assert misfit(old, lambda self, a, b=2, c=3: None) is None
    assert misfit(old, lambda self, a: None) == "'b' can no longer be given by position"
    assert misfit(old, lambda self, a: None, signature="change") is None
    assert misfit(old, staticmethod(lambda a, b=1: None)) is None
    assert misfit(old, staticmethod(lambda self, a, b=1: None)) == "'a' has moved to another place"
    assert misfit(vars(Victim)["of_class"], classmethod(lambda cls, b: None)) == "'a' can no longer be given by keyword"


def test_what_is_read_stays_so_and_what_is_called_too():
    old = vars(Victim)
    assert misfit(old["size"], old["f"]) == "it is read like a value and must stay so"
    assert misfit(old["f"], old["size"]) == "it is called, not read"
    assert misfit(old["size"], functools.cached_property(lambda self: None)) is None


def test_wrapper_takes_what_it_wraps_takes():
    old = wrapper(body)
    assert misfit(old, lambda x: None, None) is None
    assert misfit(old, lambda y: None, None) == "'x' can no longer be given by keyword"
    assert misfit(body, old, None) == "'x' can no longer be given by keyword"


@pytest.mark.parametrize("raw", [MISSING, 5, len, object.__init__])
def test_what_does_not_say_how_it_is_called_is_not_compared(raw):
    assert misfit(raw, lambda: None) is None
    assert misfit(body, raw) is None


def test_wrap_upon_a_wider_replacement_is_held_to_the_original_alone(world):
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): return 'old'\n")
    script = """
    import backportkit, victim
    declare = dict(summary="s", requires="victim<2", target="victim:f")
    backportkit.register(declare | dict(id="wider", replacement=lambda *args: "new"))
    backportkit.register(declare | dict(id="wrap", how="wrap", replacement=lambda original: lambda: original() + "er"))
    backportkit.apply_all()
    print(victim.f())
    """
    assert world.run(script) == ["newer"]
