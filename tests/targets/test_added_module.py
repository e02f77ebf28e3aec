"""A module that upstream has removed or renamed can be imported again: made by the import of it, never before."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.warm

START = """
import importlib, importlib.util, sys
import backportkit
from backportkit import apply_all, unpatch
def add(target="victim.gone", id_="gone-1", **fields):
    fields = dict(id=id_, summary="s", requires="victim>=1", target=target, how="add") | fields
    return backportkit.register(fields)
def shim(**fields): return add(replacement="mine.shims.gone", **fields)
def state(id_="gone-1"):
    found = next(s for s in backportkit.status() if s.id == id_)
    return f"{found.state}: {found.reason}"
def ours(): return sorted(name for name in sys.modules if name.startswith(("victim", "mine")))
def refused(name="victim.gone"):
    try: importlib.import_module(name)
    except ImportError as error: return f"{type(error).__name__}: {error}".splitlines()[0]
"""


@pytest.fixture
def victim(world):
    """A package without its module `gone`, which has a new name; and a project that has one of its own."""
    world.distribution("victim", "1.5")
    world.write("victim/__init__.py", "")
    world.write("victim/_gone/__init__.py", "def f(): return 'renamed'")
    world.write("victim/_gone/within.py", "class C: pass")
    world.write("mine/__init__.py", "raise SystemExit('mine is imported')")
    world.write("mine/shims/__init__.py", "raise SystemExit('mine.shims is imported')")
    world.write(
        "mine/shims/gone.py", "from ._gone import f as old\nname = __name__\ndef f(): return 'shim of ' + old()"
    )
    world.write("mine/shims/folder/__init__.py", "from .within import where\nclass C: pass")
    world.write("mine/shims/folder/within.py", "where = __name__")
    (world.folder / "mine/shims/folder/data.txt").write_text("data")
    return world


def test_status_names_all_modules_of_a_patch(victim):
    """Those that are not imported yet, and those in which it is in effect."""
    victim.write("victim/more.py", "")
    script = """
one = dict(target="victim.gone", how="add", replacement="mine.shims.gone")
edits = [one, dict(target="victim.more:x", how="add", value=1)]
backportkit.register(dict(id="gone-1", summary="s", requires="victim>=1,<2", edits=edits))
apply_all()
print(state())
import victim.more
print(state())
import victim.gone
print(state())
"""
    assert victim.run(START + script) == [
        "waiting: victim.gone is not imported yet; victim.more is not imported yet",
        "waiting: victim.gone is not imported yet",
        "applied: in effect: victim.gone is made of mine.shims.gone; in effect in victim.more",
    ]


def test_a_file_runs_under_the_name_of_the_target_when_that_is_imported(victim):
    """Declaring, arming and probing import nothing, not even the packages of the file; the import does the rest."""
    script = """
shim()
apply_all()
print(state(), ours())
spec = importlib.util.find_spec("victim.gone")
print(spec.name, spec.origin.endswith("shims/gone.py"), type(spec.loader).__name__, ours())
import victim
print(hasattr(victim, "gone"))
import victim.gone
print(victim.gone.name, victim.gone.f(), victim.gone.__package__, victim.gone.__spec__.loader is victim.gone.__loader__)
print(state(), ours())
"""
    assert victim.run(START + script) == [
        "waiting: victim.gone is not imported yet []",
        "victim.gone True SourceFileLoader ['victim']",
        "False",
        "victim.gone shim of renamed victim True",
        "applied: in effect: victim.gone is made of mine.shims.gone ['victim', 'victim._gone', 'victim.gone']",
    ]


def test_an_alias_is_the_very_module_and_so_is_what_is_within(victim):
    """The module keeps the spec and the names that it has; a module within is not loaded a second time."""
    script = """
add(alias_of="victim._gone")
apply_all()
import victim.gone.within
import victim._gone.within
print(victim.gone is victim._gone, victim.gone.within is victim._gone.within, victim.gone.__spec__.name)
print(refused("victim.gone.absent"))
print(importlib.reload(victim.gone) is victim._gone, state())
"""
    assert victim.run(START + script) == [
        "True True victim._gone",
        "ModuleNotFoundError: No module named 'victim.gone.absent'",
        "True applied: in effect: victim.gone is victim._gone",
    ]


def test_what_is_within_an_alias_can_be_patched(victim):
    """A patch of something within the module, by that name, patches the module that is there."""
    script = """
add(alias_of="victim._gone")
fields = dict(id="within-1", summary="s", requires="victim<2", target="victim.gone.within:limit", value=1)
backportkit.register(fields)
apply_all()
import victim.gone.within
from victim._gone.within import limit
print(limit, state("within-1"))
"""
    victim.write("victim/_gone/within.py", "limit = 0")
    assert victim.run(START + script) == ["1 applied: in effect in victim.gone.within"]


def test_copies_in_an_alias_follow_a_patch_of_what_it_defines(victim):
    """The aliased module is no replacement, whose copies of the original would be left."""
    victim.write("victim/_gone/__init__.py", "def f(): return 'renamed'\ncopy = f")
    script = """
