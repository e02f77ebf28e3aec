"""`how="in_place"`: the very function that upstream wrote gets other code, so that whoever holds it follows."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.warm

VICTIM = """
import atexit, functools, json
LIMIT = "victim's"
def f(x, y=1):
    "What f does."
    return ["old", x, y]
def other(x, y=1): return ["other", x, y]
g = f
HANDLERS = [f]
TABLE = {"lambda": lambda x: ["old", x]}
NESTED = {"all": [{"of": f}]}
part = functools.partial(f, 1)
def calls(x, call=f): return call(x)
def closing(function): return lambda x: function(x)
closure = closing(f)
def at_exit(): pass
atexit.register(at_exit)
class Base:
    def name(self): return "base"
class C(Base):
    def __init__(self): self.__secret = "secret"
    def method(self): return ["old", self]
    def above(self): return "old " + super().name()
    def plain(self): return "old"
    @staticmethod
    def static(x): return ["old", x]
    @classmethod
    def of_class(cls): return ["old", cls]
    @property
    def size(self): return "old"
    @size.setter
    def size(self, value): self.held = ["old", value]
    @functools.cached_property
    def lazy(self): return "old"
class Heir(C): pass
bound = C().method
@functools.lru_cache(maxsize=9)
def cached(x): return ["old", x]
def passing(function):
    @functools.wraps(function)
    def wrapper(*arguments): return ["decorated", *function(*arguments)]
    return wrapper
@passing
def decorated(x): return ["old", x]
@functools.singledispatch
def generic(x): return "old"
@generic.register
def _(x: int): return "int"
"""
START = """
import backportkit, functools, sys
from backportkit import backport, register
LIMIT = "mine"
FIELDS = dict(requires="victim<2", summary="s", how="in_place")
def declare(id_, target, replacement, **fields):
    register(FIELDS | dict(id=id_, target="victim:" + target, replacement=replacement) | fields)
def state(id_):
    found = next(s for s in backportkit.status() if s.id == id_)
    return f"{found.state}: {found.reason}"
def new(x, y=2): return ["new", x, y, LIMIT]
def fails(call, *arguments):
    try: call(*arguments)
    except backportkit.BackportError as error: return f"{type(error).__name__}: {error.message}; {error.found}"
    return "goes well"
"""


@pytest.fixture
def victim(world):
    """A world with a victim."""
    world.distribution("victim", "1.0")
    world.write("victim.py", VICTIM)
    return world


@pytest.mark.parametrize("comes_first", ["import victim", "backportkit.apply_all()"])
def test_whoever_holds_the_function_follows(victim, comes_first):
    """Names, containers, partials, defaults, closures and atexit: there is one function, and it runs the new body."""
    script = f"""
declare("ff", "f", new)
def at_exit(): print("new at exit")
declare("exit", "at_exit", at_exit)
{comes_first}
import victim
backportkit.apply_all()
def use():
    own = [victim.f(1), victim.g(1), victim.HANDLERS[0](1), victim.NESTED["all"][0]["of"](1)]
    return [*own, victim.part(), victim.calls(1), victim.closure(1)]
print(*set(map(str, use())))
backportkit.unpatch("ff")
print(*set(map(str, use())))
print(backportkit.out_of_reach("ff"), state("exit"))
"""
    assert victim.run(START + script) == [
        """['new', 1, 2, "victim's"]""",
        "['old', 1, 1]",
        "() applied: in effect in victim",
        "new at exit",
    ]


def test_function_keeps_all_but_code_and_defaults(victim):
    """Identity, name, docstring, annotations and attributes stay; the code object is nobody else's."""
    script = """
import victim
function = victim.f
before = function.__code__, function.__defaults__, function.__kwdefaults__
function.mark = "theirs"
def mine(x: int, y: int = 2) -> str: "Mine."
declare("ff", "f", mine)
declare("oo", "other", mine)
backportkit.apply_all()
print(victim.f is function, function.__name__, function.__doc__, function.__annotations__, function.mark)
print(len({id(one.__code__) for one in (function, victim.other, mine)}))
backportkit.unpatch_all()
after = function.__code__, function.__defaults__, function.__kwdefaults__
print(all(one is other for one, other in zip(before, after)))
"""
    assert victim.run(START + script) == ["True f What f does. {} theirs", "3", "True"]


