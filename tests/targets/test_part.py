"""Patches of every kind as the engine applies and undoes them, in a process of their own."""

from __future__ import annotations

import json
import sys

import pytest

from backportkit import DeclarationError, Patch

pytestmark = pytest.mark.warm

VICTIM = """
import dataclasses, enum
NAMES = ["old"]
TABLE = {"a": 1}
def f(): return "old"
class Base:
    def hello(self): return ["base"]
class C(Base):
    __secret = "target"
    def hello(self): return ["old"]
    def reveal(self): return "old"
    @property
    def size(self): return 1
    @size.setter
    def size(self, value): pass
HELPER = "helper of the target"
"""


@pytest.fixture
def victim(world):
    """The world with a distribution `victim` and the beginning of a script that imports it."""
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    return world


START = """
import backportkit
from backportkit import backport, register
def declare(id_, target="victim:f", **fields):
    fields = {"id": id_, "requires": "victim>=1,<2", "summary": "s", "target": target} | fields
    return register(fields)
def method(self): return "new"
def one(): return "one"
def also_one(): return "one"
def two(): return "two"
def wrapper(original): return lambda *a: ["wrapped", original(*a)]
def failure(id_=None):
    try: backportkit.unpatch(id_) if id_ else backportkit.apply_all()
    except backportkit.BackportError as error: return error
    return None
def states(): return " ".join(f"{s.id}={s.state}" for s in backportkit.status() if s.provider == "__main__")
"""


def run(victim, script):
    return victim.run(START + script)


def test_name_of_a_part(victim):
    """A function that replaces one of a property has the name of the property."""
    script = """
import victim
declare("getter", "victim:C.size.fget", replacement="__main__:method")
backportkit.apply_all()
print(victim.C().size, victim.C.size.fget.__name__, victim.C.size.fget.__qualname__)
"""
    assert run(victim, script) == ["new size C.size"]


def test_value_and_item_are_data_and_come_back_as_the_very_objects(victim):
    script = """
import victim
names, keys = victim.NAMES, list(victim.TABLE)
declare("names", "victim:NAMES", value=["new"])
declare("item", "victim:TABLE['a']", value=None)
declare("more", "victim:TABLE['b']", value={"x": [1]}, how="add")
backportkit.apply_all()
victim.TABLE["b"]["x"].append(2)
print(victim.NAMES, victim.TABLE)
backportkit.unpatch("more"); backportkit.apply_all()
print(victim.TABLE["b"])
backportkit.unpatch_all()
print(victim.NAMES is names, victim.TABLE)
"""
    assert run(victim, script) == [
        "['new'] {'a': None, 'b': {'x': [1, 2]}}",
        "{'x': [1]}",
        "True {'a': 1}",
    ]


def test_class_form_is_all_or_nothing_and_runs_as_upstream_wrote_it(victim):
    script = """
@backport("victim:C", id="c-1", requires="victim>=1,<2", summary="s", namespace="target")
class C:
    def hello(self): return [HELPER, *super().hello(), __class__.__name__]
    def reveal(self): return self.__secret
    @property
    def size(self): return 2
@backport("victim:Base", id="c-2", requires="victim>=1,<2", summary="s")
class Base:
    def hello(self): return ["new"]
    def missing(self): return 1
import victim
before = dict(vars(victim.C)), dict(vars(victim.Base))
print(failure().patch)
print(victim.C().hello(), victim.C().reveal(), victim.C().size, victim.Base().hello())
backportkit.unpatch_all()
print(before == (dict(vars(victim.C)), dict(vars(victim.Base))))
"""
    assert run(victim, script) == [
        "c-2",
        "['helper of the target', 'base', 'C'] target 2 ['base']",
        "True",
    ]


def test_conflict_names_both_providers_and_supersedes_settles_it(victim):
    script = """
import victim
from victim import f
original = f
declare("first", replacement=one)
declare("second", replacement=two)
error = failure()
print(type(error).__name__, error.found.count("declared at"), victim.f(), states())
declare("third", replacement=two, supersedes=["first", "second"])
backportkit.apply_all()
print(victim.f(), states(), backportkit.status()[0].reason)
backportkit.unpatch("third")
print(victim.f is original, states())
"""
    assert run(victim, script) == [
        "ConflictError 2 one first=applied second=conflict",
        "two first=disabled second=disabled third=applied superseded by 'third'",
        "True first=disabled second=disabled third=reverted",
    ]