add(alias_of="victim._gone")
fix = dict(id="f-1", summary="s", requires="victim<2", target="victim.gone:f", replacement=lambda: "fixed")
backportkit.register(fix)
apply_all()
import victim.gone
print(victim.gone.f(), victim._gone.copy())
"""
    assert victim.run(START + script) == ["fixed fixed"]


def test_a_folder_is_a_package_and_what_is_within_has_its_name(victim):
    """Modules within, files and resources are found by the target's name; pkgutil lists no module that is added."""
    script = """
import pkgutil
add(replacement="mine.shims.folder")
apply_all()
import victim.gone
print(victim.gone.where, victim.gone.C.__module__, pkgutil.get_data("victim.gone", "data.txt"))
from importlib import resources
print(resources.files("victim.gone").joinpath("data.txt").read_text())
print([one.name for one in pkgutil.iter_modules(victim.__path__)], pkgutil.resolve_name("victim.gone:where"))
print(importlib.reload(victim.gone) is victim.gone, state())
"""
    assert victim.run(START + script) == [
        "victim.gone.within victim.gone b'data'",
        "data",
        "['_gone'] victim.gone.within",
        "True applied: in effect: victim.gone is made of mine.shims.folder",
    ]


def test_pickles_of_the_removed_module_can_be_read(victim):
    """By reference to the target's name; what is pickled then has the name of who defines it."""
    script = """
import pickle
add(replacement="mine.shims.folder")
add("victim.other", "other-1", alias_of="victim._gone")
apply_all()
print(pickle.loads(b"cvictim.gone\\nC\\n."), pickle.loads(b"cvictim.other\\nf\\n.")())
import victim.gone, victim.other
print(b"victim.gone" in pickle.dumps(victim.gone.C), b"victim._gone" in pickle.dumps(victim.other.f))
"""
    assert victim.run(START + script) == ["<class 'victim.gone.C'> renamed", "True True"]


@pytest.mark.parametrize("fields", ["replacement='mine.run'", "alias_of='mine.run'"])
def test_python_m_runs_it(victim, fields):
    """`runpy` takes the code from the loader of the spec, for a program whose name is `__main__`."""
    victim.write("mine/__init__.py", "")
    victim.write("mine/run.py", "print(__name__, __spec__.name)")
    script = f"""
import runpy
add({fields})
apply_all()
_ = runpy.run_module("victim.gone", run_name="__main__", alter_sys=True)
"""
    assert victim.run(START + script)[0].startswith("__main__ ")


def test_undo_removes_all_of_it_and_names_who_has_it_still(victim):
    """The entry in `sys.modules`, those within, and the attribute of the package; the next import finds nothing."""
    script = """
add(replacement="mine.shims.folder")
apply_all()
import victim.gone.within
mine = victim.gone
from victim.gone import C
unpatch("gone-1")
print(ours(), hasattr(victim, "gone"))
print(state())
print(backportkit.out_of_reach("gone-1"), refused())
apply_all()
import victim.gone
print(victim.gone is mine, state())
"""
    assert victim.run(START + script) == [
        "['victim'] False",
        "reverted: taken out; it is still had by __main__:mine, __main__:C",
        "('name __main__:mine', 'name __main__:C') ModuleNotFoundError: No module named 'victim.gone'",
        "False applied: in effect: victim.gone is made of mine.shims.folder",
    ]


def test_no_more_than_some_names_are_told(victim):
    """The first holders are named, and the number of the others is told."""
    script = """
shim()
apply_all()
import victim.gone
for number in range(8): globals()[f"n{number}"] = victim.gone
unpatch("gone-1")
print(state())
"""
    names = ", ".join(f"__main__:n{number}" for number in range(5))
    assert victim.run(START + script) == [f"reverted: taken out; it is still had by {names}, 3 more names"]


def test_undo_of_an_alias_leaves_the_module(victim):
    """Only what was to be had by the other name goes; nobody who has the module is named."""
    script = """
add(alias_of="victim._gone")
apply_all()
import victim.gone.within
mine = victim.gone
unpatch("gone-1")
print(ours(), hasattr(victim, "gone"), mine is victim._gone)
print(state(), backportkit.out_of_reach("gone-1"), refused("victim.gone.within"))
"""
    assert victim.run(START + script) == [
        "['victim', 'victim._gone', 'victim._gone.within'] False True",
        "reverted: taken out () ModuleNotFoundError: No module named 'victim.gone'",
    ]