def test_innermost_function_is_changed_whatever_stands_around_it(victim):
    """Static and class methods, parts of properties, caches, decorators that say what they wrap, generic functions."""
    script = """
@backport("victim:C", **FIELDS, id="class")
class C:
    def __init__(self): self.__secret = "new secret"
    def above(self): return "new " + super().name()
    @staticmethod
    def static(x): return ["new", x]
    @classmethod
    def of_class(cls): return ["new", cls.__name__]
    @property
    def size(self): return "new"
    @functools.cached_property
    def lazy(self): return "new"
def fset(self, value): self.held = ["new", value]
declare("fset", "C.size.fset", fset)
def simple(x): return ["new", x]
for name in ("cached", "decorated", "generic", "TABLE['lambda']"): declare(name.partition("[")[0].lower(), name, simple)
import victim
raw = {name: vars(victim.C)[name] for name in ("static", "of_class", "size", "lazy")}
objects = [victim.cached, victim.decorated, victim.generic, victim.TABLE["lambda"]]
victim.cached(0)
def use():
    instance = victim.Heir()
    instance.lazy
    print(vars(instance), instance.above(), victim.Heir.static(1), victim.Heir.of_class(), instance.size, instance.lazy)
    instance.size = 1
    print(instance.held, victim.cached(0), victim.cached(1), victim.decorated(1), victim.generic(""), victim.generic(1))
    print(victim.TABLE["lambda"](1))
backportkit.apply_all()
use()
print(all(vars(victim.C)[name] is one for name, one in raw.items()))
print(objects == [victim.cached, victim.decorated, victim.generic, victim.TABLE["lambda"]])
backportkit.unpatch_all()
victim.cached.cache_clear()
use()
"""
    assert victim.run(START + script) == [
        "{'_C__secret': 'new secret', 'lazy': 'new'} new base ['new', 1] ['new', 'Heir'] new new",
        "['new', 1] ['old', 0] ['new', 1] ['decorated', 'new', 1] ['new', ''] int",
        "['new', 1]",
        "True",
        "True",
        "{'_C__secret': 'secret', 'lazy': 'old'} old base ['old', 1] ['old', <class 'victim.Heir'>] old old",
        "['old', 1] ['old', 0] ['old', 1] ['decorated', 'old', 1] old int",
        "['old', 1]",
    ]


def test_decorators_of_the_replacement_that_would_be_left_out_are_refused(victim):
    """A wrapper with or without `__wrapped__` and a cache: where they are declared, and by name as they are applied."""
    victim.write("mine.py", "import functools\n@functools.lru_cache\ndef f(x, y=1): return ['new', x]\n")
    script = """
def passing(function): return functools.wraps(function)(lambda *arguments: ["mine", *function(*arguments)])
def bare(function): return lambda *arguments: ["mine", *function(*arguments)]
def f(x, y=1): return ["new", x, y]
for decorator in passing, bare, functools.lru_cache, lambda f: staticmethod(passing(f)):
    target = "victim:C.static" if type(decorator(f)) is staticmethod else "victim:f"
    call = backport(target, **FIELDS, id="ff")
    try: call(decorator(f))
    except backportkit.DeclarationError as error: print("without its decorators" in str(error))
declare("named", "f", "mine:f", required=False)
import victim, warnings
warnings.simplefilter("ignore")
backportkit.apply_all()
print("without its decorators" in state("named"), victim.f(1))
"""
    assert victim.run(START + script) == [*["True"] * 4, "True ['old', 1, 1]"]


def test_what_stands_around_a_replacement_as_upstreams_does_or_only_marks_it_is_taken(victim):
    """Static and class methods, properties and cached ones are looked into, and a decorator may mark the function."""
    script = """
def marked(function):
    function.mark = True
    return function
class C:
    @staticmethod
    @marked
    def static(x): return ["new", x]
    @property
    def size(self): return "new"
    @functools.cached_property
    def lazy(self): return "new"
for name, value in list(vars(C).items()):
    if not name.startswith("__"): declare(name, "C." + name, value)
backportkit.apply_all()
import victim
print(victim.C.static(1), victim.C().size, victim.C().lazy)
"""
    assert victim.run(START + script) == ["['new', 1] new new"]


# --- beside others ---


