"""Objects that raise at every question break no import, and leave nothing half done."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
class Meta(type):
    def __getattribute__(cls, name):
        if name.startswith("__"): raise RuntimeError(name)
        return type.__getattribute__(cls, name)
class C(metaclass=Meta):
    def method(self): return "old"
class Rude:
    def __getattribute__(self, name): raise RuntimeError(f"do not ask for {name}")
    def __eq__(self, other): raise RuntimeError("do not compare")
    __hash__ = None
    def __bool__(self): raise RuntimeError("do not ask")
    def __repr__(self): raise RuntimeError("do not show")
    def __call__(self): return "old"
class Descriptor(Rude, metaclass=Meta):
    def __get__(self, instance, owner=None): return "old"
class Holder:
    attribute = Descriptor()
class Lazy:
    woken = []
    @property
    def __class__(self): self.woken.append("__class__"); raise RuntimeError("not configured")
    def __getattr__(self, name): self.woken.append(name); raise RuntimeError("not configured")
rude, lazy = Rude(), Lazy()
def f(): return "old"
import sys
if "copies" in sys.modules: dict.update(sys.modules["copies"].TABLE, f=f)
"""
START = """
import backportkit
from backportkit import register
def new(*arguments): return "new"
def around(original): return lambda *arguments: "around " + original(*arguments)
FIELDS = dict(requires="victim<2", summary="s", required=False)
def declare(id_, target, **fields): return register(FIELDS | {"id": id_, "target": f"victim:{target}"} | fields)
def state(id_): return next(f"{s.state}: {s.reason}" for s in backportkit.status() if s.id == id_)
def undone(id_):
    try: backportkit.unpatch(id_)
    except backportkit.BackportError as error: return error.found
"""


@pytest.fixture
def victim(world):
    """A world with the victim, and what every script of this file starts with."""
    world.distribution("victim", "1.5")
    world.write("victim.py", VICTIM)
    return world


def told(victim, script):
    """The lines that a script prints; its warnings are not looked at."""
    done = victim.start(START + script)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_metaclass_that_raises(victim):
    """A method is patched although the metaclass of its class raises."""
    script = """
declare("p-1", "C.method", replacement=new)
backportkit.apply_all()
import victim
print(victim.C().method(), state("p-1"), undone("p-1"), victim.C().method())
"""
    assert told(victim, script) == ["new applied: in effect in victim None old"]


def test_object_that_raises(victim):
    """An object that must not be asked anything makes way, to a replacement, to a wrap and to a value."""
    script = """
declare("p-1", "rude", replacement=new)
declare("w-1", "rude", replacement=around, how="wrap")
declare("v-1", "lazy", value=1)
backportkit.apply_all()
import victim
print(victim.rude(), state("p-1"), state("w-1"), victim.lazy, backportkit.out_of_reach("p-1"))
backportkit.unpatch_all()
print(victim.rude.__call__ if type(victim.rude) is not victim.Rude else "rude", type(victim.lazy) is victim.Lazy)
"""
    assert told(victim, script) == [
        "around new applied: in effect in victim applied: in effect in victim 1 ()",
        "rude True",
    ]


def test_descriptor_that_raises(victim):
    """The object at the target is to blame, and not the replacement, which was not called."""
    script = """
declare("p-1", "Holder.attribute", replacement=new)
declare("p-2", "f", replacement=new)
backportkit.apply_all()
import victim
print(victim.f(), state("p-2"), state("p-1").partition(";")[0], victim.Holder().attribute)
"""
    assert told(victim, script) == ["new applied: in effect in victim failed: the target cannot be changed old"]


@pytest.mark.parametrize("target", ["lazy.attribute", "lazy['key']", "lazy.a.b"])
def test_lazy_object_is_not_woken(victim, target):
    """A lazy object on the way to a target is not asked for its class."""
    script = f"""
declare("p-1", {target!r}, replacement=new)
backportkit.apply_all()
import victim
print(state("p-1").partition(";")[0], victim.Lazy.woken)
"""
    assert told(victim, script) == ["failed: the target cannot be changed []"]


