"""Random worlds: modules with classes of every kind, random patches of them, applied and undone in random order.

After each step every place is what a model says that was written by hand, and at the end the very originals are back.

    python tests/worlds/random_world.py SEED FIRST COUNT

prints a line for each world that goes wrong, with the command that makes it again, and then the number of all.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from random import Random
from types import ModuleType

from pieces import (
    BODY,
    CONSTANTS,
    HEADS,
    START,
    Edit,
    Place,
    always,
    around,
    bare_function_called,
    boxed,
    function_called,
    keeps_copies,
    more,
    negated,
    same,
    shared_product,
    sharing,
    vars_of,
)

import backportkit

REQUIRES = ("python<9", {"any_of": ["python<3", "python<9"]})  # all of them are met


class Falls(Exception):  # noqa: N818 -- what the model says, and no error
    """A wrapper of this patch raises."""


class World:
    """One world, its patches, and the model: which are applied, and what stands at each place therefore."""

    def __init__(self, random, name):
        self.random, self.name = random, name
        self.modules = [ModuleType(f"{name}_{letter}") for letter in "ab"[: random.randint(1, 2)]]
        self.user = ModuleType(f"{name}_user")
        self.copies = []
        self.places = []
        self.owners = []
        for module in (*self.modules, self.user):
            sys.modules[module.__name__] = module
        for module in self.modules:
            self.fill(module)
        self.kept = [(owner, [*vars_of(owner)], {**vars_of(owner)}) for owner in self.owners]
        self.patches = {}
        self.applied, self.armed, self.fallen = set(), set(), {}
        for number in range(random.randint(2, 6)):
            self.declare(f"{name}-{number}")
        self.renamed = self.rename(f"{name}-renamed") if random.random() < 0.3 else None

    # --- the world ---

    def fill(self, module):
        """Give a module constants, functions, mappings and some classes, and others copies of them."""
        exec(START, vars(module))  # noqa: S102 -- a world is made of source
        module.CONSTANT = self.random.choice(CONSTANTS)
        self.add_places(module, module, "", {"CONSTANT": "constant", "function": "function", "added": "new"})
        self.add_places(module, module, "", {"shared": "function", "other": "function"}, shared=True)
        self.add_places(module, module.Meta, "Meta.", {"of_meta": "function"})
        module.TABLE = self.random.choice((dict, module.Items))(
            constant=self.random.choice(CONSTANTS), function=module.shared, last=None
        )
        kinds = {"constant": "constant", "function": "function", "new": "new"}
        self.add_places(module, module.TABLE, "TABLE", kinds, shared=True)
        self.add_holder(module, kinds)
        for name in self.random.sample(sorted(HEADS), self.random.randint(1, 3)):
            self.add_class(module, name)
        self.owners += [module, module.TABLE, module.Meta, module.Above, module.Lacking]
        setattr(self.user, f"copy_of_{module.__name__}", module.function)
        self.copies.append((module, f"copy_of_{module.__name__}", module.function))

    def add_holder(self, module, kinds):
        """Give a module an object that has a list and a mapping within a mapping."""
        kind, a_constant = self.random.choice((dict, module.Items)), lambda: self.random.choice(CONSTANTS)
        table = kind(constant=a_constant(), function=module.shared, last=None)
        rows = [a_constant(), module.shared, None]
        held = {"constant": a_constant(), "function": module.shared, "nested": {"table": table, "rows": rows}}
        module.HOLDER = module.Holder(**held)
        self.add_places(module, module.HOLDER, "HOLDER.", kinds | {"LIMIT": "constant"}, shared=True)
        self.add_places(module, table, "HOLDER.nested['table']", kinds, shared=True)
        self.add_places(module, rows, "HOLDER.nested['rows']", {0: "constant", 1: "function"}, shared=True)
        self.owners += [module.HOLDER, module.Holder, held["nested"], table, rows]

    def add_class(self, module, name):
        exec(HEADS[name].format(name=name) + BODY.format(name=name), vars(module))  # noqa: S102
        cls = vars(module)[name]
        kinds = dict.fromkeys(("method", "static", "of_class"), "function") | {"size": "property", "added": "new"}
        self.add_places(module, cls, f"{name}.", kinds)
        self.add_places(module, cls, f"{name}.", {"same": "function"}, shared=True)
        if name != "Tuple":
            self.add_places(module, cls, f"{name}.", {"inherited": "function"})
            if self.random.random() < 0.5:  # its own, or inherited
                type.__setattr__(cls, "LIMIT", self.random.choice(CONSTANTS))
            self.add_places(module, cls, f"{name}.", {"LIMIT": "constant"})
        self.owners.append(cls)

    def add_places(self, module, owner, prefix, kinds, *, shared=False):
        for name, kind in kinds.items():
            path = f"{prefix}[{name!r}]" if isinstance(owner, dict | list) else f"{prefix}{name}"
            self.places.append(Place(owner, name, f"{module.__name__}:{path}", kind, shared=shared))

    # --- the patches ---

    def declare(self, id_):
        """Declare a patch of one module, with one edit or several; some wrap the objects of other patches."""
        module = self.random.choice(self.modules)
        places = [place for place in self.places if place.target.startswith(f"{module.__name__}:")]
        crowded = [place for place in places if place.taken]
        chosen = dict.fromkeys(self.random.sample(places, self.random.choice((1, 1, 2, 3))))
        if crowded and self.random.random() < 0.7:
            chosen[self.random.choice(crowded)] = None
        edits = [edit for number, place in enumerate(chosen) if (edit := self.edit(place, f"{id_}-{number}"))]
        if edits:
            aliases = "keep" if keeps_copies(edits) else "follow"
            requires = REQUIRES[len(self.patches) % len(REQUIRES)]
            fields = {"id": id_, "summary": "s", "requires": requires, "aliases": aliases}
            backportkit.register(fields | {"edits": [edit.declaration() for edit in edits]})
            self.patches[id_] = edits

    def rename(self, id_):
        """Declare a patch by which a module can be imported by a former name, too; return that module."""
        module = self.random.choice(self.modules)
        fields = {"id": id_, "summary": "s", "requires": REQUIRES[0], "target": f"{self.name}_former", "how": "add"}
        backportkit.register(fields | {"alias_of": module.__name__})
        self.patches[id_] = []
        return module

    def edit(self, place, label):
        """An edit of a place; None if nothing can be done there that is no conflict."""
        part = self.random.choice((None, "fget", "fset")) if place.kind == "property" else None
        replaces = not place.taken & {None, part} if part else not place.taken
        how = "replace" if replaces and self.random.random() < 0.6 else "wrap"
        if place.kind == "new":
            if not place.taken and how == "wrap":
                return None
            how = "add" if not place.taken else "wrap"
        if how != "wrap":
            place.taken.add(part)
            if place.kind == "constant":
                value = self.random.choice(CONSTANTS)
                return Edit(place, how, lambda found: value, {"value": value})
            if not place.shared and place.name != "inherited" and how == "replace" and self.random.random() < 0.4:
                made = bare_function_called(label)
                return Edit(place, "in_place", lambda found: made(), {"replacement": made}, part)
            made = self.random.choice((function_called(label), shared_product))
            return Edit(place, how, lambda found: made(), {"replacement": made}, part)
        wrapper, effect = self.wrapper(place, label)
        return Edit(place, how, effect, {"replacement": wrapper}, part)

    def wrapper(self, place, label):
        if place.kind == "constant":
            wrapper = self.random.choice((same, negated, more, boxed, always(self.random.choice(CONSTANTS))))
            return wrapper, wrapper
        made = self.random.choice((same, sharing, around(label)))
        return made, lambda found: made(lambda *a: found)()

    # --- the model ---

    def found(self, place, applied):
        """Return what a look-up finds while these patches are applied. Raise `Falls` where a wrapper of one raises."""
        edits = [(id_, edit) for id_ in applied for edit in self.patches[id_] if edit.place is place]
        declared = list(self.patches)
        edits.sort(key=lambda pair: (pair[1].order, declared.index(pair[0]), self.patches[pair[0]].index(pair[1])))
        found = place.base
        for id_, edit in edits:
            try:
                found = edit.apply(found)
            except (TypeError, LookupError):
                raise Falls(id_) from None
        return found

    def falls(self, applied):
        """The first patch of which a wrapper would raise, if these were applied; None if there is none."""
        try:
            for place in self.places:
                self.found(place, applied)
        except Falls as error:
            return error.args[0]
        return None

    def expect_applied(self, ids):
        """Tell whether all patches can be applied in this order, followed by those that fell with them."""
        along = dict.fromkeys(fallen for id_ in ids for fallen in self.fallen.pop(id_, ()))
        along = [id_ for id_ in self.patches if id_ in along and (id_ in self.armed or id_ in ids)]
        ids = [*(id_ for id_ in ids if id_ not in along), *along]
        self.armed.update(ids)
        failed = False
        for id_ in ids:
            if id_ not in self.applied and self.patches[id_]:  # else it is applied once the module is imported
                fits = self.falls({*self.applied, id_}) is None
                failed |= not fits
                self.applied |= {id_} if fits else set()
        return not failed

    def expect_undone(self, ids):
        self.applied.difference_update(ids)
        self.armed.difference_update(ids)
        fallen = {}
        while id_ := self.falls(self.applied):
            self.applied.remove(id_)
            fallen[id_] = None
        for each in ids if fallen else ():
            self.fallen.setdefault(each, {}).update(fallen)

    # --- what happens ---

    def live(self):
        for _ in range(self.random.randint(3, 10)):
            self.step()
            self.check()
        for id_ in self.random.sample(sorted(self.patches), len(self.patches)):
            self.undo(id_)
            self.check()
        self.check_originals()

    def step(self):
        ids = sorted(self.patches)
        if not ids:
            return
        what, id_ = self.random.random(), self.random.choice(ids)
        if what < 0.3:
            self.apply(ids)
        elif what < 0.55:
            self.apply([id_])
        elif what < 0.87:
            self.undo(id_)
        elif what < 0.9 and self.renamed:
            self.import_renamed()
        elif what < 0.95:
            self.undo_for_a_while(id_)
        else:
            self.expect_undone(ids)
            backportkit.unpatch_all()

    def apply(self, ids):
        expected = self.expect_applied(ids)
        assert succeeds(lambda: backportkit.apply_all(only=ids)) == expected, f"apply {ids}"

    def undo(self, id_):
        self.expect_undone([id_])
        backportkit.unpatch(id_)

    def undo_for_a_while(self, id_):
        goes_well = [id_ in self.armed]
        self.expect_undone([id_])

        def block():
            with backportkit.unpatched(id_):
                self.check()
                goes_well[:] = [not goes_well[0] or self.expect_applied([id_])]

        assert succeeds(block) == goes_well[0], f"without {id_} for a while"

    def import_renamed(self):
        """Import a module by its former name, which is the very module while the patch is armed."""
        id_ = f"{self.name}-renamed"
        try:
            found = importlib.import_module(f"{self.name}_former")
        except ModuleNotFoundError:
            found = None
        assert found is (self.renamed if id_ in self.armed else None), found
        self.applied |= {id_} & self.armed

    def check(self):
        """All places, states and copies are what the model says."""
        for place in self.places:
            expected, found = self.found(place, self.applied), place.find()
            assert (type(found), found) == (type(expected), expected), (place.target, found, expected)
        for id_ in self.patches:
            assert backportkit.is_applied(id_) == (id_ in self.applied), id_
        is_there = f"{self.name}-renamed" in self.applied
        assert (f"{self.name}_former" in sys.modules) == is_there, f"imported by the former name: {not is_there}"
        for module, name, _ in self.copies:
            if not any(map(keeps_copies, self.patches.values())):
                assert vars(self.user)[name] is module.function, name

    def check_originals(self):
        """Every owner has the very objects that it had, under the same keys in the same order."""
        for owner, keys, objects in self.kept:
            now = vars_of(owner)
            assert list(now) == keys, (owner, list(now))
            for key in keys:
                assert now[key] is objects[key], (owner, key)
        for _, name, original in self.copies:
            assert vars(self.user)[name] is original, name

    def end(self):
        backportkit.unpatch_all()
        for module in (*self.modules, self.user):
            del sys.modules[module.__name__]


def succeeds(call):
    """Tell whether a call raises no error of backportkit's."""
    try:
        call()
    except backportkit.BackportError:
        return False
    return True


def fault_of(world):
    """Let a world live and end; return what went wrong, None for nothing."""
    try:
        world.live()
    except Exception as error:  # noqa: BLE001 -- whatever it is  # pragma: no cover -- would be the failure
        return f"{type(error).__name__} in {traceback.extract_tb(error.__traceback__)[-1].name}: {error}"
    finally:
        world.end()
    return None


def main(seed, first, count):
    """Make worlds and let them live; return how many of them went wrong."""
    wrong = 0
    for number in range(first, first + count):
        fault = fault_of(World(Random(f"{seed}-{number}"), f"w{number}"))  # noqa: S311 -- to be made again
        if fault:  # pragma: no cover -- would be the failure
            wrong += 1
            print(f"{fault}; again: python tests/worlds/random_world.py {seed} {number} 1")  # noqa: T201
    print(f"{wrong} of {count} worlds went wrong")  # noqa: T201
    return wrong


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])) > 0)
