"""Helpers that upstream's fix has added: put in with what calls them, and taken out with it."""

from __future__ import annotations

import json
import re

import pytest
import warm

import backportkit
from backportkit import DeclarationError, added, backport
from backportkit.declaration import declare
from backportkit.declaration.registry import Registry

pytestmark = pytest.mark.warm

VICTIM = """
import re
def f(x): return "old"
class Base:
    def inherited(self): return "inherited"
class C(Base):
    def run(self): return "old"
"""
MINE = """
import re
from backportkit import added, backport
PATTERN = re.compile("x+")
class Kept: pass
def _helper(x): return (x, __name__, PATTERN.pattern)
@backport(
    "victim:f", requires="victim<2", id="names", namespace="target",
    adds={"_helper": _helper, "LIMIT": 10, "PATTERN": PATTERN, "Kept": Kept, "TABLE": {"a": [1]}, "NOTHING": None},
)
def f(x):
    "It is old."
    return (_helper(x), LIMIT, Kept.__name__, TABLE, NOTHING)
@backport("victim:C", requires="victim<2", id="class", namespace="target", how="replace")
class C:
    LIMIT = added(10)
    PAIR = added((1, 2))
    __private = added("private")
    def run(self):
        "It runs old."
        return (self._helper(), self.LIMIT, self.PAIR, self.__private, self.static(), self.of_class(), self.size)
    @added
    def _helper(self):
        "Help."
        return (super().inherited(), re.__name__)
    @added
    @staticmethod
    def static(): return "static"
    @added
    @classmethod
    def of_class(cls): return cls.__name__
    size = added(property(lambda self: "size"))
"""


@pytest.fixture
def registry(monkeypatch):
    """Declare into a registry of this test's own."""
    own = Registry()
    monkeypatch.setattr(declare, "declared_patches", own)
    return own


@pytest.fixture
def victim(world):
    """A world with a module, and one that declares patches of it."""
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    world.write("mine.py", MINE)
    return world


def test_helpers_are_there_while_the_patch_is_applied(victim):
    """In the module and in the class; what is no plain data is the very object, and nothing of it is left."""
    script = """
import backportkit, mine, victim
before = [dict(vars(one)) for one in (victim, victim.C)]
backportkit.apply_all()
print(victim.f(1))
print(victim.C().run())
helper = victim.C._helper
print(victim.PATTERN is mine.PATTERN, victim.Kept is mine.Kept, helper.__qualname__, helper.__doc__)
print([(s.id, str(s.state), s.summary) for s in backportkit.status() if s.provider == "mine"])
backportkit.unpatch_all()
print([dict(vars(one)) for one in (victim, victim.C)] == before)
"""
    assert victim.run(script) == [
        "((1, 'victim', 'x+'), 10, 'Kept', {'a': [1]}, None)",
        "(('inherited', 're'), 10, (1, 2), 'private', 'static', 'C', 'size')",
        "True True C._helper Help.",
        "[('names', 'applied', 'It is old.'), ('class', 'applied', 'It runs old.')]",
        "True",
    ]


def test_helpers_of_what_is_changed_in_place_see_what_that_sees(victim):
    """Their globals are those of the target's module, as by `namespace="target"`, whether given by `adds` or marked."""
    victim.write(
        "mine.py",
        """
from backportkit import added, backport
K = dict(requires="victim<2", how="in_place")
def _helper(x): return (x, __name__, LIMIT)
@backport("victim:f", id="names", adds={"_helper": _helper, "LIMIT": 10}, **K)
def f(x):
    "It is old."
    return _helper(x)
@backport("victim:C", id="class", **K)
class C:
    def run(self):
        "It runs old."
        return self._helper()
    @added
    def _helper(self): return __name__
""",
    )
    script = """
import backportkit, mine, victim
held = victim.f, victim.C.run
backportkit.apply_all()
print(held[0](1), held[1](victim.C()))
backportkit.unpatch_all()
print(held[0](1), held[1](victim.C()), hasattr(victim, "_helper"), hasattr(victim.C, "_helper"))
"""
    assert victim.run(script) == ["(1, 'victim', 10) victim", "old old False False"]


