"""A call that is interrupted leaves nothing half done: the next one finishes it or takes it back."""

from __future__ import annotations

import pytest

START = """
import sys, types
import backportkit
from backportkit import register

module = sys.modules["victim"] = types.ModuleType("victim")
user = sys.modules["user"] = types.ModuleType("user")
exec("def f(): return 'old'\\ndef g(): return 'old'", vars(module))
user.f, user.g = module.f, module.g
first = dict(f=module.f, g=module.g)

FIELDS = {"summary": "s", "requires": "python<4"}
def declare(id_, target, **fields):
    register({"id": id_, "target": f"victim:{target}"} | FIELDS | fields)
def states():
    return " ".join(f"{s.id}={s.state}" for s in backportkit.status() if s.provider == "__main__")
def reason(id_):
    return next(s.reason for s in backportkit.status() if s.id == id_)
def new(): return "new"

interrupts = 1
def interrupt(*args):
    global interrupts
    if interrupts:
        interrupts -= 1
        raise KeyboardInterrupt
def interrupted(call, *args):
    try: call(*args)
    except KeyboardInterrupt: return True
    return False
def is_original():
    return [each is first[name] for each, name in ((module.f, "f"), (module.g, "g"), (user.f, "f"), (user.g, "g"))]
def is_new():
    return [each() for each in (module.f, module.g, user.f, user.g)] == ["new"] * 4

class Key(str):
    "A key that is interrupted when it is compared with another of the same hash."
    armed = False
    def __hash__(self): return 1
    def __eq__(self, other):
        if Key.armed: interrupt()
        return str.__eq__(self, other)
class Mapping(dict):
    "A mapping that is interrupted once it has written, or deleted."
    armed = False
    def __setitem__(self, key, value):
        dict.__setitem__(self, key, value)
        if Mapping.armed: interrupt()
    def __delitem__(self, key):
        dict.__delitem__(self, key)
        if Mapping.armed: interrupt()
"""

# A key that the target's name is compared with.
NEAR = """
class Near(str):
    "A key with the hash of `f`, which look-ups of that compare; it raises at some of these comparisons."
    comparisons, raising, error = 0, (), KeyboardInterrupt
    def __hash__(self): return hash("f")
    def __eq__(self, other):
        Near.comparisons += 1
        if Near.comparisons in Near.raising: raise Near.error
        return False
def raise_at(*numbers):
    "Begin to count comparisons, of which those with these numbers raise."
    Near.comparisons, Near.raising = 0, numbers
del module.f
vars(module)[Near("near")] = 1
module.f = first["f"]
"""

# What is declared beside the patch of f, and interrupted as it is applied or undone. All patch g, too.
APPLYING = {
    "a wrapper": """
def wrapper(original):
    interrupt()
    return new
declare("p-2", "g", how="wrap", replacement=wrapper)
""",
    "before_apply": """
declare("p-2", "g", replacement=new, callbacks={"before_apply": interrupt})
""",
    "after_apply": """
declare("p-2", "g", replacement=new, callbacks={"after_apply": interrupt})
""",
    "the write of a second edit": """
module.TABLE, Mapping.armed = Mapping(item=1), True
edits = [dict(target="victim:g", replacement=new), dict(target="victim:TABLE['item']", value=2)]
register({"id": "p-2", "edits": edits} | FIELDS)
""",
    "an added item": """
module.TABLE, Mapping.armed = Mapping(), True
edits = [dict(target="victim:g", replacement=new), dict(target="victim:TABLE['item']", how="add", value=2)]
register({"id": "p-2", "edits": edits} | FIELDS)
""",
    "a copy in a dictionary": """
user.TABLE = {Key("f"): module.f, Key("g"): module.g, "other": 1}
Key.armed = True
declare("p-2", "g", replacement=new)
""",
    "a copy in a mapping": """
user.TABLE = Mapping(f=module.f, g=module.g)
Mapping.armed = True
declare("p-2", "g", replacement=new)
""",
}


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("declaration", APPLYING.values(), ids=APPLYING)
def test_next_call_finishes_what_applying_has_left(world, declaration, times):
    """Interrupted once or twice, `apply_all` puts in everything the next time, and all of it can be undone."""
    script = f"""
declare("p-1", "f", replacement=new)
{declaration}
interrupts = {times}
while interrupted(backportkit.apply_all):
    armed, Key.armed = Key.armed, False
    print(backportkit.is_applied("p-2") == (module.g() == "new"))
    Key.armed = armed
print(is_new(), states())
backportkit.unpatch_all()
print(is_original(), states(), vars(module).get("TABLE", 0), vars(user).get("TABLE") in (None, TABLE))
"""
    before = "\nTABLE = vars(user)['TABLE'].copy() if 'TABLE' in vars(user) else None\n"
    *interrupts, applied, undone = world.run(START + script.replace("interrupts = ", f"{before}interrupts = ", 1))
    assert set(interrupts) == {"True"}
    assert applied == "True p-1=applied p-2=applied"
    assert undone.startswith("[True, True, True, True] p-1=reverted p-2=reverted")
    assert undone.endswith("True")