@pytest.mark.parametrize("fields", ["replacement='mine.shims.gone'", "alias_of='victim._gone'"])
def test_undo_puts_back_what_the_package_had_by_that_name(victim, fields):
    """As importlib overwrites a function that is called like the module; also if that was the aliased module."""
    victim.write("victim/__init__.py", "from . import _gone\nfrom ._gone import f as gone\nother = _gone")
    script = f"""
add({fields})
add("victim.other", "other-1", alias_of="victim._gone")
apply_all()
import victim
before = dict(vars(victim))
import victim.gone, victim.other
print(victim.gone is sys.modules["victim.gone"])
backportkit.unpatch_all()
print(vars(victim) == before, victim.gone is before["gone"], victim.other is victim._gone)
"""
    assert victim.run(START + script) == ["True", "True True True"]


def test_a_package_that_was_imported_afresh_has_nothing_of_it(victim):
    """Undo takes the attribute from the package that is there and from the one that was."""
    script = """
shim()
apply_all()
import victim.gone
old = sys.modules.pop("victim")
import victim
victim.gone = sys.modules["victim.gone"]
unpatch("gone-1")
print(hasattr(victim, "gone"), hasattr(old, "gone"), old is victim)
"""
    assert victim.run(START + script) == ["False False False"]


def test_where_another_finder_has_it_nothing_is_made(victim):
    """All finders are asked first, those behind ours too: `dormant`, with the name of who has it."""
    victim.write("theirs/gone.py", "name = 'theirs'")
    script = """
from importlib.util import spec_from_file_location
class Theirs:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return spec_from_file_location(name, sys.path[0] + "/theirs/gone.py") if name == "victim.gone" else None
shim()
apply_all()
sys.meta_path.append(Theirs)
import victim.gone
print(victim.gone.name, state())
unpatch("gone-1")
print(victim.gone is sys.modules["victim.gone"], state())
apply_all()
print(state())
sys.meta_path.remove(Theirs)
del sys.modules["victim.gone"]
import victim.gone
print(victim.gone.name, state())
"""
    assert victim.run(START + script) == [
        "theirs dormant: theirs provides it",
        "True reverted: not to be applied any more; it was not in effect",
        "dormant: theirs provides it",
        "victim.gone applied: in effect: victim.gone is made of mine.shims.gone",
    ]


@pytest.mark.parametrize(
    ("made", "whose"),
    [
        ("import json; sys.modules['victim.gone'] = json", "Python"),
        ("import _thread; sys.modules['victim.gone'] = _thread", "Python"),
        ("import types; sys.modules['victim.gone'] = types.ModuleType('victim.gone')", "somebody's code"),
        ("import victim._gone; sys.modules['victim.gone'] = victim._gone", "victim"),
        ("import alone; sys.modules['victim.gone'] = alone", "alone"),
    ],
)
def test_what_is_there_already_stays(victim, made, whose):
    """A module that somebody has put there by hand makes the patch dormant."""
    victim.write("alone.py", "")
    script = f"""
{made}
there = sys.modules["victim.gone"]
shim()
apply_all()
print(sys.modules["victim.gone"] is there, state())
"""
    assert victim.run(START + script) == [f"True dormant: {whose} provides it"]


def test_a_finder_that_asks_the_import_system_hears_what_is_there_without_us(victim):
    """As one does that stands in for a module only if there is none."""
    script = """
class Asking:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "victim.gone" or asked: return
        asked.append(name)
        print("finds", importlib.util.find_spec(name))
asked = []
shim()
apply_all()
sys.meta_path.append(Asking)
import victim.gone
"""
    assert victim.run(START + script) == ["finds None"]


def test_a_patch_that_is_not_meant_for_what_is_installed_answers_nothing(victim):
    """Neither a probe nor an import; it is judged again as the package is imported."""
    script = """
from pathlib import Path
shim(requires="victim>=2")
shim(id_="gone-2", target="gone_too", requires="victim>=2")
apply_all()
print(state(), importlib.util.find_spec("victim.gone"), importlib.util.find_spec("gone_too"))
print(refused())
for name in ("victim", "victim._gone"): sys.modules.pop(name, None)
metadata = next(Path(sys.path[0]).glob("victim-*")) / "METADATA"
metadata.write_text(metadata.read_text().replace("1.5", "2.5"))
import victim.gone
print(state())
"""
    assert victim.run(START + script) == [
        "dormant: victim 1.5 is installed; the patch is for >=2 None None",
        "ModuleNotFoundError: No module named 'victim.gone'",
        "applied: in effect: victim.gone is made of mine.shims.gone",
    ]