def test_patch_that_supersedes_but_is_not_meant_for_this_environment_changes_nothing(victim):
    script = """
import victim
declare("first", replacement=one)
declare("third", replacement=two, supersedes="first", requires="victim>=2,<3")
backportkit.apply_all()
print(victim.f(), states())
"""
    assert run(victim, script) == ["one first=applied third=dormant"]


def test_same_fix_declared_twice_is_applied_once_and_stays_while_one_wants_it(victim):
    script = """
import victim
url = "https://example.org/fix/1"
for id_, function in {"a-1": one, "b-1": also_one}.items():
    declare(id_, replacement=function, fixes=url)
    declare("table-" + id_, "victim:TABLE['new']", value=[1], how="add", fixes=url)
original = victim.f
backportkit.apply_all()
ours = victim.f
print(states())
backportkit.unpatch("a-1")
print(victim.f is ours, states())
backportkit.unpatch("b-1")
print(victim.f is original)
"""
    assert run(victim, script) == [
        "a-1=applied table-a-1=applied b-1=applied table-b-1=applied",
        "True a-1=reverted table-a-1=applied b-1=applied table-b-1=applied",
        "True",
    ]


def test_both_of_two_wraps_are_applied_and_undone_in_any_order(victim):
    script = """
import victim
original = victim.f
declare("w-1", replacement=wrapper, how="wrap")
declare("w-2", replacement=wrapper, how="wrap")
backportkit.apply_all()
print(victim.f(), states())
backportkit.unpatch("w-1")
print(victim.f(), states())
with backportkit.unpatched("w-2"):
    print(victim.f is original)
print(victim.f())
"""
    assert run(victim, script) == [
        "['wrapped', ['wrapped', 'old']] w-1=applied w-2=applied",
        "['wrapped', 'old'] w-1=reverted w-2=applied",
        "True",
        "['wrapped', 'old']",
    ]


def test_object_of_others_on_top_is_reported_and_left_until_it_is_gone(victim):
    script = """
import victim
original = victim.f
declare("a-1", replacement=one)
backportkit.apply_all()
ours, victim.f = victim.f, (theirs := lambda: "theirs")
print(type(failure("a-1")).__name__, victim.f is theirs, states())
victim.f = ours
print(failure("a-1"), victim.f is original)
"""
    assert run(victim, script) == ["ConflictError True a-1=conflict", "None True"]


def test_none_of_a_patch_is_undone_while_others_stand_on_one_edit_nor_in_the_copies(victim):
    victim.write("user.py", "from victim import f\n")
    script = """
import victim, user
original = user.f
edits = [dict(target="victim:f", replacement=one), dict(target="victim:C.hello", replacement=method)]
register(dict(id="a-2", summary="s", requires="victim>=1,<2", edits=edits))
backportkit.apply_all()
victim.C.hello, ours = lambda self: "theirs", victim.C.hello
print(type(failure("a-2")).__name__, user.f is original, victim.f is original, states())
victim.C.hello = ours
print(failure("a-2"), victim.C().hello(), states())
"""
    assert run(victim, script) == [
        "ConflictError False False a-2=conflict",
        "None ['old'] a-2=reverted",
    ]


def test_owner_that_cannot_be_written_to_any_more_is_said_and_the_rest_is_undone(victim):
    script = """
import victim
class Closing(dict):
    open = True
    def __setitem__(self, key, value):
        if not self.open: raise TypeError("closed")
        super().__setitem__(key, value)
victim.TABLE = Closing(a=1)
original = victim.f
edits = [dict(target="victim:f", replacement=one), dict(target="victim:TABLE['a']", value=2)]
register(dict(id="a-1", summary="s", requires="victim>=1,<2", edits=edits))
backportkit.apply_all()
Closing.open = False
error = failure("a-1")
print(type(error).__name__, error.found, victim.f is original, states())
Closing.open = True
print(failure("a-1"), victim.TABLE)
"""
    assert run(victim, script) == ["TargetError closed True a-1=conflict", "None {'a': 1}"]


def test_patch_that_is_undone_while_it_is_being_installed_leaves_nothing(victim):
    script = """
import victim
original = victim.f
def undoing(original):
    backportkit.unpatch("a-1")
    return lambda *args: "wrapped"
register(dict(id="a-1", summary="s", requires="victim>=1,<2", target="victim:f", replacement=undoing, how="wrap"))
backportkit.apply_all()
print(victim.f is original, states())
"""
    assert run(victim, script) == ["True a-1=reverted"]