BORROWED = """
from functools import update_wrapper
from textwrap import dedent
from backportkit import added, backport
@backport("victim:f", requires="victim<2", id="names", namespace="target", adds={"update_wrapper": update_wrapper})
def f(x):
    "It is old."
    return update_wrapper(lambda: None, f).__name__
@backport("victim:C", requires="victim<2", id="class", namespace="target")
class C:
    def run(self):
        "It runs old."
        return self.dedent(" x")
    dedent = added(staticmethod(dedent))
"""


def test_function_that_is_imported_keeps_its_globals(victim):
    """It needs those of its own module, whatever the body sees."""
    victim.write("mine.py", BORROWED)
    script = """
import backportkit, functools, mine, textwrap, victim
backportkit.apply_all()
print(victim.update_wrapper.__globals__ is vars(functools), victim.f(1))
print(victim.C.dedent.__globals__ is vars(textwrap), victim.C().run())
"""
    assert victim.run(script) == ["True f", "True x"]


def test_diff_tells_a_function_that_is_imported_in_one_line(victim):
    """Its body is not upstream's, and nothing in it is the declaration's to mend."""
    victim.write("mine.py", BORROWED)
    command = ["-m", "backportkit", "diff", "names", "--import", "mine"]
    done = warm.run(command, victim.folder, {"PYTHONPATH": str(victim.folder), "COLUMNS": "300"})
    assert "victim:update_wrapper: the import of functools:update_wrapper is added" in done.stdout.splitlines()
    assert "WRAPPER_ASSIGNMENTS" not in done.stdout
    done = warm.run(
        ["-m", "backportkit", "check", "--import", "mine"], victim.folder, {"PYTHONPATH": str(victim.folder)}
    )
    assert "BK216" not in done.stdout


def test_helper_that_is_there_already_is_in_the_way(victim):
    """Nothing is applied of a patch whose name is taken, be it by what is inherited."""
    victim.write("victim.py", VICTIM + "    def static(self): pass\nLIMIT = 5\n")
    script = """
import backportkit, mine, victim
for name in ("names", "class"):
    try: backportkit.apply_all(only=name)
    except backportkit.ConflictError as error: print(error.target, error.found[:9])
print(victim.f(1), victim.C().run(), sorted(vars(victim).keys() & {"_helper", "PATTERN"}))
"""
    assert victim.run(script) == ["victim:LIMIT 5", "victim:C.static <function", "old old []"]


BELOW = """
from backportkit import Edit, Patch, register
def quote(self): return "base"
def other(self, sign="'"): return sign
def edit(target, own): return Edit(target=target, replacement="mine:" + own, how="add")
BOTH = [edit("victim:Base.quote", "quote"), edit("below:Sub.quote", "other")]
def declare(id, edits): register(Patch(id=id, requires="victim<2", summary="It is old.", edits=edits))
"""


@pytest.mark.parametrize("given", ["mine.BOTH", "mine.BOTH[::-1]"])
@pytest.mark.parametrize("imports", ["", "import below"])
def test_what_the_patch_adds_to_a_base(victim, given, imports):
    """A subclass in another module gets its own, whatever the patch has added to the base, and loses it again."""
    victim.write("below.py", "import victim\nclass Sub(victim.Base): pass\n")
    victim.write("mine.py", BELOW)
    script = f"""
import backportkit, mine
{imports}
mine.declare("both", {given})
backportkit.apply_all()
import below
sub = below.Sub()
print(sub.quote(), below.victim.Base().quote())
backportkit.unpatch("both")
print(hasattr(sub, "quote"), "quote" in vars(below.Sub))
backportkit.apply_all()
"""
    assert victim.run(script) == ["' base", "False False"]