def test_a_patch_that_is_no_longer_meant_for_what_is_installed_answers_nothing(victim):
    """Its package was imported before, in a release that it is meant for."""
    script = """
from pathlib import Path
shim(requires="victim<2")
apply_all()
import victim
print(importlib.util.find_spec("victim.gone").name)
del sys.modules["victim"]
metadata = next(Path(sys.path[0]).glob("victim-*")) / "METADATA"
metadata.write_text(metadata.read_text().replace("1.5", "2.5"))
import victim
print(importlib.util.find_spec("victim.gone"), refused())
sys.modules["victim.gone"] = sys
apply_all()
print(state())
"""
    assert victim.run(START + script) == [
        "victim.gone",
        "None ModuleNotFoundError: No module named 'victim.gone'",
        "dormant: victim 2.5 is installed; the patch is for <2",
    ]


def test_a_module_in_no_package(victim):
    """As those are that the standard library has lost; it can be had as soon as `apply_all` has returned."""
    victim.write("mine/shims/gone.py", "name = __name__")
    script = """
shim(target="gone_too", requires="python>=3.10")
apply_all()
print(importlib.util.find_spec("gone_too").name)
import gone_too
print(gone_too.name, state())
unpatch("gone-1")
print(refused("gone_too"))
"""
    assert victim.run(START + script) == [
        "gone_too",
        "gone_too applied: in effect: gone_too is made of mine.shims.gone",
        "ModuleNotFoundError: No module named 'gone_too'",
    ]


def test_it_can_be_imported_while_the_body_of_its_package_runs(victim):
    """By old code of the package itself, and of what it imports."""
    victim.write("victim/__init__.py", "import victim.gone\nfrom victim.gone import f")
    script = """
shim()
apply_all()
import victim
print(victim.f(), state())
"""
    assert victim.run(START + script) == ["shim of renamed applied: in effect: victim.gone is made of mine.shims.gone"]


def test_a_package_that_is_loaded_already(victim):
    """And one whose body is under way: `apply_all` makes no difference between them."""
    victim.write("victim/__init__.py", "import __main__; __main__.shim(); __main__.apply_all(); import victim.gone")
    script = """
import victim
print(victim.gone.name, state())
unpatch("gone-1")
apply_all()
import victim.gone
print(state())
"""
    said = "applied: in effect: victim.gone is made of mine.shims.gone"
    assert victim.run(START + script) == [f"victim.gone {said}", said]


@pytest.mark.parametrize("when", ["import victim; apply_all()", "apply_all(); import victim"])
def test_a_module_is_not_added_to_what_is_no_package(victim, when):
    """No import would ever come to it: an error, when the module above has run its body."""
    victim.write("plain.py", "")
    script = f"""
shim(target="plain.gone")
try: {when.replace("victim", "plain")}
except backportkit.BackportError as error: print(type(error).__name__, error.found)
print(state())
"""
    said = "plain is a module and no package, so that there is nothing to import beneath it"
    [error, standing] = victim.run(START + script)
    assert error.endswith(f"Error {said}")
    assert standing == f"failed: the target cannot be imported; found {said}"


def test_a_module_that_makes_itself_a_package(victim):
    """By a `__path__` of its own, as six does: only when its body has run can that be told."""
    victim.write("plain.py", "__path__ = []")
    victim.write("mine/shims/gone.py", "")
    script = """
shim(target="plain.gone")
apply_all()
import plain.gone
print(state())
"""
    assert victim.run(START + script) == ["applied: in effect: plain.gone is made of mine.shims.gone"]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ("replacement='mine.absent'", "ModuleNotFoundError: No module named 'mine.absent'"),
        ("replacement='absent.absent'", "ModuleNotFoundError: No module named 'absent.absent'"),
        ("replacement='space'", "ImportError: space has no code in Python, which alone can run by another name"),
        ("replacement='_json'", "ImportError: _json has no code in Python, which alone can run by another name"),
        ("replacement='failing'", "ZeroDivisionError: division by zero"),
        ("replacement='leaving'", "SystemExit: 5"),
        ("alias_of='victim.absent'", "ModuleNotFoundError: No module named 'victim.absent'"),
        ("alias_of='failing'", "ZeroDivisionError: division by zero"),
    ],
)
def test_what_cannot_be_made_is_an_error_of_the_patch(victim, fields, found):
    """The import fails with it, nothing is left of the module, and the next import tries again."""
    (victim.folder / "space").mkdir()
    victim.write("failing.py", "1 / 0")
    victim.write("leaving.py", "raise SystemExit(5)")
    script = f"""
own = add({fields})
apply_all()
print(importlib.util.find_spec("victim.gone").name)
try: import victim.gone
except backportkit.PatchImportError as error: print(error.name, error.message, type(error.__cause__).__name__)
import victim
print("victim.gone" in sys.modules, hasattr(victim, "gone"), state())
print(refused() is not None)
"""
    own = fields.partition("'")[2].rstrip("'")
    message = f"the replacement {own} cannot be used: {found}"
    assert victim.run(START + script) == [
        "victim.gone",
        f"victim.gone victim.gone is not imported unpatched: {message} ReplacementError",
        f"False False failed: {message}",
        "True",
    ]