@pytest.mark.parametrize("callbacks", ["", "callbacks={'after_apply': lambda module: None}"])
def test_patch_that_is_undone_and_armed_again_while_it_is_being_installed_is_in_effect_once(victim, callbacks):
    script = f"""
import victim
original = victim.f
calls = []
def coming_back(original):
    calls.append(original)
    if len(calls) == 1:
        backportkit.unpatch("a-1")
        backportkit.apply_all()
    return lambda *args: "wrapped " + original()
declare("a-1", replacement=coming_back, how="wrap", {callbacks})
backportkit.apply_all()
print(victim.f(), states())
backportkit.unpatch_all()
print(victim.f is original, states())
"""
    assert run(victim, script) == ["wrapped old a-1=applied", "True a-1=reverted"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"target": "victim:C", "replacement": "victim:Base"}, "whole class"),
        ({"target": "victim:C.__new__", "replacement": "victim:f", "how": "add"}, "no __new__ of its own"),
        ({"target": "victim:C.__new__", "replacement": "victim:f"}, "no __new__ of its own"),
        ({"target": "victim:C.size.fget", "value": 1}, "is a function, not a value"),
        ({"target": "victim:C.helo", "replacement": "victim:f"}, "(there is 'hello')"),
        ({"target": "victim:TABLE['b']", "value": 1}, "has no 'b'"),
        ({"target": "victim:Bases.hello", "replacement": "victim:f"}, "(there is 'Base')"),
        ({"target": "victim:f", "replacement": "victim:f", "how": "add"}, "<function f"),
        ({"target": "dataclasses:dataclass.x", "replacement": "victim:f"}, "it is no class: function"),
        ({"target": "builtins:str.upper", "replacement": "victim:f"}, "Python does not let it change"),
    ],
)
def test_what_cannot_be_done_is_an_error_that_says_why_and_changes_nothing(victim, fields, said):
    script = f"""
import victim, dataclasses
before = dict(vars(victim)), dict(vars(victim.C))
declare("a-1", **{fields!r})
error = failure()
print(error.found)
print(before == (dict(vars(victim)), dict(vars(victim.C))))
"""
    found, unchanged = run(victim, script)
    assert said in found
    assert unchanged == "True"


# What stands in a module for a name that it imports lazily (PEP 810); an imitation where Python cannot do that.
LAZILY = """
class lazy_import:
    resolve = f = None
lazy_import.__module__ = "builtins"
f = lazy_import()
"""
if sys.version_info >= (3, 15):  # pragma: no cover
    LAZILY = "lazy from victim import f"


@pytest.mark.parametrize("fields", [{"how": "wrap"}, {"original": "ast1:000000000000"}, {"fixed": "ast1:000000000000"}])
def test_name_that_is_imported_lazily_is_not_looked_at(victim, fields):
    victim.write("lazily.py", LAZILY)
    script = f"""
import lazily
declare("a-1", "lazily:f", replacement=wrapper, **{fields!r})
error = failure()
print(error.found)
print(error.next_step)
print("victim" in sys.modules)
"""
    found, next_step, imported = run(victim, f"import sys{script}")
    assert found.startswith("'f' is imported lazily and is not there yet, <")
    assert (next_step, imported) == ("patch it where it is defined", "False")


def test_name_that_is_imported_lazily_is_replaced_and_is_as_lazy_as_before_when_that_is_undone(victim):
    victim.write("lazily.py", LAZILY)
    script = """
import sys, lazily
declare("a-1", "lazily:f", replacement=one)
backportkit.apply_all()
print(lazily.f())
backportkit.unpatch_all()
print(type(vars(lazily)["f"]).__name__, "victim" in sys.modules)
"""
    assert run(victim, script) == ["one", "lazy_import False"]


def test_class_that_is_only_a_constant_may_be_replaced(victim):
    victim.write("reexport.py", "from victim import C\nclass Own:\n    kind = C\n    class Nested: pass\n")
    script = """
import reexport
declare("a-1", "reexport:C", replacement="victim:Base")
declare("a-2", "reexport:Own.kind", replacement="victim:Base")
backportkit.apply_all()
print(reexport.C.__name__, reexport.Own.kind.__name__)
declare("a-3", "reexport:Own.Nested", replacement="victim:Base")
print("whole class" in failure().found)
"""
    assert run(victim, script) == ["Base Base", "True"]