def test_wraps_of_ours_and_of_others_stand_above_and_undo_goes_in_any_order(victim):
    """The reason names somebody's wrapper; what is changed in place goes and comes beneath it."""
    script = """
import itertools, victim
def around(original): return functools.wraps(original)(lambda *args, **named: ["around", *original(*args, **named)])
declare("ff", "f", new)
declare("ww", "f", around, how="wrap")
original = victim.f
for order in itertools.permutations(("ff", "ww")):
    for names in itertools.permutations(("ff", "ww")):
        for name in order: backportkit.apply_all(only=[name])
        print(victim.f(1), state("ff"), state("ww"), sep=" | ")
        for name in names: backportkit.unpatch(name)
        assert victim.f is original and victim.f(1) == ["old", 1, 1]
def tracing(function): return lambda *arguments: ["traced", *function(*arguments)]
backportkit.apply_all(only=["ff"])
victim.f = tracing(victim.f)
print(victim.f(1), state("ff").replace(__file__, "FILE").replace("tracing.<locals>.", ""))
backportkit.unpatch("ff")
print(victim.f(1))
backportkit.apply_all(only=["ff"])
print(victim.f(1), victim.g(1))
"""
    both = """['around', 'new', 1, 2, "victim's"] | applied: in effect in victim | applied: in effect in victim"""
    beneath = "applied: in effect in victim, beneath <lambda>() of FILE:29 at 'f': where that calls it"
    done = victim.run(START + script)
    assert done[:4] == [both] * 4
    assert done[4:] == [
        f"""['traced', 'new', 1, 2, "victim's"] {beneath}""",
        "['traced', 'old', 1, 1]",
        """['traced', 'new', 1, 2, "victim's"] ['new', 1, 2, "victim's"]""",
    ]


def test_function_has_one_owner_by_whatever_name(victim):
    """A second patch in place, of the same target or of another name of the function, and a replacement are refused."""
    script = """
declare("ff", "f", new)
declare("gg", "g", new)
declare("again", "f", new)
declare("replaced", "f", new, how="replace")
declare("first", "other", new, how="replace")
declare("second", "other", new)
declare("getter", "C.size", lambda self: "new")
declare("same", "C.size.fget", lambda self: "new")
declare("whole", "C.size", property(lambda self: "new", lambda self, value: None), how="replace")
declare("setter", "C.size.fset", lambda self, value: None, how="replace")
import victim
backportkit.apply_all(only=["ff", "first", "getter", "setter"])
for name in ("gg", "again", "replaced", "second", "same", "whole"):
    print(name, fails(lambda: backportkit.apply_all(only=[name])).partition(";")[0])
print(victim.f(1)[0], victim.g(1)[0], victim.other(1)[0], victim.C().size)
backportkit.unpatch_all()
print(victim.f(1)[0], victim.g(1)[0], victim.other(1)[0], victim.C().size)
"""
    assert victim.run(START + script) == [
        "gg ConflictError: 'ff' has changed the same function, as victim:f",
        "again ConflictError: 'ff' has replaced the same target",
        "replaced ConflictError: 'ff' has replaced the same target",
        "second ConflictError: 'first' has replaced the same target",
        "same ConflictError: 'getter' has changed the same function, as victim:C.size",
        "whole ConflictError: 'getter' has replaced the same target",
        "new new new new",
        "old old other old",
    ]


def test_patch_that_supersedes_one_in_place_takes_its_place(victim):
    """In place or not, either way round; the other one does not come back."""
    script = """
import victim
def newer(x, y=3): return ["newer", x, y]
for number, (before, after) in enumerate([("in_place", "in_place"), ("in_place", "replace"), ("replace", "in_place")]):
    declare(f"old-{number}", "f", new, how=before)
    declare(f"new-{number}", "f", newer, how=after, supersedes=[f"old-{number}"])
    backportkit.apply_all(only=[f"old-{number}"])
    print(victim.f(1)[0], victim.HANDLERS[0](1)[0], end=" ")
    backportkit.apply_all(only=[f"new-{number}"])
    print(victim.f(1), victim.HANDLERS[0](1), state(f"old-{number}"), state(f"new-{number}").partition(":")[0])
    backportkit.unpatch_all()
    assert victim.f(1) == victim.HANDLERS[0](1) == ["old", 1, 1]
"""
    assert victim.run(START + script) == [
        "new new ['newer', 1, 3] ['newer', 1, 3] disabled: superseded by 'new-0' applied",
        "new new ['newer', 1, 3] ['old', 1, 1] disabled: superseded by 'new-1' applied",
        "new old ['newer', 1, 3] ['newer', 1, 3] disabled: superseded by 'new-2' applied",
    ]