def test_what_a_finder_fails_to_look_for_cannot_be_made(victim):
    """A probe hears of the module, and its import is refused, as where nobody has what it is made of."""
    script = """
class Failing:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "mine.absent": raise RuntimeError("no database")
sys.meta_path.append(Failing)
add(replacement="mine.absent")
apply_all()
print(importlib.util.find_spec("victim.gone").name)
print(refused())
"""
    failure = "the replacement mine.absent cannot be used: ModuleNotFoundError: No module named 'mine.absent'"
    assert victim.run(START + script) == [
        "victim.gone",
        f"PatchImportError: patch 'gone-1': victim.gone is not imported unpatched: {failure}",
    ]


def test_a_patch_that_is_not_required_leaves_the_module_where_it_was(victim):
    """Its failure is a warning, and the import fails as it does without the patch."""
    victim.write("failing.py", "1 / 0")
    script = """
import warnings
add(replacement="failing", required=False)
apply_all()
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    print(refused(), [w.category.__name__ for w in told])
"""
    assert victim.run(START + script) == ["ModuleNotFoundError: No module named 'victim.gone' ['BackportWarning']"]


def test_an_interrupt_goes_through(victim):
    """It is the user's, and no failure of the patch."""
    victim.write("stopped.py", "raise KeyboardInterrupt")
    script = """
add(replacement="stopped")
apply_all()
try: import victim.gone
except KeyboardInterrupt: print("interrupted", "victim.gone" in sys.modules, state())
"""
    assert victim.run(START + script) == ["interrupted False waiting: victim.gone is not imported yet"]


def test_code_in_an_archive_runs_by_another_name(victim):
    """Its loader knows it by its own name only."""
    import zipfile

    with zipfile.ZipFile(victim.folder / "mine.zip", "w") as archive:
        archive.writestr("zipped/__init__.py", "name = __name__")
        archive.writestr("zipped/data.txt", "data")
    script = """
import copy, inspect, os, pkgutil, runpy
sys.path.append(os.path.join(sys.path[0], "mine.zip"))
add(replacement="zipped")
apply_all()
import victim.gone
loader = victim.gone.__loader__
print(victim.gone.name, inspect.getsource(victim.gone).strip(), loader.is_package("victim.gone"), state())
print(loader.get_filename("victim.gone") == victim.gone.__file__, loader.archive.endswith("mine.zip"))
from importlib import resources
print(resources.files("victim.gone").joinpath("data.txt").read_text(), copy.copy(loader).archive == loader.archive)
"""
    assert victim.run(START + script) == [
        "victim.gone name = __name__ True applied: in effect: victim.gone is made of zipped",
        "True True",
        "data True",
    ]


def test_a_private_copy_is_nobodys_import(victim):
    """Made by hand of the spec, it is left alone, and the module is still to be imported."""
    script = """
add(alias_of="victim._gone")
shim(target="victim.other", id_="other-1")
apply_all()
for name in ("victim.gone", "victim.other"):
    spec = importlib.util.find_spec(name)
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    print(copy.f(), name in sys.modules, copy is sys.modules.get("victim._gone"))
print(state(), state("other-1"))
"""
    waits = "is not imported yet"
    assert victim.run(START + script) == [
        "renamed False False",
        "shim of renamed False False",
        f"waiting: victim.gone {waits} waiting: victim.other {waits}",
    ]


def test_a_module_that_replaces_itself_is_read_back(victim):
    """The module that stands in `sys.modules` at the end counts."""
    victim.write("mine/shims/gone.py", "import sys\nclass Other: f = 5\nsys.modules[__name__] = Other()")
    script = """
shim()
apply_all()
import victim.gone
print(victim.gone.f, state())
unpatch("gone-1")
print("victim.gone" in sys.modules, hasattr(victim, "gone"))
"""
    assert victim.run(START + script) == [
        "5 applied: in effect: victim.gone is made of mine.shims.gone",
        "False False",
    ]


def test_what_others_put_in_its_place_is_left(victim):
    """As on top of any patch: undo is refused, and works once theirs is gone."""
    script = """
import types
shim()
apply_all()
import victim.gone
mine = sys.modules["victim.gone"]
sys.modules["victim.gone"] = types.ModuleType("theirs")
print(state())
try: unpatch("gone-1")
except backportkit.ConflictError as error: print(error.found, "|", error.next_step)
print(state())
sys.modules["victim.gone"] = mine
print(state())
unpatch("gone-1")
print(state(), hasattr(victim, "gone"))
"""
    said = "not undone: cannot be undone, since somebody patched on top of it; theirs is left as it is"
    assert victim.run(START + script) == [
        "conflict: was applied, but something else stands at victim.gone now",
        "a builtins.module | undo theirs first, then this one again",
        f"conflict: {said}",
        "applied: in effect in victim.gone; undoing it was refused before: call unpatch() again",
        "reverted: taken out; it is still had by __main__:mine False",
    ]


