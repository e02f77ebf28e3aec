"""After patches, undos, reloads and patches by other code in any order, each dictionary is what a model says.

The default run takes a few hundred steps, always the same ones. For the ten thousand, chosen at random:

    BACKPORTKIT_TEST_STEPS=10000 pytest tests/targets/test_machine.py
"""

from __future__ import annotations

import inspect
import os
import sys
from types import ModuleType

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from backportkit import Patch, Target
from backportkit.declaration.registry import Declared
from backportkit.engine import again
from backportkit.engine.in_effect import holds
from backportkit.engine.module_patch import ModulePatch
from backportkit.engine.outcome import WAITING
from backportkit.errors import ConflictError, TargetError
from backportkit.layers import aliases, resolve
from backportkit.layers.ledger import Ledger
from backportkit.layers.place import MISSING, dictionary_of

pytestmark = pytest.mark.usefixtures("apart")

STEPS = int(os.environ.get("BACKPORTKIT_TEST_STEPS", "600"))
STEPS_EACH = 50

VICTIM = """
import abc, enum, functools

def f(*args): return ("f",)
async def coroutine(*args): return ("coroutine",)
def generator(*args): yield "generator"
async def async_generator(*args): yield "async_generator"
partial = functools.partial(lambda *args: ("partial",), 1)
@functools.lru_cache(maxsize=7)
def cached(*args): return ("cached",)
@functools.singledispatch
def generic(*args): return ("generic",)
@generic.register
def _(text: str): return ("text",)
CONSTANT = ["constant"]
REGISTRY = {"first": None, "item": lambda *args: ("item",), "last": None}

NESTED = {"deep": [None, lambda *args: ("nested",), None], "other": 1}

class Called:
    def __call__(self, *args): return ("shared",)

class Owner:
    __slots__ = ("slot", "__dict__", "__weakref__")
    shared = Called()
    def __init__(self):
        self.first, self.attribute, self.inner = None, lambda *args: ("attribute",), [Called()]
        self.inner[0].deepest = lambda *args: ("deepest",)
    def __setattr__(self, name, value): vars(self).setdefault(name, value)

instance = Owner()

class Described:
    def __get__(self, instance, owner): return lambda *args: ("described",)
    def __call__(self, *args): return ("described",)

class Meta(type):
    def of_metaclass(cls): return ("of_metaclass",)

class Base(metaclass=Meta):
    def inherited(self): return ("inherited",)

class C(Base):
    def method(self): return ("method",)
    @staticmethod
    def static(*args): return ("static",)
    @classmethod
    def of_class(cls): return ("of_class",)
    @property
    def prop(self): return ("prop",)
    @prop.setter
    def prop(self, value): value.append("prop")
    @functools.cached_property
    def lazy(self): return ("lazy",)
    described = Described()
    class Nested:
        def deep(self): return ("deep",)

class Slotted:
    __slots__ = ("slot",)

class Colour(enum.Enum):
    RED = 1
    def describe(self): return ("describe",)

class Abstract(abc.ABC):
    @abc.abstractmethod
    def abstract(self): return ("abstract",)

class StillAbstract(Abstract):
    pass

alias = f
HELD = {"f": f}
class Holder:
    held = f
"""


# How to use what stands at each target, so that every object on the way says its name.
USES = {
    "f": lambda m: m.f(),
    "coroutine": lambda m: m.coroutine(),
    "generator": lambda m: m.generator(),
    "async_generator": lambda m: m.async_generator(),
    "partial": lambda m: m.partial(),
    "cached": lambda m: m.cached(),
    "generic": lambda m: m.generic(1),
    "CONSTANT": lambda m: tuple(m.CONSTANT),
    "REGISTRY['item']": lambda m: m.REGISTRY["item"](),
    "C.method": lambda m: m.C().method(),
    "C.static": lambda m: m.C.static(),
    "C.of_class": lambda m: m.C.of_class(),
    "C.inherited": lambda m: m.C().inherited(),
    "C.lazy": lambda m: m.C().lazy,
    "C.described": lambda m: m.C().described(),
    "C.Nested.deep": lambda m: m.C.Nested().deep(),
    "C.added": lambda m: m.C().added(),
    "Meta.of_metaclass": lambda m: m.C.of_metaclass(),
    "Colour.describe": lambda m: m.Colour.RED.describe(),
    "Abstract.abstract": lambda m: m.Abstract.abstract(None),
    "C.prop": lambda m: m.C().prop,
    "Slotted.slot": lambda m: m.Slotted().slot,
    "NESTED['deep'][1]": lambda m: m.NESTED["deep"][1](),
    "instance.attribute": lambda m: m.instance.attribute(),
    "instance.shared": lambda m: m.instance.shared(),
    "instance.inner[0].deepest": lambda m: m.instance.inner[0].deepest(),
}
ITEMS = {"REGISTRY['item']": "item", "NESTED['deep'][1]": "nested"}  # what their originals say
CLASSES = (
    *("Owner", "Called", "Described", "Meta", "Base", "C", "C.Nested", "Slotted", "Colour", "Abstract"),
    *("StillAbstract", "Holder"),
)
EMPTY = {"C.inherited", "C.added", "instance.shared"}  # nothing of their own stands there
# What is no function of the module's own, and one whose cache keeps what was called before.
NO_FUNCTIONS = EMPTY | {"CONSTANT", "Slotted.slot", "C.described", "partial", "cached"}