def test_two_patches_of_one_fix_share_one_body(victim):
    """It is changed back when both are undone, in either order."""
    script = """
import victim
fix = "https://upstream.example/1"
def same(x, y=2): return ["new", x, y, LIMIT]
declare("one", "f", new, fixes=fix)
declare("two", "f", same, fixes=fix)
for order in (("one", "two"), ("two", "one")):
    backportkit.apply_all()
    print(victim.f(1), state("one").partition(":")[0], state("two").partition(":")[0])
    for name in order:
        backportkit.unpatch(name)
        print(victim.f(1)[0], state("one").partition(":")[0], state("two").partition(":")[0])
"""
    assert victim.run(START + script) == [
        """['new', 1, 2, "victim's"] applied applied""",
        "new reverted applied",
        "old reverted reverted",
        """['new', 1, 2, "victim's"] applied applied""",
        "new applied reverted",
        "old reverted reverted",
    ]


def test_another_name_of_a_function_that_is_replaced_keeps_its_own(victim):
    """`f` is replaced and `g`, which is the same function, changed in place: each has its own, in whatever order."""
    script = """
import itertools, victim
declare("ff", "f", lambda x, y=1: ["replaced", x, y], how="replace")
declare("gg", "g", new)
original = victim.f
for order in itertools.permutations(("ff", "gg")):
    for names in itertools.permutations(("ff", "gg")):
        for name in order: backportkit.apply_all(only=[name])
        print(victim.f(1)[0], victim.g(1)[0], backportkit.is_applied("ff"), backportkit.is_applied("gg"))
        for name in names: backportkit.unpatch(name)
        assert victim.f is original and victim.g is original and original(1) == ["old", 1, 1], (order, names)
"""
    assert victim.run(START + script) == ["replaced new True True"] * 4


def test_plain_patches_of_the_module_are_applied_beside_one_in_place(victim):
    """One of them is of the very function, and is refused; nothing of it is there, and the others are."""
    script = """
declare("ff", "f", new)
backportkit.apply_all()
import victim
declare("oo", "other", new, how="replace")
declare("plain", "f", new, how="replace")
declare("mm", "C.plain", lambda self: "new", how="replace")
print(fails(backportkit.apply_all).partition(";")[0])
print(victim.f is victim.g, victim.other(1)[0], victim.C().plain(), backportkit.is_applied("plain"))
backportkit.unpatch_all()
print(victim.f(1)[0], victim.other(1)[0], victim.C().plain())
"""
    assert victim.run(START + script) == [
        "ConflictError: 'ff' has replaced the same target",
        "True new new False",
        "old other old",
    ]


# --- what others do ---


def test_code_that_somebody_puts_on_top_is_a_conflict_that_says_what_runs(victim):
    """Undoing is refused while theirs is there, and works when it has gone; the original may be put back by others."""
    script = """
import victim
def theirs(x, y=7): return ["theirs", x, y]
original = victim.f.__code__, victim.f.__defaults__
declare("ff", "f", new)
backportkit.apply_all()
ours = victim.f.__code__, victim.f.__defaults__
def put(code, defaults): victim.f.__code__, victim.f.__defaults__ = code, defaults
put(theirs.__code__, theirs.__defaults__)
print(victim.f(1), state("ff").replace(__file__, "FILE"))
print(fails(backportkit.unpatch, "ff").replace(__file__, "FILE"), victim.f(1))
put(*ours)
print(state("ff"))
victim.f.__defaults__ = (9,)
print(victim.f(1), state("ff").partition(":")[0], fails(backportkit.unpatch, "ff").partition(";")[0])
put(*original)
print(state("ff"))
backportkit.unpatch("ff")
print(victim.f(1), state("ff"))
backportkit.apply_all()
print(victim.f(1), state("ff"))
"""
    on_top = "ConflictError: cannot be undone, since somebody patched on top of it"
    changed = "was applied, but the code at victim:f was changed in place: what runs is theirs() of FILE:19"
    assert victim.run(START + script) == [
        f"['theirs', 1, 7] conflict: {changed}",
        f"{on_top}; theirs is left as it is; theirs() of FILE:19 ['theirs', 1, 7]",
        "applied: in effect in victim; undoing it was refused before: call unpatch() again",
        f"""['new', 1, 9, "victim's"] conflict {on_top}""",
        "reverted: somebody has taken it out since undoing it was refused",
        "['old', 1, 1] reverted: taken out",
        """['new', 1, 2, "victim's"] applied: in effect in victim""",
    ]