@pytest.mark.parametrize(("base", "codes"), [("", []), ("def quote(self): pass", ["Base.quote", "Sub.quote"])])
def test_check_says_what_is_in_the_way(victim, base, codes):
    """It is what the installed base has, and not what the patch adds to it."""
    victim.write("below.py", "import victim\nclass Sub(victim.Base): pass\n")
    victim.write("victim.py", VICTIM.replace("class Base:", f"class Base:\n    {base}"))
    victim.write("mine.py", f"{BELOW}declare('both', BOTH)\n")
    done = warm.run(
        ["-m", "backportkit", "check", "mine.py", "--json"], victim.folder, {"PYTHONPATH": str(victim.folder)}
    )
    found = json.loads(done.stdout)["findings"]
    assert [one["target"].partition(":")[2] for one in found if one["code"] == "BK211"] == codes


def test_what_another_patch_adds_to_a_base(victim):
    """It is in the way of an addition in a subclass, as anything else that is inherited."""
    victim.write("below.py", "import victim\nclass Sub(victim.Base): pass\n")
    victim.write("mine.py", BELOW)
    script = """
import backportkit, below, mine
for id, one in zip(("base", "sub"), mine.BOTH): mine.declare(id, [one])
try: backportkit.apply_all()
except backportkit.ConflictError as error: print(error.target, error.message)
print(below.Sub().quote())
"""
    assert victim.run(script) == ["below:Sub.quote there is an attribute of that name already", "base"]


def test_helper_that_came_with_the_fix(victim):
    """Where the body beside it is upstream's fix, the patch is absorbed."""
    fixed = "ast1:" + "0" * 12
    victim.write("victim.py", "def _helper(): return 1\ndef f(): return _helper()\n")
    script = """
import backportkit, victim
from backportkit import backport
from backportkit.source import fingerprint
@backport("victim:f", requires="victim<2", id="p-1", fixed=fingerprint.of_function(victim.f), adds={"_helper": len})
def f():
    "It is old."
try: backportkit.apply_all()
except backportkit.BackportError as error: print(error)
print(*[f"{s.state}: {s.reason}" for s in backportkit.status() if s.id == "p-1"])
"""
    assert fixed not in script
    assert victim.run(script) == ["absorbed: the installed body is upstream's fix already"]


def test_helpers_are_found_by_name_in_another_process(victim, tmp_path):
    """The record that another process reads names them in the class, where they are marked."""
    script = """
import backportkit, mine, sys
from backportkit.declaration.registry import declared_patches
for name in ("names", "class"):
    open(name + ".json", "w").write(declared_patches.find(name).patch.model_dump_json())
"""
    victim.run(f"import os; os.chdir({str(victim.folder)!r})" + script)
    script = """
import backportkit, os, sys
from backportkit import Patch, register
for name in ("names", "class"):
    patch = Patch.model_validate_json(open(os.path.join(sys.path[0], name + ".json")).read())
    register(patch)
    sys.modules.pop("mine", None)
import victim
print([edit.how for edit in patch.edits])
backportkit.apply_all()
print(victim.f(1)[0], victim.C().run()[2:])
"""
    script = script.replace(
        "register(patch)", "register(patch.model_validate(patch.model_dump() | {'id': name + '-2'}))"
    )
    assert victim.run(script) == [
        "['add', 'add', 'add', 'add', 'add', 'add', 'add', 'replace']",
        "(1, 'victim', 'x+') ((1, 2), 'private', 'static', 'C', 'size')",
    ]