@pytest.mark.parametrize("declaration", APPLYING.values(), ids=APPLYING)
def test_undoing_takes_back_what_applying_has_left(world, declaration):
    """Interrupted while it applies, everything is the original again once it is undone."""
    script = f"""
declare("p-1", "f", replacement=new)
{declaration}
print(interrupted(backportkit.apply_all))
backportkit.unpatch_all()
print(is_original(), states())
"""
    assert world.run(START + script) == ["True", "[True, True, True, True] p-1=reverted p-2=reverted"]


UNDOING = {
    "before_undo": """
declare("p-2", "g", replacement=new, callbacks={"before_undo": interrupt})
declare("p-1", "f", replacement=new)
""",
    "after_undo": """
declare("p-2", "g", replacement=new, callbacks={"after_undo": interrupt})
declare("p-1", "f", replacement=new)
""",
    "the write of an edit": """
module.TABLE = Mapping(item=1)
edits = [dict(target="victim:TABLE['item']", value=2), dict(target="victim:g", replacement=new)]
register({"id": "p-2", "edits": edits} | FIELDS)
declare("p-1", "f", replacement=new)
""",
    "the deletion of an item": """
module.TABLE = Mapping()
edits = [dict(target="victim:TABLE['item']", how="add", value=2), dict(target="victim:g", replacement=new)]
register({"id": "p-2", "edits": edits} | FIELDS)
declare("p-1", "f", replacement=new)
""",
    "a copy in a dictionary": """
user.TABLE = {Key("f"): module.f, Key("g"): module.g, "other": 1}
declare("p-1", "f", replacement=new)
declare("p-2", "g", replacement=new)
""",
    "a copy in a mapping": """
user.TABLE = Mapping(f=module.f, g=module.g)
declare("p-1", "f", replacement=new)
declare("p-2", "g", replacement=new)
""",
    "a wrapper that is made anew": """
calls = []
def wrapper(original):
    calls.append(original)
    if len(calls) > 2: interrupt()
    return lambda: original()
declare("p-3", "g", how="wrap", replacement=wrapper)
declare("p-2", "g", replacement=new)
declare("p-1", "f", replacement=new)
""",
}


@pytest.mark.parametrize("then", ["unpatch_all", "apply_all"])
@pytest.mark.parametrize("declaration", UNDOING.values(), ids=UNDOING)
def test_next_call_finishes_what_undoing_has_left(world, declaration, then):
    """Interrupted while it undoes, everything is the original after the next undo and patched after an apply."""
    script = f"""
{declaration}
backportkit.apply_all()
print(is_new())
Key.armed = Mapping.armed = True
print(interrupted(backportkit.unpatch_all))
lies = [s.id for s in backportkit.status() if s.provider == "__main__" and s.state == "applied" and not is_new()]
backportkit.{then}()
print(is_new() if {then!r} == "apply_all" else is_original())
backportkit.unpatch_all()
print(is_original(), {{str(s.state) for s in backportkit.status() if s.provider == "__main__"}})
if hasattr(module, "TABLE"): print(module.TABLE)
if hasattr(user, "TABLE"): print([*user.TABLE.values()][:2] == [*first.values()])
"""
    lines = world.run(START + script)
    done = "True" if then == "apply_all" else "[True, True, True, True]"
    assert lines[:4] == ["True", "True", done, "[True, True, True, True] {'reverted'}"]
    assert lines[4:] in ([], ["{'item': 1}"], ["{}"], ["True"])