def test_function_that_the_target_does_not_lead_to_any_more_is_not_in_effect(victim):
    """Its name was deleted, or something was put there that does not call it; undo changes the function back."""
    script = """
import victim
declare("ff", "f", new)
declare("gg", "other", new)
declare("ww", "other", lambda original: lambda x, y=1: original(x, y), how="wrap")
kept = victim.f, victim.other
backportkit.apply_all(only=["ff", "gg"])
del victim.f
victim.other = lambda x, y=1: "theirs"
print(state("ff"), state("gg"), sep="\\n")
victim.other = kept[1]
backportkit.apply_all(only=["ww"])
ours, victim.other = victim.other, lambda x, y=1: "theirs"
print(state("gg"))
victim.other = ours
print(kept[0](1)[0], kept[1](1)[0])
backportkit.unpatch_all()
print(kept[0](1)[0], kept[1](1)[0], state("ff"), state("gg"))
"""
    assert victim.run(START + script) == [
        "conflict: was applied, but nothing stands at victim:f now",
        "conflict: was applied, but something else stands at victim:other now",
        "conflict: was applied, but something else stands at victim:other now",
        "new new",
        "old other reverted: taken out reverted: taken out",
    ]


def test_body_that_runs_again_is_changed_again(victim):
    """Holders of the former function have the fix as well, until it is undone; nothing grows with the reloads."""
    script = """
import gc, importlib, victim
declare("ff", "f", new)
backportkit.apply_all()
former = victim.f
importlib.reload(victim)
print(former(1)[0], victim.f(1)[0], victim.f is former, state("ff"))
import weakref
dead = []
for _ in range(5):
    dead.append(weakref.ref(victim.f))
    importlib.reload(victim)
    gc.collect()
print(sum(one() is not None for one in dead[:-1]), former(1)[0], victim.f(1)[0])
del sys.modules["victim"]
import victim as anew
print(former(1)[0], anew.f(1)[0], state("ff"))
backportkit.unpatch("ff")
print(former(1)[0], victim.f(1)[0], anew.f(1)[0])
"""
    assert victim.run(START + script) == [
        "new new False applied: in effect in victim",
        "0 new new",
        "new new applied: in effect in victim",
        "old old old",
    ]


def test_original_is_asked_for_while_it_is_changed_in_place(victim):
    """A wrap that was written against upstream's body is applied above; what has drifted is refused."""
    script = """
import victim
from backportkit.source.fingerprint import of_installed
original = of_installed("victim", ["f"]).value
declare("ff", "f", new, original=original)
declare("gg", "other", new, original=original)
around = lambda original: lambda x, y=1: ["around", *original(x, y)]
declare("ww", "f", around, how="wrap", original=original)
backportkit.apply_all(only=["ff"])
backportkit.apply_all(only=["ww"])
print(victim.f(1), state("ff"), state("ww"))
backportkit.apply_all(only=["ff"])
print(fails(lambda: backportkit.apply_all(only=["gg"])).partition(";")[0], victim.other(1)[0])
"""
    assert victim.run(START + script) == [
        """['around', 'new', 1, 1, "victim's"] applied: in effect in victim applied: in effect in victim""",
        "DriftError: the installed body is not the one it was written against other",
    ]


# --- what is refused, and what fails ---


def test_owner_that_refuses_the_code_is_left_as_it_was(victim):
    """An audit hook raises as the second function is given its code: the first has its own again."""
    script = """
import victim
edits = [dict(target="victim:" + name, replacement=new, how="in_place") for name in ("f", "other")]
register(dict(id="both", requires="victim<2", summary="s", edits=edits))
def hook(event, arguments):
    if event == "object.__setattr__" and arguments[0] is victim.other and arguments[1] == "__code__" and refuses:
        raise RuntimeError("no")
refuses = True
sys.addaudithook(hook)
print(fails(backportkit.apply_all))
print(victim.f(1), victim.other(1), state("both").partition(":")[0])
refuses = False
backportkit.apply_all()
print(victim.f(1)[0], victim.other(1)[0])
refuses = True
said = fails(backportkit.unpatch, "both")
said = said.replace(": cannot be undone, since the target does not keep what it is given", "")
print(said, victim.f(1), victim.other(1), state("both").partition(":")[0])
refuses = False
backportkit.unpatch("both")
print(victim.f(1), victim.other(1))
"""
    assert victim.run(START + script) == [
        "TargetError: the target cannot be changed; RuntimeError: no",
        "['old', 1, 1] ['other', 1, 1] failed",
        "new new",
        """TargetError; RuntimeError: no ['old', 1, 1] ['new', 1, 2, "victim's"] conflict""",
        "['old', 1, 1] ['other', 1, 1]",
    ]