def trace(value):
    """Run the result of a call to its end, and return the names of all functions that have run."""
    if inspect.isasyncgen(value):
        return trace(run(value.__anext__()))
    if inspect.iscoroutine(value):
        return trace(run(value))
    return tuple(value) if not isinstance(value, str) else (value,)


def run(awaitable):
    try:
        awaitable.__await__().send(None) if not inspect.iscoroutine(awaitable) else awaitable.send(None)
    except StopIteration as stop:
        return stop.value


def replacement(name):
    return lambda *args: (name,)


def wrapper(name):
    def wrap(original):
        def function(*args):
            return (name, *trace(original(*args)))

        return function

    return wrap


def in_place(where, name):
    """A function of the kind that is there, which has no variables of what is around it."""

    async def coroutine(*args, name=name):
        return (name,)

    def generator(*args, name=name):
        yield name

    async def async_generator(*args, name=name):
        yield name

    kinds = {"coroutine": coroutine, "generator": generator, "async_generator": async_generator}
    return kinds.get(where, lambda *args, name=name: (name,))


def whole_property(name):
    return property(replacement(name), replacement(name))


def edit_of(where, name):
    """Make an edit of the patch `name` at a target; the name tells its kind."""
    edit = {"target": f"victim_of_machine:{where}", "signature": "change"}  # some are asynchronous
    if name.startswith("wrap"):
        return edit | {"how": "wrap", "replacement": wrapper(name)}
    if name.startswith("in-place"):
        return edit | {"how": "in_place", "replacement": in_place(where, name)}
    if where == "CONSTANT":
        return {"target": edit["target"], "value": [name]}
    if where == "C.added":
        return edit | {"how": "add", "replacement": replacement(name)}
    make = whole_property if where in {"C.prop", "Slotted.slot"} else replacement
    return edit | {"replacement": make(name)}


def patch_of(id_, edits):
    fields = {"id": id_, "summary": "a patch of the machine", "requires": "pytest>=1,<999"}
    return Patch.model_validate(fields | {"edits": edits})


def catalogue():
    """Two patches of each target that replace, wrap and change in place, patches of parts, and one of several edits."""
    found = []
    for number, where in enumerate(USES):
        kinds = ["replace-1", "replace-2", "wrap-1", "wrap-2"]
        if where in {"CONSTANT", "Slotted.slot", "C.described", "C.added"}:
            kinds = kinds[:2]
        if where not in NO_FUNCTIONS:
            kinds += ["in-place-1", "in-place-2"]
        found += [patch_of(f"{kind}-{number}", [edit_of(where, f"{kind}-{number}")]) for kind in kinds]
    for part in ("fget", "fset"):
        for kind in ("replace", "wrap"):
            name = f"{kind}-{part}"
            found.append(patch_of(name, [edit_of(f"C.prop.{part}", name)]))
    several = ("f", "C.method", "C.prop.fget", "C.prop.fset", "C.added", "Colour.describe")
    found.append(patch_of("several", [edit_of(where, "several") for where in several]))
    return {patch.id: patch for patch in found}


PATCHES = catalogue()