def test_interrupted_patch_says_so_and_what_to_do(world):
    """The state of a patch that was interrupted is no success, and its reason names the next step."""
    script = """
module.TABLE, Mapping.armed = Mapping(item=1), True
edits = [dict(target="victim:TABLE['item']", value=2), dict(target="victim:g", replacement=new)]
register({"id": "p-1", "edits": edits} | FIELDS)
print(interrupted(backportkit.apply_all), module.TABLE, states(), reason("p-1"))
backportkit.apply_all()
interrupts = 1
print(interrupted(backportkit.unpatch, "p-1"), module.TABLE, module.g(), states(), reason("p-1"))
backportkit.unpatch("p-1")
print(module.TABLE, states())
"""
    assert world.run(START + script) == [
        "True {'item': 1} p-1=failed applying it was interrupted by KeyboardInterrupt(): call apply_all() again",
        "True {'item': 2} old p-1=conflict taking it out is under way, or was interrupted: call unpatch() again",
        "{'item': 1} p-1=reverted",
    ]


def test_interrupted_patch_of_plain_functions_says_so(world):
    """A patch of plain functions says that it was interrupted, at whatever look-up of its target, unless it is in."""
    script = """
declare("p-1", "f", replacement=new)
seen, number = {}, 1
raise_at(1)
while interrupted(backportkit.apply_all):
    seen[states(), reason("p-1")] = module.f()
    backportkit.unpatch_all()
    number += 1
    raise_at(number)
raise_at()
for (state, why), called in seen.items(): print(state, why, called, sep="; ")
print(module.f(), states())
"""
    assert world.run(START + NEAR + script) == [
        "p-1=failed; victim was imported past our finder: call apply_all() again; old",
        "p-1=failed; applying it was interrupted by KeyboardInterrupt(): call apply_all() again; old",
        "p-1=applied; in effect in victim; new",
        "new p-1=applied",
    ]


@pytest.mark.parametrize(
    ("base", "refusal", "end"),
    [
        ("dict", "RuntimeError", " old 1"),
        ("collections.UserDict", "RuntimeError", " old 2"),
        ("dict", "KeyboardInterrupt", "closed old 2"),
    ],
)
def test_all_is_put_back_although_one_owner_refuses(world, base, refusal, end):
    """An owner that takes nothing back does not keep the other edits of an interrupted patch in place."""
    script = f"""
import collections
class Closing({base}):
    def __setitem__(self, key, value):
        if vars(self).get("closed"): raise {refusal}("closed")
        self.closed = True
        super().__setitem__(key, value)
module.LAST, module.MIDDLE = Mapping(item=1), Closing()
dict.update(getattr(module.MIDDLE, "data", module.MIDDLE), item=1)
Mapping.armed = True
edits = [dict(target="victim:g", replacement=new), dict(target="victim:MIDDLE['item']", value=2)]
edits += [dict(target="victim:LAST['item']", value=2)]
register({{"id": "p-1", "edits": edits}} | FIELDS)
try: backportkit.apply_all()
except KeyboardInterrupt as error: print(error, end=" ")
print(module.g(), module.MIDDLE["item"], module.LAST)
"""
    assert world.run(START + script) == [f"{end} {{'item': 1}}"]


def test_class_whose_metaclass_takes_nothing_back(world):
    """A metaclass that takes nothing any more is passed over, and all edits of an interrupted patch are undone."""
    script = """
class Closing(type):
    def __setattr__(cls, name, value):
        if "closed" in vars(cls): raise RuntimeError("closed")
        type.__setattr__(cls, name, value)
        type.__setattr__(cls, "closed", True)
class C(metaclass=Closing):
    def m(self): return "old"
module.C, C.__module__ = C, "victim"
module.LAST, Mapping.armed = Mapping(item=1), True
edits = [dict(target="victim:g", replacement=new), dict(target="victim:C.m", replacement=lambda self: "new")]
edits += [dict(target="victim:LAST['item']", value=2)]
register({"id": "p-1", "edits": edits} | FIELDS)
try: backportkit.apply_all()
except KeyboardInterrupt: print(module.g(), C().m(), module.LAST)
"""
    assert world.run(START + script) == ["old old {'item': 1}"]