def test_what_others_have_taken_out_is_waited_for(victim):
    """A name that was deleted can be imported again; undone meanwhile, it cannot."""
    script = """
import types
shim()
apply_all()
import victim.gone
first = sys.modules.pop("victim.gone")
print(state())
import victim.gone
print(victim.gone is first, state())
sys.modules["victim.gone"] = types.ModuleType("theirs")
try: unpatch("gone-1")
except backportkit.ConflictError: del sys.modules["victim.gone"]
print(state())
unpatch("gone-1")
print(hasattr(victim, "gone"), refused())
"""
    assert victim.run(START + script) == [
        "waiting: victim.gone is not imported yet",
        "False applied: in effect: victim.gone is made of mine.shims.gone",
        "reverted: somebody has taken it out since undoing it was refused",
        "False ModuleNotFoundError: No module named 'victim.gone'",
    ]


def test_what_others_put_in_its_place_while_it_is_undone_is_left(victim):
    """A callback may be the one who does: the undo is refused, and works once theirs is gone."""
    script = """
import types
def replace(module): sys.modules["victim.gone"] = types.ModuleType("theirs")
shim(callbacks={"before_undo": replace})
apply_all()
import victim.gone
mine = sys.modules["victim.gone"]
try: unpatch("gone-1")
except backportkit.ConflictError as error: print(error.found)
print(state())
sys.modules["victim.gone"] = mine
print(state())
"""
    said = "not undone: cannot be undone, since somebody patched on top of it; theirs is left as it is"
    assert victim.run(START + script) == [
        "a builtins.module",
        f"conflict: {said}",
        "applied: in effect in victim.gone; undoing it was refused before: call unpatch() again",
    ]


@pytest.mark.parametrize("within", [False, True], ids=["", "patched within"])
def test_undone_by_its_own_body(victim, within):
    """Nothing is taken out while its body runs; what is imported then is told, and goes by the next undo."""
    victim.write("mine/shims/itself.py", "import backportkit\nbackportkit.unpatch('gone-1')\ndef f(): return 'itself'")
    script = f"""
add(replacement="mine.shims.itself")
if {within}: add(target="victim.gone:g", id_="within-1", requires="victim<2", replacement=lambda: "g")
apply_all()
import victim.gone
print(victim.gone.f(), state())
unpatch("gone-1")
print(hasattr(victim, "gone"), state())
"""
    assert victim.run(START + script) == [
        "itself conflict: was imported while it was being undone: call unpatch() again",
        "False reverted: taken out",
    ]


def test_callbacks_are_called_in_pairs(victim):
    """Each with the module; a veto refuses the import."""
    script = """
def tell(what):
    def callback(module): print(what, module.__name__, module.f())
    return callback
calls = {when: tell(when) for when in ("before_apply", "after_apply", "before_undo", "after_undo")}
shim(callbacks=calls)
apply_all()
import victim.gone
unpatch("gone-1")
def refuse(module): raise OSError("no")
shim(id_="other-1", target="victim.other", callbacks={"before_apply": refuse, "after_undo": tell("never")})
apply_all()
print(refused("victim.other").rpartition(": its ")[2])
print("victim.other" in sys.modules, hasattr(victim, "other"))
"""
    assert victim.run(START + script) == [
        "before_apply victim.gone shim of renamed",
        "after_apply victim.gone shim of renamed",
        "before_undo victim.gone shim of renamed",
        "after_undo victim.gone shim of renamed",
        "callback before_apply refused the patch: OSError: no",
        "False False",
    ]


def test_no_callback_tells_of_an_undo_that_was_refused(victim):
    """`after_undo` comes when the module is out."""
    script = """
import types
shim(callbacks={"after_undo": lambda module: print("out")})
apply_all()
import victim.gone
mine = sys.modules["victim.gone"]
sys.modules["victim.gone"] = types.ModuleType("theirs")
try: unpatch("gone-1")
except backportkit.ConflictError: print("refused")
sys.modules["victim.gone"] = mine
unpatch("gone-1")
"""
    assert victim.run(START + script) == ["refused", "out"]