def test_object_that_says_to_be_a_property_and_raises(victim):
    """A lazy object that raises when it is asked is no property, so that a path to its `fget` is refused."""
    script = """
declare("p-1", "lazy.fget", replacement=new)
backportkit.apply_all()
import victim
print(state("p-1"))
"""
    expected = "failed: the target cannot be changed; found module victim has 'lazy', but it is no class: Lazy"
    assert told(victim, script) == [expected]


@pytest.mark.parametrize("fields", ["original='ast1:000000000000'", "signature='change'", "how='add'", "value=2"])
def test_rude_object_under_each_kind_of_edit(victim, fields):
    """The import goes on although the object at a target raises, and the status tells the state of the patch."""
    given = "" if "value" in fields else "replacement=new, "
    script = f"""
declare("p-1", "rude", {given}{fields})
backportkit.apply_all()
import victim
print(state("p-1").partition(":")[0], undone("p-1"))
"""
    state = {"o": "failed", "s": "applied", "h": "conflict", "v": "applied"}[fields[0]]
    assert told(victim, script) == [f"{state} None"]


def test_foreign_object_on_top_is_named(victim):
    """The error of an undo says what stands on top: by name, by type where it has none, or by its value."""
    script = """
import victim
class Wrapper:
    def __call__(self): return None
declare("p-1", "f", replacement=new)
for top in (len, START, 0.5, Wrapper(), victim.rude, Wrapper, None, lambda: 1):
    backportkit.apply_all()
    ours, victim.f = victim.f, top
    print(undone("p-1"))
    victim.f = ours
    backportkit.unpatch("p-1")
""".replace("START", "'text'")
    expected = ["builtins.len", "'text'", "0.5", "a __main__.Wrapper", "a victim.Rude", "__main__.Wrapper", "None"]
    assert told(victim, script) == [*expected, "__main__.<lambda>"]


MAPPING = """
import collections
class Words(Exception):
    def __str__(self): raise RuntimeError("no words")
class Rude(BASE):
    left = LEFT
    def METHOD(self, *arguments):
        Rude.left -= 1
        if Rude.left == 0 and not AFTER: raise KIND("rude")
        result = super().METHOD(*arguments)
        if Rude.left == 0: raise KIND("rude")
        return result
def f(): return "old"
OLD = object()
T = Rude()
dict.update(getattr(T, "data", T), a=OLD, z=1)
U = {"f": f}
Rude.left = LEFT
"""