class Entry:
    """One object of a stack in the model: the original, a foreign one, or that of a patch (then `obj` is unknown)."""

    def __init__(self, name, obj=None, claim=None, rank=None):
        self.name, self.obj, self.claim, self.rank = name, obj, claim, rank

    def overlaps(self, other):
        if self.claim is None or other.claim is None or "wraps" in (self.claim + other.claim):
            return False
        return self.claim == other.claim or "whole" in (self.claim, other.claim)


class Slot:
    """A place and the stack that the model says is there.

    `ghosts` are ours that a stranger took out by putting back the original. Until the ledger has acted on the place it
    does not know, and takes whatever a stranger puts there next to stand on top of them. `changed` is the patch
    that has changed the original in place.
    """

    def __init__(self, where, place):
        self.where, self.place = where, place
        self.owner = place.owner  # kept alive
        self.stack = [Entry("original", place.read())]
        self.ghosts = []
        self.changed = None

    def has(self, patch_id):
        return any(entry.claim and entry.name == patch_id for entry in self.stack)

    def movable(self):
        """Return where the part of the stack begins that has no foreign object on top."""
        return max(number for number, entry in enumerate(self.stack) if entry.claim is None) + 1

    def covered(self, patch_id):
        return any(entry.claim and entry.name == patch_id for entry in self.stack[: self.movable()])

    def leads_to_original(self):
        """Tell whether no stranger's object stands there, or the original above it."""
        foreign = [entry.name for entry in self.stack[1:] if entry.claim is None]
        return foreign[-1:] in ([], ["original again"])

    def stands_on_original(self):
        """Tell whether a stranger's object is not the lowest of all that were put there."""
        return len(self.stack) == 1 or self.stack[1].claim is not None or self.stack[1].name == "original again"

    def expected_trace(self):
        names = []
        for entry in reversed(self.stack):
            if entry.claim in {"fset", "wraps fset"}:
                continue
            if entry.name == "original" and self.changed:
                return (*names, self.changed)
            if entry.name == "original":
                return (*names, ITEMS.get(self.where, self.where.rpartition(".")[2]).lower())
            names.append(entry.name)
            if not entry.name.startswith("wrap"):
                return tuple(names)
        raise AssertionError