def test_what_it_defines_can_be_patched_and_both_can_be_undone(victim):
    """By another patch, whose failure takes out the module."""
    script = """
shim()
def change(id_, target, **fields):
    backportkit.register(dict(id=id_, summary="s", requires="victim<2", target=target, value="changed") | fields)
change("within-1", "victim.gone:name")
change("wrong-1", "victim.gone:absent", opt_in=True)
apply_all()
import victim.gone
print(victim.gone.name, state("within-1"))
unpatch("gone-1")
apply_all(enable="wrong-1")
print(refused().partition(": ")[0], "victim.gone" in sys.modules, state())
unpatch("wrong-1")
import victim.gone
print(victim.gone.name, state())
"""
    assert victim.run(START + script) == [
        "changed applied: in effect in victim.gone",
        "PatchImportError False waiting: victim.gone is not imported yet",
        "changed applied: in effect: victim.gone is made of mine.shims.gone",
    ]


def test_several_edits_with_a_module_among_them(victim):
    """Each lands as its module is imported."""
    script = """
backportkit.register(dict(id="gone-1", summary="s", requires="victim<2", edits=[
    dict(target="victim.gone", how="add", alias_of="victim._gone"), dict(target="victim:LIMIT", how="add", value=3)]))
apply_all()
import victim
print(victim.LIMIT, state())
import victim.gone
print(state())
unpatch("gone-1")
print(hasattr(victim, "LIMIT"), "victim.gone" in sys.modules)
"""
    assert victim.run(START + script) == [
        "3 waiting: victim.gone is not imported yet",
        "applied: in effect: victim.gone is victim._gone; in effect in victim",
        "False False",
    ]


def test_two_patches_that_add_one_module_are_a_conflict(victim):
    """The error names both; what carries the same fix by the same module is one."""
    script = """
shim()
add(id_="gone-2", alias_of="victim._gone")
apply_all()
print(state("gone-2").partition("; ")[2].partition(",")[0])
print(refused().partition(": ")[2])
print(state("gone-2").partition(" of ")[0])
unpatch("gone-2")
import victim.gone
print(state())
"""
    assert victim.run(START + script) == [
        "it will be a conflict with 'gone-1' of __main__",
        "patch 'gone-2': victim.gone is not imported unpatched: 'gone-1' adds the same module",
        "conflict: 'gone-1' adds the same module; found 'gone-1'",
        "applied: in effect: victim.gone is made of mine.shims.gone",
    ]


def test_two_patches_that_carry_one_fix_by_the_same_module_are_one(victim):
    """The second one is dormant as long as the first makes it."""
    script = """
import victim
fixes = "https://github.com/victim/victim/pull/1"
shim(fixes=fixes)
shim(id_="gone-2", fixes=fixes)
apply_all()
import victim.gone
print(state("gone-2").partition(", ")[0])
unpatch("gone-1")
apply_all(only="gone-2")
import victim.gone
print(state("gone-2"))
"""
    assert victim.run(START + script) == [
        "dormant: 'gone-1' of __main__",
        "applied: in effect: victim.gone is made of mine.shims.gone",
    ]


def test_one_that_supersedes_another_makes_the_module(victim):
    """Also if the other one has made it before."""
    script = """
shim()
apply_all()
import victim.gone
add(id_="gone-2", alias_of="victim._gone", supersedes=["gone-1"])
apply_all()
print(state(), "victim.gone" in sys.modules)
import victim.gone
print(victim.gone is victim._gone, state("gone-2"))
"""
    assert victim.run(START + script) == [
        "disabled: superseded by 'gone-2' False",
        "True applied: in effect: victim.gone is victim._gone",
    ]


def test_one_that_is_superseded_before_the_import_stays_so_when_it_is_undone(victim):
    """There is nothing to take out."""
    script = """
shim()
apply_all()
shim(id_="gone-2", supersedes=["gone-1"])
apply_all()
before = state()
unpatch("gone-1")
print(before.split(":")[0], state() == before)
"""
    assert victim.run(START + script) == ["disabled True"]


def test_one_that_is_switched_off_or_not_asked_for_makes_nothing(victim):
    """The off switch and consent come first."""
    script = """
shim()
shim(id_="other-1", target="victim.other", opt_in=True)
apply_all()
print(refused(), refused("victim.other"))
apply_all(enable="other-1")
import victim.other
print(state("other-1"))
"""
    assert victim.run(START + script, env={"BACKPORTKIT_DISABLE": "gone-1"}) == [
        "ModuleNotFoundError: No module named 'victim.gone' ModuleNotFoundError: No module named 'victim.other'",
        "applied: in effect: victim.other is made of mine.shims.gone",
    ]


def test_a_block_without_it(victim):
    """`unpatched` takes it out and has it back when somebody imports it."""
    script = """
shim()
apply_all()
import victim.gone
with backportkit.unpatched("gone-1"): print(refused())
import victim.gone
print(state())
"""
    assert victim.run(START + script) == [
        "ModuleNotFoundError: No module named 'victim.gone'",
        "applied: in effect: victim.gone is made of mine.shims.gone",
    ]