@pytest.mark.parametrize(
    ("old", "new", "calls"),
    [
        ("x", "x, y=1, z=2", "(0,)"),
        ("x, y=1, z=2", "x, y=1", "(0,), (0, 1)"),
        ("x, *, y=1", "x, *, y=2, z=3", "(0,)"),
        ("x, *, y=1, z=2", "x, *, y=3", "(0,)"),
        ("x=1, *, y=1", "x=1, *, z=2", "(0,), ()"),
    ],
)
def test_call_in_between_has_a_default_for_each_parameter(victim, old, new, calls):
    """Where defaults grow they are written before the code, and where they shrink behind it: no call ever fails."""
    script = f"""
import victim
exec("def changing({old}): return 'old'", vars(victim))
def hook(event, arguments):
    if event == "object.__setattr__" and arguments[0] is victim.changing:
        written.append(arguments[1])
        seen.update(victim.changing(*one) for one in [{calls}])
written, seen = [], set()
sys.addaudithook(hook)
def replacement({new}): return "new"
declare("cc", "changing", replacement, signature="change")
before = victim.changing.__defaults__, victim.changing.__kwdefaults__
for call in (backportkit.apply_all, backportkit.unpatch_all):
    call()
    seen.update(victim.changing(*one) for one in [{calls}])
print(sorted(seen), victim.changing.__defaults__ is before[0], victim.changing.__kwdefaults__ is before[1])
"""
    assert victim.run(START + script) == ["['new', 'old'] True True"]


def test_wraps_see_what_is_beneath_them_changed_in_place(victim):
    """Those that give back what they are given, and those that say what they wrap, of a method that calls `super()`."""
    script = """
import victim
def marking(original): return original
def around(original):
    @functools.wraps(original)
    def wrapper(*args): return f"<{original(*args)}>"
    return wrapper
@backport("victim:C", **FIELDS, id="place")
class C:
    def plain(self): return "new"
    def above(self): return "new " + super().name()
declare("marking", "C.plain", marking, how="wrap")
declare("around", "C.above", around, how="wrap")
declare("target", "decorated", around, how="wrap", namespace="target")
declare("inner", "decorated", lambda x: ["new", x])
held = victim.C.plain, victim.C.above
ids = ["place", "marking", "around", "target", "inner"]
for number in range(5):
    names = ids[number:] + ids[:number]
    for name in names:
        backportkit.apply_all(only=[name])
    found = victim.C().plain(), victim.C().above(), victim.decorated(1)
    states = {state(name) for name in names}
    backportkit.unpatch("place")
    backportkit.unpatch("inner")
    assert (victim.C().plain(), victim.C().above()) == ("old", "<old base>") and "old" in victim.decorated(1)
    assert found == ("new", "<new base>", "<['decorated', 'new', 1]>"), (names, found)
    backportkit.unpatch_all()
    assert held == (victim.C.plain, victim.C.above)
print(states)
"""
    assert victim.run(START + script) == ["{'applied: in effect in victim'}"]


def test_wrap_above_takes_what_the_original_takes(victim):
    """A parameter that the new body has more is nothing that a caller of the original knows."""
    script = """
import victim
class_form = dict(FIELDS, id="static")
@backport("victim:C", **class_form)
class C:
    @staticmethod
    def static(x, more=1): return ["new", x]
    @property
    def size(self, more=1): return "new"
declare("ff", "f", lambda x, y=1, more=2: ["new", x, y])
declare("ww", "f", lambda original: lambda x, y: original(x, y), how="wrap")
declare("around", "f", lambda original: lambda x, y=1: ["around", *original(x, y)], how="wrap")
declare("above", "C.static", lambda original: lambda x: ["around", *original(x)], how="wrap")
declare("sized", "C.size", lambda original: lambda self: ["around", original(self)], how="wrap")
backportkit.apply_all(only=["ff", "around", "static", "above", "sized"])
print(victim.f(1), victim.C.static(1), victim.C().size)
print(fails(lambda: backportkit.apply_all(only=["ww"])).partition(";")[0])
"""
    assert victim.run(START + script) == [
        "['around', 'new', 1, 1] ['around', 'new', 1] ['around', 'new']",
        "SignatureError: a caller of the original would fail",
    ]


