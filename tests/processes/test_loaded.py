"""A process that declares and applies patches loads next to nothing; tests name what each unusual field adds."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path
from textwrap import dedent

import pytest

import backportkit

ROOT = Path(backportkit.__file__).parent.parent
LIBRARIES = sysconfig.get_path("purelib")

HEAVY = frozenset(
    {"pydantic", "packaging", "importlib.metadata", "inspect", "ast", "re", "enum", "functools", "contextlib"}
    | {"dataclasses", "warnings", "typing", "json", "collections", "importlib"}
)
# Of these Python itself has loaded most by the time that a program runs, unless it was told to load nothing.
LIGHT = frozenset({"__future__", "_collections_abc", "genericpath", "itertools", "os", "os.path", "posixpath", "stat"})
IN_C = frozenset({"_functools", "_operator", "_stat", "gc"})

TARGET = """
def f(a, b=None): return "old"
def g(): return "old"
class Base:
    def m(self): return "base"
class C(Base):
    def m(self): return "old"
LIMIT = 1
"""

PLAIN = """
import sys
sys.path[:0] = {paths}
before = set(sys.modules)
import backportkit
from backportkit import Callbacks, Edit, Patch, backport, register

@backport("target:f", requires="target>=1,<2", fixes="https://example.org/pull/1", namespace="target",
          reproducer=dict(run="target:f", expect="it failed"), callbacks=Callbacks(after_undo=print))
def f(a, b=None):
    "Return new."
    return "new"

@backport("target:C", requires="target<2", id="target-2")
class C:
    "Return new."
    def m(self): return "new " + super().m()

register(Patch(id="target-3", summary="-", requires="target<2", edits=[Edit(target="target:LIMIT", value=2)]))
{more}
backportkit.apply_all()
import target
assert (target.f(1), target.C().m(), target.LIMIT) == ("new", "new base", 2)
{use}
print(*set(sys.modules) - before)
"""


def loaded(world, more="", use=""):
    """Return the modules, except ours, that a program loads in an isolated interpreter."""
    world.write("target.py", TARGET)
    if not (world.folder / "target-1.0.dist-info").exists():
        world.distribution("target", "1.0")
    code = PLAIN.format(paths=[str(world.folder), str(ROOT), LIBRARIES], more=more, use=use)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    names = done.stdout.splitlines()[-1].split()
    return {name for name in names if name.partition(".")[0] not in {"backportkit", "target"}}


# What of ours a program loads that declares a plain patch and calls `apply_all`.
ARMED = """
backportkit bootstrap names startup providers_on_disk source source.functions declaration
declaration.bounds declaration.checked declaration.declare declaration.edits declaration.record declaration.reference
declaration.registry declaration.rules
"""


def test_arming(world):
    """No engine, no hook and no file of errors is loaded before a target is imported."""
    code = """
    import backportkit
    @backportkit.backport("absent:f", requires="absent>=1,<2", id="absent-1")
    def f(a, b=None):
        "What breaks without it."
    backportkit.apply_all()
    print(*(name.removeprefix("backportkit.") for name in sys.modules if name.startswith("backportkit")))
    """
    assert set(world.run(code)[0].split()) == set(ARMED.split())


# What of ours only patches need that are not plain, or who asks about them.
RARE = """
patch_status state manifest declaration.alternatives declaration.callbacks declaration.document declaration.json_text
declaration.mirror declaration.reproducer declaration.schema toml engine.callbacks engine.judgements
engine.settings engine.status engine.verify layers.beneath layers.defined_anew layers.effect layers.holders layers.in_c
layers.kinds layers.left layers.mappings layers.relocate source.decorated source.fingerprint source.lookup
source.modules source.signature
"""


def test_applying(world):
    """A plain patch is applied without the modules that only other patches need."""
    world.distribution("victim", "1.0")
    world.write("victim.py", "def f(): return 'old'\n")
    code = """
    import backportkit
    @backportkit.backport("victim:f", requires="victim<2", id="victim-1")
    def f():
        "What breaks without it."
        return "new"
    backportkit.apply_all()
    import victim
    print(victim.f(), *(name.removeprefix("backportkit.") for name in sys.modules if name.startswith("backportkit.")))
    """
    result, *ours = world.run(code)[0].split()
    assert (result, set(ours) & set(RARE.split())) == ("new", set())
    assert len(ours) <= 66, sorted(ours)


WALK = """
import sys
import backportkit
ran = {}
def walk(step, what, *arguments):
    def note(frame, event, argument):
        folder, found, file = frame.f_code.co_filename.rpartition("/backportkit/")
        if event == "call" and found and frame.f_code.co_flags & 2:  # no body of a module or of a class
            ran.setdefault(step, {})[frame.f_code] = file
    sys.setprofile(note)
    try: what(*arguments)
    finally: sys.setprofile(None)