def test_edits_that_add_come_first(registry):
    """The helper is put in before what calls it; fingerprints and namespace are those that the class form gives."""

    @backport(
        "victim:C", requires="victim<2", id="p-1", namespace="target", fixed={"helper": "ast1:0123456789ab"}, how="wrap"
    )
    class C:
        """It is old."""

        def run(self):  # pragma: no cover -- a specimen, never called
            return self

        LIMIT = added([1])
        NAN = added(float("nan"))

        @added
        def helper(self):
            """Help."""

    (declared,) = registry
    assert [(str(e.target), e.how, e.namespace, e.fixed) for e in declared.patch.edits] == [
        ("victim:C.LIMIT", "add", "own", ()),
        ("victim:C.NAN", "add", "own", ()),
        ("victim:C.helper", "add", "target", ("ast1:0123456789ab",)),
        ("victim:C.run", "wrap", "target", ()),
    ]
    assert declared.patch.edits[0].value == [1]
    assert declared.patch.edits[1].replacement.rpartition(".")[2] == "NAN"
    assert repr(C.LIMIT) == "added([1])"


def test_summary_is_that_of_what_is_changed(registry):
    """The docstring of a helper says nothing of what breaks, unless there is nothing else."""

    def helper():
        """Help."""

    @backport("victim:f", requires="victim<2", id="p-1", adds={"helper": helper})
    def f():
        """It is old."""

    @backport("victim:f", requires="victim<2", id="p-2", summary="Said.", adds={"helper": helper})
    def g():
        """It is old."""

    assert [one.patch.summary for one in registry] == ["It is old.", "Said."]
    with pytest.raises(DeclarationError, match="summary: is empty"):
        backport("victim:f", requires="victim<2", id="p-3", adds={"helper": helper})(lambda: 1)


@pytest.mark.parametrize(
    ("adds", "problem"),
    [
        ({"a b": 1}, "adds.a b: 'a b' is no single name"),
        ({1: 1}, "adds.1: Input should be a valid string"),
        ([1], r"adds: \[1\] gives nothing names: write adds="),
        ({}, r"adds: \{\} gives nothing names"),
        ({"x": "pkg.mod:name"}, "adds.x: 'pkg.mod:name' may be a text or the name of an object: write an edit"),
        ({"x": re.compile("nobody has a name for it")}, "adds.x: .* has no name: make it a constant of the module"),
        ({"f": 1}, "edits: two edits of one patch have the same target: victim:f"),
    ],
)
def test_what_cannot_be_added_is_refused(registry, adds, problem):
    """Each with what to write, and nothing is declared."""
    with pytest.raises(DeclarationError, match=problem):
        backport("victim:f", requires="victim<2", id="p-1", summary="s", adds=adds)(test_edits_that_add_come_first)
    assert list(registry) == []


def test_mark_in_the_wrong_place_is_refused(registry):
    """It stands above all decorators, in a class."""
    with pytest.raises(
        DeclarationError, match=r"C has @added beneath another decorator of f(.|\n)*write @added above it"
    ):
        backport("victim:C", requires="victim<2", id="p-1")(type("C", (), {"f": staticmethod(added(len))}))
    with pytest.raises(DeclarationError, match=r"@added marks what is new in a class(.|\n)*write how='add'"):
        backport("victim:f", requires="victim<2", id="p-1")(added(len))
    assert list(registry) == []
    assert backportkit.added is added


@pytest.mark.parametrize("name", ["class", "names"])
def test_diff_shows_a_helper_without_its_mark(victim, name):
    """Each edit is shown: functions as upstream has them, beside nothing, and what has no source by its name."""
    command = ["-m", "backportkit", "diff", name, "--import", "mine"]
    done = warm.run(command, victim.folder, {"PYTHONPATH": str(victim.folder), "COLUMNS": "300"})
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "@added" not in done.stdout
    assert "+LIMIT = 10" in done.stdout
    lines = {
        "class": ["+PAIR = (1, 2)", "+def _helper(self):"],
        "names": ["+NOTHING = None", "+def _helper(x): return (x, __name__, PATTERN.pattern)"],
    }
    assert not set(lines[name]) - set(done.stdout.splitlines()), done.stdout
    no_source = "victim:Kept: the replacement mine:Kept has no source to show: it is no function written in Python"
    assert (no_source in done.stdout) == (name == "names")
    assert "victim:f of victim 1.0 is " in done.stdout or "victim:C._helper of victim 1.0 is not there" in done.stdout