class Machine(RuleBasedStateMachine):
    """The engine's patches beside a model of them."""

    def __init__(self):
        super().__init__()
        self.module = ModuleType("victim_of_machine")
        self.other = ModuleType("caller_of_machine")
        sys.modules[self.module.__name__] = self.module
        self.ledger = Ledger()
        self.patches = {
            id_: ModulePatch(Declared(patch, "tests", "here"), self.module.__name__, self.ledger)
            for id_, patch in PATCHES.items()
        }
        self.slots = {}
        self.past = []
        self.strangers = 0
        self.execute()
        self.other.f, self.first_f, self.first_code = self.module.f, self.module.f, self.module.f.__code__
        self.f_was_touched = self.f_of_this_body_was_touched = False

    def execute(self):
        """Run the victim's body, and look at what it made."""
        exec(VICTIM, vars(self.module))  # noqa: S102
        self.f_of_this_body_was_touched = False
        self.past += [slot for slot in self.slots.values() if slot.owner is not self.module]
        self.slots = {where: Slot(where, self.find(where)) for where in USES}
        instance = self.module.instance
        self.owners = [self.module, *(self.class_of(name) for name in CLASSES), instance, instance.inner[0]]
        self.snapshots = [dict(dictionary_of(owner)) for owner in self.owners]

    def find(self, where):
        return resolve.find(self.module, Target.model_validate(f"victim_of_machine:{where}").steps)[0]

    def class_of(self, name):
        value = self.module
        for step in name.split("."):
            value = vars(value)[step]
        return value

    def slots_of(self, patch_id):
        """The slots that a patch lands in now, with what it claims there."""
        for edit in PATCHES[patch_id].edits:
            where = str(edit.target).partition(":")[2]
            part = where.rpartition(".")[2] if where.endswith(("fget", "fset")) else None
            slot = self.slots[where.removesuffix(f".{part}")]
            claim = "wraps" if edit.how == "wrap" else part or "whole"
            if part and edit.how == "wrap":
                claim = f"wraps {part}"
            yield slot, "in place" if edit.how == "in_place" else claim

    # --- what can happen ---

    @rule(patch_id=st.sampled_from(sorted(PATCHES)))
    def apply(self, patch_id):
        patch = self.patches[patch_id]
        patch.armed = True
        if patch.outcome.may_be_retried:
            patch.outcome = WAITING
        self.expect_applied(patch)

    def expect_changed(self, patch, slot):
        """The patch changes the original in place, unless that is not to be seen, or has another owner."""
        is_taken = slot.changed or any(entry.claim in {"whole", "fget"} for entry in slot.stack)
        if slot.changed == patch.patch_id and slot.leads_to_original():
            patch.apply(self.module)
        elif not slot.stands_on_original():
            with pytest.raises(TargetError):
                patch.apply(self.module)
        elif slot.changed != patch.patch_id and is_taken:
            with pytest.raises(ConflictError):
                patch.apply(self.module)
            self.undo(patch.patch_id)
        else:
            self.rebind(patch.apply(self.module))
            slot.changed = patch.patch_id

    def expect_applied(self, patch):
        if patch.patch_id.startswith("in-place"):
            self.expect_changed(patch, next(self.slots_of(patch.patch_id))[0])
            return
        entries = [
            (
                slot,
                Entry(patch.patch_id, None, claim, (ORDER.get(claim.split()[0], 1), patch.declared.position, number)),
            )
            for number, (slot, claim) in enumerate(self.slots_of(patch.patch_id))
            if not (slot.has(patch.patch_id) and any(e.name == patch.patch_id and e.claim == claim for e in slot.stack))
        ]
        if self.is_refused(patch, entries):
            with pytest.raises(ConflictError):
                patch.apply(self.module)
            self.undo(patch.patch_id)
            return
        self.rebind(patch.apply(self.module))
        for slot, entry in entries:
            start = slot.movable()
            slot.stack[start:] = sorted([*slot.stack[start:], entry], key=lambda each: each.rank)
            slot.ghosts = []

    def is_refused(self, patch, entries):
        if any(patch.edits[entry.rank[2]].how == "add" and self.is_taken(slot) for slot, entry in entries):
            return True
        if any(
            slot.changed and slot.leads_to_original() and entry.claim in {"whole", "fget"} for slot, entry in entries
        ):
            return True
        return any(each.overlaps(entry) for slot, entry in entries for each in slot.stack)

    def is_taken(self, slot):
        """Tell whether somebody else's object is the lowest one at an empty place."""
        return len(slot.stack) > 1 and slot.stack[1].claim is None

    @rule(patch_id=st.sampled_from(sorted(PATCHES)))
    def undo(self, patch_id):
        patch = self.patches[patch_id]
        concerned = [slot for slot in [*self.slots.values(), *self.past] if slot.has(patch_id)]
        changes, errors = patch.revert()
        is_refused = any(slot.covered(patch_id) for slot in concerned)
        assert [type(error) for error in errors[:1]] == [ConflictError][:is_refused]
        self.rebind(changes)
        if is_refused:
            return
        for slot in concerned:
            start = slot.movable()
            slot.stack[start:] = [entry for entry in slot.stack[start:] if entry.name != patch_id]
        for slot in [*self.slots.values(), *self.past]:
            slot.changed = None if slot.changed == patch_id else slot.changed
        for slot in [*self.slots.values(), *self.past]:
            if any(ghost.name == patch_id for ghost in slot.ghosts):
                slot.ghosts = []

    @rule()
    def reload(self):
        self.execute()
        for patch in self.patches.values():
            again.forget_replaced(patch, self.module)
        for patch in self.patches.values():
            if patch.armed:
                self.expect_applied(patch)

    @rule(where=st.sampled_from(sorted(USES)))
    def patch_by_a_stranger(self, where):
        slot = self.slots[where]
        self.touch(where)
        self.strangers += 1
        self.push_foreign(slot, self.foreign_object(where, f"stranger-{self.strangers}"), f"stranger-{self.strangers}")

    def foreign_object(self, where, name):
        if where == "CONSTANT":
            return [name]
        make = whole_property if where in {"C.prop", "Slotted.slot", "C.lazy"} else replacement
        return staticmethod(replacement(name)) if where == "C.static" else make(name)

    def push_foreign(self, slot, obj, name):
        entry = Entry(name, obj)
        entry.saved = slot.place.read()
        slot.place.put(obj)
        slot.stack += [*slot.ghosts, entry]
        slot.ghosts = []

    @rule(where=st.sampled_from(sorted(USES)))
    def undo_by_a_stranger(self, where):
        self.pop_foreign(self.slots[where])

    def pop_foreign(self, slot):
        entry = slot.stack[-1]
        if entry.claim is None and entry.name != "original":
            slot.place.put(entry.saved)
            slot.stack.pop()
            if entry.saved is slot.stack[0].obj and slot.stack[-1].claim is not None:
                self.leave_ghosts(slot)

    @rule(where=st.sampled_from(sorted(set(USES) - EMPTY)))
    def put_the_original_back_by_a_stranger(self, where):
        slot = self.slots[where]
        if len(slot.stack) == 1:
            return
        self.touch(where)
        original = slot.stack[0]
        if slot.stack[1].claim is None:  # the ledger never saw the original: one more foreign object
            self.push_foreign(slot, original.obj, "original")
            slot.stack[-1].name = "original again"
        else:
            slot.place.put(original.obj)
            self.leave_ghosts(slot)

    def leave_ghosts(self, slot):
        """Note that the original is back although the ledger has layers of ours on record."""
        slot.ghosts = [entry for entry in slot.stack[1:] if entry.claim is not None]
        slot.stack[1:] = []

    def touch(self, where):
        if where == "f":
            self.f_was_touched = self.f_of_this_body_was_touched = True

    def rebind(self, changes):
        modules = [(each.__name__, vars(each)) for each in (self.module, self.other)]
        aliases.rebind(changes, modules)

    # --- what must hold ---

    @invariant()
    def everything_is_what_the_model_says(self):
        self.places_hold_what_the_model_says()
        self.use_meets_every_layer_in_order()
        self.nothing_else_has_changed()
        self.copies_go_with_the_target()
        self.parts_know_whether_they_hold()

    def places_hold_what_the_model_says(self):
        known = {id(entry.obj) for slot in self.slots.values() for entry in slot.stack if entry.claim is None}
        for slot in [*self.slots.values(), *self.past]:
            raw, top = slot.place.read(), slot.stack[-1]
            if top.claim is None:
                assert raw is top.obj, slot.where
            else:
                assert raw is not MISSING
                assert id(raw) not in known, slot.where

    def use_meets_every_layer_in_order(self):
        for where, slot in self.slots.items():
            if where in {"Slotted.slot", "C.added"} and len(slot.stack) == 1:
                continue
            if any(entry.name == "original again" for entry in slot.stack):
                continue
            assert trace(USES[where](self.module)) == slot.expected_trace(), where

    def nothing_else_has_changed(self):
        movable = {(id(slot.owner), slot.place.name) for slot in self.slots.values()}
        assert self.module.NESTED["deep"][::2] == [None, None]
        assert (list(self.module.NESTED), self.module.NESTED["other"]) == (["deep", "other"], 1)
        for owner, snapshot in zip(self.owners, self.snapshots, strict=True):
            now = dictionary_of(owner)
            assert [name for name in now if name in snapshot] == list(snapshot)
            for name in now:
                if (id(owner), name) not in movable and name not in LEFT_TO_OTHERS:
                    assert now[name] is snapshot[name], (owner, name)

    def copies_go_with_the_target(self):
        if self.f_of_this_body_was_touched:
            return
        module = self.module
        held = [module.alias, vars(module.Holder)["held"], module.HELD["f"]]
        assert all(each is module.f for each in held)

    def parts_know_whether_they_hold(self):
        for id_, patch in self.patches.items():
            if patch.armed:
                in_effect = all(self.reaches(slot, id_, claim) for slot, claim in self.slots_of(id_))
                assert holds(patch, self.module) == in_effect, id_

    def reaches(self, slot, patch_id, claim):
        if claim == "in place":
            return slot.changed == patch_id and slot.leads_to_original()
        return any(entry.name == patch_id for entry in slot.stack[slot.movable() :])

    def teardown(self):
        slots = [*self.slots.values(), *self.past]
        while any(len(slot.stack) > 1 or slot.changed for slot in slots):
            for slot in slots:
                self.pop_foreign(slot)
            for id_ in PATCHES:
                self.undo(id_)
        for owner, snapshot in zip(self.owners, self.snapshots, strict=True):
            now = dictionary_of(owner)
            assert list(now) == list(snapshot)
            assert all(now[name] is snapshot[name] for name in now if name != "__abstractmethods__")
            assert now.get("__abstractmethods__") == snapshot.get("__abstractmethods__")
        assert self.f_was_touched or self.other.f is self.first_f
        assert self.first_f.__code__ is self.first_code
        assert not any(patch.layers for patch in self.patches.values())
        assert not self.ledger.stacks
        del sys.modules[self.module.__name__]