def test_copies_made_while_the_target_was_being_imported_are_bound(victim):
    victim.write("circle.py", "def f(): return 'old'\nimport circle_caller\n")
    victim.write("circle_caller.py", "from circle import f\n")
    script = """
declare("a-1", "circle:f", replacement=one)
declare("a-2", "circle:f", replacement=wrapper, how="wrap", aliases="keep")
backportkit.unpatch("a-2")
backportkit.apply_all()
backportkit.unpatch("a-2")
import circle, circle_caller
print(circle_caller.f is circle.f, circle.f(), backportkit.status()[0].copies)
backportkit.unpatch("a-1")
print(circle_caller.f is circle.f, circle.f())
"""
    assert run(victim, script) == ["True one ('circle_caller:f',)", "True old"]


def test_who_still_has_the_original_is_said_when_asked(victim):
    script = """
import functools, victim
victim.later = functools.partial(victim.f)
declare("a-1", replacement=one)
backportkit.apply_all()
print(backportkit.out_of_reach("a-1"))
"""
    assert run(victim, script) == ["('partial victim:later',)"]


def test_reload_and_fresh_import_are_patched_anew_and_the_old_module_is_undone_too(victim):
    script = """
import importlib, sys, victim, weakref, gc
old_class, original, old = victim.C, vars(victim.C)["hello"], weakref.ref(victim)
declare("a-1", replacement=one)
declare("a-2", "victim:C.hello", replacement=wrapper, how="wrap")
backportkit.apply_all()
importlib.reload(victim)
print(victim.f(), victim.C().hello())
del sys.modules["victim"], victim
gc.collect()
import victim
print(old() is None, victim.f(), victim.C().hello(), states())
backportkit.unpatch_all()
print(victim.f(), victim.C().hello(), vars(old_class)["hello"] is original)
"""
    assert run(victim, script) == [
        "one ['wrapped', ['old']]",
        "True one ['wrapped', ['old']] a-1=applied a-2=applied",
        "old ['old'] True",
    ]


def test_installed_functions_travel_to_a_spawned_process(victim):
    script = """
import multiprocessing, pickle, victim
if __name__ == "__main__":
    declare("a-1", replacement=one)
    declare("a-2", "victim:C.hello", replacement=wrapper, how="wrap")
    backportkit.apply_all()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.apply(victim.f), pool.apply(victim.C.hello, [victim.C()]))
"""
    assert run(victim, script) == ["old ['old']"]


def test_traceback_and_debugger_show_the_file_of_the_replacement(victim):
    victim.write("mine.py", "def broken():\n    raise ValueError  # here\n")
    script = """
import traceback, victim, linecache
declare("a-1", replacement="mine:broken")
backportkit.apply_all()
try: victim.f()
except ValueError as error: frames = traceback.extract_tb(error.__traceback__)
print(len(frames), frames[-1].filename.endswith("mine.py"), frames[-1].line)
"""
    assert run(victim, script) == ["2 True raise ValueError  # here"]


def test_installed_body_is_compared_with_the_original_beneath_our_layers(victim):
    script = """
import victim
from backportkit.source import fingerprint
old, hello = fingerprint.of_function(victim.f), fingerprint.of_function(victim.C.hello)
declare("w-1", replacement=wrapper, how="wrap", original=old)
declare("w-2", replacement=wrapper, how="wrap", original=old)
declare("a-1", "victim:C.hello", replacement=method, original="ast1:000000000000", fixed=hello)
declare("a-2", "victim:C.reveal", replacement=method, original="ast1:000000000000")
print(failure().patch, states())
del victim.C
print(states())
"""
    assert run(victim, script) == [
        "a-2 w-1=applied w-2=applied a-1=absorbed a-2=drifted",
        "w-1=applied w-2=applied a-1=absorbed a-2=drifted",
    ]