@pytest.mark.parametrize(
    ("error", "others"),
    [
        ("KeyboardInterrupt", [(), (1,), (1, 2), (2,)]),
        ("ValueError", [(), (1,), (2,), (3,), (2, 3), (2, 4), (1, 2, 3)]),
    ],
)
def test_wrapped_function_whose_look_ups_raise(world, error, others):
    """After look-ups of a target have raised while it was patched, the next undo brings back the original."""
    script = f"""
Near.error = {error}
declare("p-1", "f", how="wrap", replacement=lambda original: new)
def raises(*numbers):
    raise_at(*numbers)
    try: backportkit.apply_all()
    except (KeyboardInterrupt, backportkit.BackportError): return True
    return Near.comparisons > numbers[0]
for after in {others}:
    number = 1
    while raises(number, *(number + each for each in after)):
        raise_at()
        backportkit.unpatch_all()
        assert module.f is first["f"], (after, number)
        number += 1
    raise_at()
    backportkit.unpatch_all()
    print(module.f is first["f"], states(), number > 4)
"""
    done = world.start(START + NEAR + script)
    assert done.stdout.splitlines() == ["True p-1=reverted True"] * len(others), done.stderr


@pytest.mark.parametrize("then", ["unpatch_all", "apply_all"])
def test_undoing_plain_functions_is_interrupted(world, then):
    """Interrupted at any look-up of a target while many are undone, all are the original or patched after a call."""
    script = f"""
declare("p-1", "f", replacement=new)
declare("p-2", "g", replacement=new)
backportkit.apply_all()
number = 1
raise_at(1)
while interrupted(backportkit.unpatch_all):
    raise_at()
    backportkit.{then}()
    assert {then!r} == "apply_all" and is_new() or {then!r} != "apply_all" and all(is_original()), number
    backportkit.apply_all()
    number += 1
    raise_at(number)
raise_at()
print(is_original(), states(), number > 2)
"""
    assert world.run(START + NEAR + script) == ["[True, True, True, True] p-1=reverted p-2=reverted True"]


def test_interrupted_at_every_call(world):
    """Interrupted wherever a function of the journal starts, all is patched after the next call, and undone at last."""
    script = """
module.TABLE = Mapping(item=1)
edits = [dict(target="victim:g", how="wrap", replacement=lambda original: new)]
edits += [dict(target="victim:TABLE['item']", value=2), dict(target="victim:f", replacement=new)]
register({"id": "p-1", "edits": edits} | FIELDS)
left = 0
def profile(frame, event, _):
    global left
    if event == "call" and "journal.py" in frame.f_code.co_filename:
        left -= 1
        if left == 0: raise KeyboardInterrupt
def apply():
    sys.setprofile(profile)
    try: backportkit.apply_all()
    finally: sys.setprofile(None)
number = left = 1
while interrupted(apply):
    if number % 2: backportkit.apply_all()
    assert number % 2 == 0 or (is_new(), module.TABLE) == (True, {"item": 2}), number
    backportkit.unpatch_all()
    assert (all(is_original()), module.TABLE) == (True, {"item": 1}), number
    number = left = number + 1
print(number > 20)
"""
    assert world.start(START + script).stdout == "True\n"


def test_import_that_is_interrupted_is_patched_the_next_time(world):
    """A wrapper that is interrupted as its target is imported: the next import patches it, and all copies."""
    world.write("late.py", "def f(): return 'old'\nimport late_user\n")
    world.write("late_user.py", "from late import f\n")
    script = """
def wrapper(original):
    interrupt()
    return lambda: "new"
register({"id": "p-1", "target": "late:f", "how": "wrap", "replacement": wrapper} | FIELDS)
backportkit.apply_all()
print(interrupted(__import__, "late"), "late" in sys.modules)
import late, late_user
print(late.f(), states())
backportkit.unpatch_all()
print(late.f(), late_user.f())
"""
    assert world.run(START + script) == ["True False", "new p-1=applied", "old old"]


def test_copies_that_an_interrupted_import_has_left_are_bound_by_the_next_call(world):
    """Copies are bound by the next call where binding them was interrupted as their target was imported."""
    world.write("late.py", "def f(): return 'old'\nimport late_user\n")
    keys = "TABLE = {Key('e'): 1, Key('f'): f}\nKey.armed = True\n"
    world.write("late_user.py", f"from __main__ import Key\nfrom late import f\n{keys}")
    script = """
register({"id": "p-1", "target": "late:f", "replacement": new} | FIELDS)
backportkit.apply_all()
print(interrupted(__import__, "late"), "late" in sys.modules)
import late_user
Key.armed = False
backportkit.apply_all()
print(late_user.f())
backportkit.unpatch_all()
print(late_user.f(), [*late_user.TABLE.values()][-1]())
"""
    assert world.run(START + script) == ["True False", "new", "old old"]