ORDER = {"whole": 0, "wraps": 2}
LEFT_TO_OTHERS = {"alias", "held", "__abstractmethods__"}

# What random sequences may leave out. (f is the target number 0.)
TAKEN = f"replace-1-{[*USES].index('C.added')}"
STORIES = {
    "parts_of_a_property_are_patched_beside_each_other": [
        ("apply", "replace-fset"),
        ("apply", "wrap-fset"),
        ("apply", "wrap-fget"),
        ("apply", "replace-fget"),
        ("undo", "replace-fset"),
    ],
    "what_is_to_be_added_is_refused_where_a_stranger_has_put_something": [
        ("patch_by_a_stranger", "C.added"),
        ("apply", TAKEN),
        ("undo_by_a_stranger", "C.added"),
        ("apply", TAKEN),
    ],
    "second_to_replace_a_target_is_refused": [
        ("apply", "replace-1-0"),
        ("apply", "replace-2-0"),
        ("apply", "wrap-1-0"),
    ],
    "what_a_stranger_has_covered_comes_out_when_they_have_gone": [
        ("apply", "replace-1-0"),
        ("patch_by_a_stranger", "f"),
        ("undo", "replace-1-0"),
        ("undo_by_a_stranger", "f"),
        ("undo", "replace-1-0"),
    ],
    "original_that_a_stranger_has_put_back_stays": [
        ("put_the_original_back_by_a_stranger", "f"),
        ("apply", "replace-1-0"),
        ("put_the_original_back_by_a_stranger", "f"),
        ("patch_by_a_stranger", "f"),
        ("undo_by_a_stranger", "f"),
        ("undo", "replace-1-0"),
    ],
    "original_that_a_stranger_puts_on_top_of_another_is_theirs": [
        ("patch_by_a_stranger", "f"),
        ("put_the_original_back_by_a_stranger", "f"),
        ("apply", "wrap-1-0"),
        ("undo", "wrap-1-0"),
        ("undo_by_a_stranger", "f"),
    ],
    "stranger_may_stand_anywhere": [("patch_by_a_stranger", where) for where in USES],
    "what_a_patch_of_several_edits_has_lost_is_put_in_again": [
        ("apply", "several"),
        ("put_the_original_back_by_a_stranger", "f"),
        ("apply", "several"),
        ("put_the_original_back_by_a_stranger", "C.method"),
        ("undo", "several"),
    ],
    "what_strangers_cover_of_a_patch_of_several_edits_is_not_in_effect": [
        ("apply", "several"),
        ("patch_by_a_stranger", "f"),
        ("undo_by_a_stranger", "f"),
        ("undo", "several"),
    ],
    "original_is_changed_in_place_beneath_all_others": [
        ("apply", "wrap-1-0"),
        ("apply", "in-place-1-0"),
        ("apply", "replace-1-0"),
        ("apply", "in-place-2-0"),
        ("patch_by_a_stranger", "f"),
        ("apply", "in-place-1-0"),
        ("undo", "in-place-1-0"),
        ("apply", "in-place-2-0"),
        ("undo_by_a_stranger", "f"),
        ("reload",),
        ("put_the_original_back_by_a_stranger", "f"),
        ("undo", "wrap-1-0"),
    ],
    "what_a_stranger_has_replaced_is_not_changed_in_place": [
        ("patch_by_a_stranger", "f"),
        ("apply", "in-place-1-0"),
        ("undo_by_a_stranger", "f"),
        ("apply", "in-place-1-0"),
        ("patch_by_a_stranger", "f"),
        ("apply", "in-place-1-0"),
    ],
    "body_that_runs_again_is_patched_again": [("apply", "several"), ("reload",), ("undo", "several"), ("reload",)],
}


@pytest.mark.parametrize("steps", STORIES.values(), ids=STORIES)
def test_story(steps):
    machine = Machine()
    for rule_name, *arguments in steps:
        getattr(machine, rule_name)(*arguments)
        machine.everything_is_what_the_model_says()
    machine.teardown()


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=max(1, STEPS // STEPS_EACH),
    stateful_step_count=STEPS_EACH,
    deadline=None,
    derandomize=STEPS == 600,
    database=None,
    report_multiple_bugs=False,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