def declare(module):
    @backportkit.backport(f"{module}:f", requires="victim<2", id=f"{module}-1")
    def f():
        "What breaks without it."
        return "new"
"""


def walked(world, code):
    """Return how many functions of ours ran in each step of a program, and in how many files."""
    for name in ("victim", "first"):
        world.write(f"{name}.py", "def f(): return 'old'\n")
    world.distribution("victim", "1.0")
    counts = "for found in ran.values(): print(len(found), len(set(found.values())))"
    return [tuple(map(int, line.split())) for line in world.run(f"{WALK}\n{dedent(code)}\n{counts}")]


def test_way_of_a_patch(world):
    """A declaration and the import of its target run a limited number of functions, which a reader has to know."""
    code = """
    declare("first"); backportkit.apply_all(); import first  # loads what is loaded once
    walk("way", declare, "victim")
    backportkit.apply_all()
    walk("way", __import__, "victim")
    assert sys.modules["victim"].f() == "new"
    """
    ((functions, files),) = walked(world, code)
    assert functions <= 146, functions
    assert files <= (30 if sys.version_info >= (3, 13) else 29), files  # there, `copying` makes copies by a lambda


def test_way_of_arming(world):
    """To arm a patch takes few functions, of a few files."""
    ((functions, files),) = walked(world, 'declare("victim"); walk("arm", lambda: backportkit.apply_all())')
    assert functions <= 32, functions
    assert files <= 7, files


def test_plain_patches(world):
    """A process that declares plain patches and applies them loads ten small modules of the standard library."""
    assert loaded(world) <= LIGHT | IN_C | {"types"}


def test_undoing(world):
    """To undo a patch and to apply it again loads nothing more."""
    use = 'backportkit.unpatch("target-2"); assert target.C().m() == "old"; backportkit.apply_all()'
    assert loaded(world, use=use) <= LIGHT | IN_C | {"types"}


DECLARE = "backport('target:g', summary='-', id='target-4', {})(lambda: 1)"
WISHES = {
    "a wrap": "requires='target<2', how='wrap'",
    "alternatives": "requires=backportkit.any_of('target>=2,<3', 'target<2')",
    "a marker": "requires='target<2; python_version>\"3\"'",
    "a fingerprint": "requires='target<2', fixed='ast1:0123456789ab'",
    "a pattern": "requires='target<2', reproducer=dict(run='m:f', expect='a|b')",
}
# Of HEAVY, what each wish adds at least, and what it does not need.
ADDED = {
    "a wrap": (set(), HEAVY),
    "alternatives": (set(), HEAVY),
    "a marker": ({"packaging", "re"}, {"pydantic", "importlib.metadata", "json"}),
    "a fingerprint": ({"ast", "inspect"}, {"pydantic", "importlib.metadata", "json", "packaging"}),
    "a pattern": ({"re", "enum"}, {"pydantic", "importlib.metadata", "json", "packaging", "inspect", "ast", "typing"}),
}


@pytest.mark.parametrize("wish", WISHES)
def test_what_is_not_plain(world, wish):
    """A patch that is not plain loads only what its unusual field needs, and never pydantic."""
    wrapper = DECLARE.replace("lambda: 1", "lambda original: original") if wish == "a wrap" else DECLARE
    found = loaded(world, wrapper.format(WISHES[wish])) & HEAVY
    added, needless = ADDED[wish]
    assert found >= added
    assert found.isdisjoint(needless)