def test_what_upstreams_fix_has_added_is_absorbed_with_it_and_in_the_way_without_it(victim):
    script = """
import victim
from backportkit.source import fingerprint
old, hello = fingerprint.of_function(victim.f), fingerprint.of_function(victim.C.hello)
added = dict(target="victim:Base.hello", how="add", replacement=method)
def both(id_, **prints): return dict(id=id_, edits=[dict(target="victim:f", replacement=one, **prints), added])
register(dict(requires="victim<2", summary="s", **both("absorbed", original="ast1:000000000000", fixed=old)))
declare("alone", "victim:C.hello", how="add", replacement=method, fixed=hello)
declare("other", "victim:C.reveal", how="add", replacement=method, fixed=hello)
declare("bare", "victim:C.reveal", how="add", replacement=method)
declare("odd", "victim:C.reveal", how="add", replacement=method, original=old)
register(dict(requires="victim<2", summary="s", **both("old", original=old, fixed="ast1:000000000000")))
register(dict(requires="victim<2", summary="s", **both("drifted", original="ast1:000000000000")))
print(type(failure()).__name__, victim.f(), *states().split(), sep="\\n")
"""
    assert run(victim, script) == [
        "ApplyError",
        "old",
        *("absorbed=absorbed", "alone=absorbed", "other=conflict", "bare=conflict", "odd=conflict", "old=conflict"),
        "drifted=drifted",
    ]


def test_class_that_is_gone_from_its_module_makes_the_patch_a_conflict(victim):
    script = """
import victim
declare("a-1", "victim:C.hello", replacement=method)
backportkit.apply_all()
del victim.C
print(states())
"""
    assert run(victim, script) == ["a-1=conflict"]


def test_owner_that_does_not_keep_what_it_is_given_is_an_error(victim):
    script = """
import victim
class Stubborn(dict):
    def __setitem__(self, key, value): pass
victim.TABLE = Stubborn(a=1)
declare("a-1", "victim:TABLE['a']", value=2)
print(failure().found)
"""
    assert run(victim, script) == ["'a' was assigned, but reading it back gives another object"]


BASE = {"id": "a-1", "requires": "victim>=1,<2", "summary": "s", "target": "victim:NAMES"}


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "text", [1, {"a": None}], {"a": [1]}])
def test_value_survives_being_written_down(value):
    patch = Patch.model_validate(BASE | {"value": value, "supersedes": "b-1", "aliases": ["x.y:z"]})
    assert Patch.model_validate_json(patch.model_dump_json()) == patch
    assert Patch.model_validate(patch.model_dump()) == patch
    assert "replacement" not in json.loads(patch.model_dump_json())["edits"][0]
    assert "value" not in Patch.model_validate(BASE | {"replacement": "x:y"}).model_dump()["edits"][0]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "give either replacement=... or value=..."),
        ({"value": 1, "replacement": "x:y"}, "give either replacement=... or value=..."),
        ({"value": 1, "how": "wrap"}, "a value cannot wrap anything"),
        ({"value": float("nan")}, "is nothing that JSON can say"),
        ({"value": (1, 2)}, "write a list"),
        ({"value": 1, "supersedes": "a-1"}, "cannot supersede itself"),
        ({"value": 1, "aliases": "no name"}, "aliases"),
    ],
)
def test_declaration_that_says_too_little_or_too_much_is_refused(fields, said):
    with pytest.raises(DeclarationError) as caught:
        Patch.model_validate(BASE | fields)
    assert said in str(caught.value)


def test_wrap_that_fits_no_more_falls(victim):
    """A wrap is taken out if its wrapper, called anew after an undo beneath, returns what does not take every call."""
    script = """
import victim
exec("def g(a): return a", vars(victim))
original = victim.g
def lower(a): return ["lower", a]
def wrapper(function):
    return (lambda: "no call fits") if function is original else lambda a: ["wrapped", function(a)]
declare("lower", "victim:g", replacement="__main__:lower")
declare("wrap", "victim:g", how="wrap", replacement="__main__:wrapper")
backportkit.apply_all()
print(victim.g(1))
failure("lower")
print(victim.g is original, states())
"""
    assert run(victim, script) == ["['wrapped', ['lower', 1]]", "True lower=reverted wrap=failed"]


def test_edits_in_all_modules_stay_in_effect_beneath_a_wrapper_that_keeps_one_from_being_undone(victim):
    victim.write("user.py", "def g(): return 'old'\n")
    script = """
import victim, user
edits = [dict(target="victim:f", replacement=one), dict(target="user:g", replacement=lambda: "new")]
register(dict(id="a-2", summary="s", requires="victim>=1,<2", edits=edits))
backportkit.apply_all()
ours = user.g
user.g = lambda: ours()
print(type(failure("a-2")).__name__, victim.f is not ours, user.g(), states())
print(victim.f.__module__, victim.f.__code__ is one.__code__)
user.g = ours
print(failure("a-2"), user.g(), victim.f.__code__ is one.__code__, states())
"""
    assert run(victim, script) == [
        "ConflictError True new a-2=applied",
        "victim True",
        "None old False a-2=reverted",
    ]