def test_what_a_library_has_taken_is_changed_in_place(victim):
    """A validator of pydantic, which cannot be replaced, since the model has it since its class was made."""
    victim.write(
        "model.py",
        """
        from pydantic import BaseModel, field_validator
        class Model(BaseModel):
            x: int
            @field_validator("x")
            @classmethod
            def check(cls, x): return x
        """,
    )
    script = """
import model
def check(cls, x): return x + 1
edit = dict(target="model:Model.check", replacement=classmethod(check))
register(dict(FIELDS, id="check", **edit))
register(dict(FIELDS, id="replaced", **edit) | dict(how="replace"))
print(fails(lambda: backportkit.apply_all(only=["replaced"])).partition(";")[0])
backportkit.apply_all(only=["check"])
print(model.Model(x=1).x, state("check"))
backportkit.unpatch_all()
print(model.Model(x=1).x)
"""
    assert victim.run(START + script) == [
        "TargetError: the target cannot be changed",
        "2 applied: in effect in model",
        "1",
    ]


def test_declaration_in_data_reads_as_it_was_written(victim):
    """TOML and JSON say it as Python does; the globals are those of the target without being named."""
    victim.write("fixes.py", "def f(x, y=2): return ['new', x, y, LIMIT]\n")
    victim.write(
        "patches.json",
        '{"patch": [{"id": "ff", "summary": "s", "requires": "victim<2", "target": "victim:f", "how": "in_place", '
        '"replacement": "fixes:f"}]}',
    )
    script = """
from pathlib import Path
patch, = backportkit.load(Path(__file__).with_name("patches.json"))
print(patch.edits[0].namespace, backportkit.Patch.model_validate_json(patch.model_dump_json()) == patch)
backportkit.apply_all()
import victim
print(victim.part())
"""
    assert victim.run(START + script) == ["target True", """['new', 1, 2, "victim's"]"""]


def test_edits_in_place_and_others_of_one_patch_are_made_all_or_none(victim):
    """One that is refused takes those back that were made, also the code."""
    script = """
import victim
edits = [
    dict(target="victim:f", replacement=new, how="in_place"),
    dict(target="victim:other", replacement=new),
    dict(target="victim:LIMIT", value="changed"),
    dict(target="victim:C.plain", replacement=lambda self: "new", how="in_place"),
]
fields = dict(requires="victim<2", summary="s", aliases="keep")
refused = dict(target="victim:C.static", replacement=lambda x, y: 1, how="in_place")
register(dict(fields, id="all", edits=edits))
register(dict(fields, id="none", edits=[*edits, refused]))
def use(): return victim.f(1), victim.other(1)[0], victim.LIMIT, victim.C().plain()
print(fails(lambda: backportkit.apply_all(only=["none"])).partition(";")[0], use())
backportkit.apply_all(only=["all"])
print(use(), state("all"))
backportkit.unpatch("all")
print(use())
"""
    old = """(['old', 1, 1], 'other', "victim's", 'old')"""
    assert victim.run(START + script) == [
        f"SignatureError: a caller of the original would fail {old}",
        "(['new', 1, 2, 'changed'], 'new', 'changed', 'new') applied: in effect in victim",
        old,
    ]


def test_signal_handler_that_undoes_finds_one_body_or_the_other(victim):
    """Wherever it comes while the code is changed or changed back, the function is upstream's in the end."""
    script = """
import victim
declare("ff", "f", lambda x, y=2, z=3, *, more=4: ["new", x, y])
original = victim.f.__code__, victim.f.__defaults__, victim.f.__kwdefaults__
def called_at(number, act):
    left = [number]
    def profile(frame, event, argument):
        if event == "c_return" and frame.f_code.co_filename.endswith(("code_place.py", "journal.py")):
            left[0] -= 1
            if left[0] == 0:
                sys.setprofile(None)
                backportkit.unpatch_all()
                seen.add(victim.f(1)[0])
    sys.setprofile(profile)
    try: act()
    finally: sys.setprofile(None)
    return left[0] > 0
seen = set()
for act in (backportkit.apply_all, backportkit.unpatch_all):
    number = 1
    while True:
        if act is backportkit.unpatch_all: backportkit.apply_all()
        if called_at(number, act): break
        backportkit.unpatch_all()
        now = victim.f.__code__, victim.f.__defaults__, victim.f.__kwdefaults__
        assert all(map(lambda one, other: one is other, now, original)), (act, number, now)
        number += 1
    print(number > 5, seen)
    backportkit.unpatch_all()
"""
    assert victim.run(START + script) == ["True {'old'}"] * 2