@pytest.mark.parametrize("name", ["backports.toml", "backports.json"])
def test_declared_in_a_file(victim, name):
    """The fields are the same as in Python."""
    if name.endswith("toml"):
        fields = 'id = "gone-1"\nsummary = "s"\nrequires = "victim>=1"\ntarget = "victim.gone"\nhow = "add"\n'
        text = f'[[patch]]\n{fields}alias_of = "victim._gone"\n'
    else:
        fields = {"id": "gone-1", "summary": "s", "requires": "victim>=1", "target": "victim.gone", "how": "add"}
        text = json.dumps({"patch": [{**fields, "alias_of": "victim._gone"}]})
    (victim.folder / name).write_text(text)
    script = f"""
from pathlib import Path
[patch] = backportkit.load(Path(sys.path[0], {name!r}))
assert backportkit.Patch.model_validate_json(patch.model_dump_json()) == patch
apply_all()
import victim.gone
print(state())
"""
    assert victim.run(START + script) == ["applied: in effect: victim.gone is victim._gone"]


def test_a_provider_is_read_as_the_package_is_imported(victim):
    """Before that body runs, which may import the module itself."""
    victim.distribution("provider", "1.0", {"victim": "provider"})
    victim.write(
        "provider.py",
        """
        from backportkit import register
        register(dict(id="gone-1", summary="s", requires="victim>=1", target="victim.gone", how="add",
                      alias_of="victim._gone"))
        """,
    )
    victim.write("victim/__init__.py", "import victim.gone")
    script = """
apply_all()
print(state())
import victim
print(victim.gone is victim._gone, state())
"""
    assert victim.run(START + script) == [
        "waiting: victim.gone is not imported yet",
        "True applied: in effect: victim.gone is victim._gone",
    ]


def test_a_package_that_was_imported_past_our_finder(victim):
    """A module that is added to it can be imported after the next import that reaches us."""
    script = """
from importlib.machinery import PathFinder
class Claiming:
    @staticmethod
    def find_spec(name, path=None, target=None): return PathFinder.find_spec(name) if name == "victim" else None
shim(requires="victim>=1")
apply_all()
sys.meta_path.insert(0, Claiming)
import victim
import json.tool
import victim.gone
print(state())
"""
    assert victim.run(START + script) == ["applied: in effect: victim.gone is made of mine.shims.gone"]


def test_the_digest_of_a_process_counts_what_the_module_is_made_of(victim):
    """Two processes with other code in it have not the same in force."""
    script = """
shim()
print(backportkit.report().digest)
"""
    alias = """
add(alias_of="victim._gone")
print(backportkit.report().digest)
"""
    [first] = victim.run(START + script)
    [again] = victim.run(START + script)
    victim.write("mine/shims/gone.py", "other = 1")
    [changed] = victim.run(START + script)
    [other] = victim.run(START + alias)
    assert first == again
    assert len({first, changed, other}) == 3


def test_an_old_basicsr_with_a_new_torchvision(world):
    """A project of the same form: it imports by the old name what torchvision has renamed."""
    world.distribution("torchvision", "0.17.0")
    world.write("torchvision/transforms/_functional_tensor.py", "def rgb_to_grayscale(image): return ['gray', image]")
    world.write(
        "basicsr/data/degradations.py", "from torchvision.transforms.functional_tensor import rgb_to_grayscale as gray"
    )
    script = """
name = "torchvision.transforms.functional_tensor"
add(name, requires="torchvision>=0.17", alias_of="torchvision.transforms._functional_tensor")
print(refused("basicsr.data.degradations"))
apply_all()
from basicsr.data.degradations import gray
print(gray("image"), state().partition(": ")[0])
"""
    assert world.run(START + script) == [
        "ModuleNotFoundError: No module named 'torchvision.transforms.functional_tensor'",
        "['gray', 'image'] applied",
    ]


def test_prove_sees_that_it_can_be_imported_only_with_the_patch(victim):
    """Red without it, green with it, red once it is undone."""
    import warm

    victim.write(
        "proved.py",
        """
        from backportkit import register
        def reproduce():
            import victim.gone
            assert victim.gone.f() == "renamed"
        register(dict(id="gone-1", summary="s", requires="victim>=1", target="victim.gone", how="add",
                      alias_of="victim._gone", reproducer=reproduce))
        """,
    )
    variables = {"PYTHONPATH": str(victim.folder)}
    done = warm.run(["-m", "backportkit", "prove", "gone-1", "--import", "proved", "--json"], victim.folder, variables)
    assert [run["colour"] for run in json.loads(done.stdout)["runs"]] == ["red", "green", "red"], done.stderr