@pytest.mark.parametrize("base", ["dict", "collections.UserDict"])
@pytest.mark.parametrize("method", ["__setitem__", "__getitem__", "__contains__", "__delitem__"])
def test_mapping_that_raises_once(world, base, method):
    """Whenever a mapping raises, an import goes on, and undoing the patch, twice at most, leaves all as it was."""
    names = [f"m{number}" for number in range(30)]
    for number, name in enumerate(names):
        kind = ("ValueError", "KeyError", "RuntimeError", "TypeError", "Words")[number % 5]
        text = MAPPING.replace("METHOD", method).replace("BASE", base).replace("KIND", kind)
        world.write(f"{name}.py", text.replace("LEFT", str(number // 2)).replace("AFTER", str(number % 2)))
    script = f"""
import importlib, warnings
import backportkit
from backportkit import register
warnings.simplefilter("ignore")
def new(): return "new"
def quietly(function, *arguments):
    try: return function(*arguments)
    except backportkit.BackportError as error: return str(error)
for name in {names!r}:
    edits = [dict(target=f"{{name}}:f", replacement=new), dict(target=f"{{name}}:T['a']", value="new"),
        dict(target=f"{{name}}:U['f']", replacement=new)]
    register(dict(id=name, summary="s", requires="python<4", required=False, edits=edits))
backportkit.apply_all()
for name in {names!r}:
    m = importlib.import_module(name)
    is_applied, table = quietly(backportkit.is_applied, name), getattr(m.T, "data", m.T)
    applied = [m.f() == "new", dict.get(table, "a") == "new", m.U["f"] is not m.f and m.U["f"]() == "new"]
    if is_applied is not all(applied) and m.Rude.left > 0: print(name, is_applied, applied)
    quietly(backportkit.unpatch, name), quietly(backportkit.unpatch, name)
    if m.f() != "old" or dict.get(table, "a") is not m.OLD or m.U["f"] is not m.f: print(name, "is left", table)
backportkit.unpatch_all()
print("end")
"""
    done = world.start(script)
    assert (done.returncode, done.stdout) == (0, "end\n"), done.stdout + done.stderr


def test_mapping_that_validates(world):
    """A dictionary that refuses a value is in the error, with the patch; where warnings will do, it is in one."""
    world.write(
        "victim.py",
        """
class Params(dict):
    def __setitem__(self, key, value):
        if value not in ("agg", "svg"): raise ValueError(f"{value!r} is no backend")
        dict.__setitem__(self, key, value)
P = Params(); P["backend"] = "agg"
""",
    )
    script = """
import backportkit
from backportkit import register
register(dict(id="p-1", summary="s", requires="python<4", target="victim:P['backend']", value="zork"))
backportkit.apply_all()
try: import victim
except backportkit.PatchImportError as error: print(error, type(error.__cause__.__cause__).__name__)
"""
    assert world.run(script) == [
        "patch 'p-1': victim is not imported unpatched: the target cannot be changed",
        "  target:   victim:P['backend']",
        "  found:    ValueError: 'zork' is no backend",
        "  next:     choose another target, or start with BACKPORTKIT_DISABLE=p-1 ValueError",
    ]
    done = world.start(script, env={"BACKPORTKIT_ON_ERROR": "warn"})
    assert (done.returncode, done.stdout) == (0, "")
    assert "BackportWarning: patch 'p-1': the target cannot be changed" in done.stderr


LOGGING = """
import logging, sys, warnings
class Emits(logging.Handler):
    def emit(self, record): raise ConnectionError("log server is gone")
class Handles(logging.Handler):
    def handle(self, record): raise ConnectionError("log server is gone")
def show(*arguments, **keywords): raise ConnectionError("no screen")
if "show" in sys.argv: warnings.showwarning = show
else: logging.getLogger().addHandler(Emits() if "emit" in sys.argv else Handles())
logging.getLogger("backportkit").setLevel("DEBUG")
logging.raiseExceptions = "quiet" not in sys.argv
"""
COPIES = """
class Refuses(dict):
    def __setitem__(self, key, value): raise RuntimeError
TABLE = Refuses()
"""
TELLING = {
    "a patch that does not fit": "declare('p-1', 'f', replacement=lambda bad: 1)",
    "a callback": "declare('p-1', 'f', replacement=new, callbacks=backportkit.Callbacks(after_apply=lambda m: 1 / 0))",
    "a copy": """
import copies
declare('p-1', 'f', replacement=new)
""",
}


@pytest.mark.parametrize("way", ["emit", "handle", "show", "handle quiet"])
@pytest.mark.parametrize("script", TELLING.values(), ids=TELLING)
def test_handler_that_raises(victim, script, way):
    """An error in a handler or `showwarning` of the program is printed, unless logging is told not to print it."""
    victim.write("copies.py", COPIES)
    script = f"{START}{LOGGING}{script}\nbackportkit.apply_all()\nimport victim\nprint(victim.f())\n"
    done = victim.start(script, *way.split())
    assert (done.returncode, done.stdout) == (0, "old\n" if "bad" in script else "new\n"), done.stderr
    is_told = "quiet" not in way and (way != "show" or "copies" not in script)
    assert ("ConnectionError" in done.stderr) is is_told, done.stderr