def test_module_that_has_gone_is_left_alone(victim):
    """Holders of the function have the fix, which undo takes back; a function that has gone costs nothing."""
    script = """
import gc, victim
declare("ff", "f", new)
declare("oo", "other", new)
backportkit.apply_all()
kept = victim.f
del sys.modules["victim"], victim
gc.collect()
print(kept(1)[0], state("ff"))
import victim
print(kept(1)[0], victim.f(1)[0], victim.f is kept)
backportkit.unpatch_all()
print(kept(1)[0], victim.f(1)[0], state("oo"))
"""
    assert victim.run(START + script) == [
        "new waiting: victim is not imported yet",
        "new new False",
        "old old reverted: taken out",
    ]


def test_function_that_no_decorator_names_is_refused(victim):
    """Nobody can tell which of two functions upstream wrote; one that says to wrap itself is itself."""
    victim.write(
        "ambiguous.py",
        """
        def either(one, other): return lambda x: one(x)
        def g(x): return x
        f = either(g, g)
        g.__wrapped__ = g
        """,
    )
    script = """
import ambiguous
register(dict(FIELDS, id="gg", target="ambiguous:g", replacement=lambda x: "new"))
backportkit.apply_all()
print(ambiguous.g("old"))
backportkit.unpatch_all()
register(dict(FIELDS, id="ff", target="ambiguous:f", replacement=lambda x: "new"))
print(fails(lambda: backportkit.apply_all(only=["ff"])).partition("; it has")[0], ambiguous.f("old"))
"""
    refused = "ReplacementError: the code of __main__:<lambda> cannot take the place of the target's"
    assert victim.run(START + script) == ["new", f"{refused} old"]


def test_equal_code_and_defaults_are_ours(victim):
    """Equal code, defaults or keyword defaults that somebody writes are ours still; the undo gives back upstream's."""
    script = """
def new(x, y=(1,), *, k=None): return ["new", x, y, k]
declare("ff", "f", new)
backportkit.apply_all()
import victim
f = victim.f
f.__code__, f.__defaults__, f.__kwdefaults__ = f.__code__.replace(), tuple(list(f.__defaults__)), dict(f.__kwdefaults__)
print(state("ff"))
backportkit.unpatch("ff")
print(f(1), f.__kwdefaults__)
"""
    assert victim.run(START + script) == ["applied: in effect in victim", "['old', 1, 1] None"]


def test_reason_says_what_was_changed(victim):
    """Defaults of another value, number or type, an array, and an item within the keyword defaults are told apart."""
    script = """
class Array:
    def __eq__(self, other): raise ValueError("ambiguous")
def new(x, y=1, *, k=Array()): return ["new", x, y, k]
declare("ff", "f", new)
backportkit.apply_all()
import victim
f = victim.f
def see(name, value):
    before = getattr(f, name)
    setattr(f, name, value)
    print(state("ff").partition("but ")[2].partition(": ")[0])
    setattr(f, name, before)
for defaults in (2,), (True,), (1, 2): see("__defaults__", defaults)
for keywords in {"k": Array()}, {"k": 1}, {}: see("__kwdefaults__", keywords)
see("__code__", (lambda *arguments: 1).__code__)
before, f.__kwdefaults__["k"] = f.__kwdefaults__["k"], 100
print(state("ff"))
f.__kwdefaults__["k"] = before
print(state("ff"))
"""
    defaults, keywords = (
        "the defaults at victim:f were changed in place",
        "the keyword defaults at victim:f were changed in place",
    )
    assert victim.run(START + script) == [
        *[defaults] * 3,
        *[keywords] * 3,
        "the code at victim:f was changed in place",
        f"conflict: was applied, but {keywords}",
        "applied: in effect in victim",
    ]
