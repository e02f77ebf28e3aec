"""Modules as targets: after patches, undos, imports and what strangers do to `sys.modules`, all is what a model says.

    python tests/targets/machine_of_modules.py FOLDER STEPS RANDOM

makes a package in a folder and takes so many steps, others each time if RANDOM is 1.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

import backportkit

STEPS_EACH = 40
FILES = {
    "old_home/__init__.py": "",
    "old_home/kept.py": "def f(): return ['kept']\n",
    "shims/made.py": "def f(): return ['made']\n",
    "shims/folder/__init__.py": "from .within import f\n",
    "shims/folder/within.py": "def f(): return ['folder']\n",
}
KEPT = "old_home.kept"
MAKES = {  # by the id of a patch: what it makes
    "renamed": ("old_home.renamed", {"alias_of": KEPT}),
    "made": ("old_home.made", {"replacement": "shims.made"}),
    "folder": ("old_home.folder", {"replacement": "shims.folder"}),
}
EDITS = {  # by the id of a patch: the module in which it wraps `f`
    "in-kept": KEPT,
    "in-made": "old_home.made",
    "in-folder": "old_home.folder.within",
}
MAKER = {name: id_ for id_, (name, _) in MAKES.items()}
NAMES = [*MAKER, *EDITS.values()]
COVERED = ["old_home.renamed", "old_home.folder"]  # what is patched itself would be patched in a stranger's module, too


def wrapping(label):
    return lambda original: lambda: [label, *original()]


def declare():
    fields = {"summary": "s", "requires": "python<9"}
    for id_, (name, of) in MAKES.items():
        backportkit.register(fields | {"id": id_, "target": name, "how": "add"} | of)
    for id_, name in EDITS.items():
        edit = {"target": f"{name}:f", "how": "wrap", "replacement": wrapping(id_)}
        backportkit.register(fields | {"id": id_} | edit)


class Machine(RuleBasedStateMachine):
    """The engine beside a model: which patches are armed, and which modules are there.

    `ours` has the modules that patches have made, by name, and `covered` those that a stranger has covered by another:
    `apply_all` gives them up then, with the attribute of the package, since another one provides what the patch adds.
    """

    def __init__(self):
        super().__init__()
        self.armed, self.ours, self.covered, self.former, self.given_up = set(), {}, {}, [], set()
        importlib.import_module(KEPT)

    # --- what can happen ---

    @rule(id_=st.sampled_from([*MAKES, *EDITS]))
    def apply(self, id_):
        backportkit.apply_all(only=[id_])
        self.armed.add(id_)
        name = MAKES.get(id_, [""])[0]
        if self.covered.pop(name, None) is not None:  # what stands there provides it
            self.former.append(self.ours.pop(name))
            self.given_up.add(name)

    @rule(id_=st.sampled_from([*MAKES]), name=st.sampled_from(NAMES))
    def apply_and_import(self, id_, name):
        """As a program does at its start; the other rules alone would seldom come to a module that is there."""
        self.apply(id_)
        self.import_it(MAKES[id_][0])
        self.import_it(name)

    @rule(id_=st.sampled_from([*MAKES, *EDITS]))
    def undo(self, id_):
        name = MAKES.get(id_, [""])[0]
        self.armed.discard(id_)
        try:
            backportkit.unpatch(id_)
        except backportkit.ConflictError:
            assert name in self.covered, f"{id_} cannot be undone"
            return
        assert name not in self.covered, f"{id_} was undone beneath another module"
        self.former.append(self.ours.pop(name, None))

    @rule(name=st.sampled_from(NAMES))
    def import_it(self, name):
        can = name in sys.modules or name == KEPT or self.can_be_made(name)
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            module = None
        assert (module is not None) == can, f"{name} can be imported: {not can}"
        for made in MAKER:
            self.note(made, name)
        assert name not in self.ours or self.ours[name] is module or name in self.covered

    def can_be_made(self, name):
        """Tell whether a module would be made, or one within it found, that is not there."""
        package, maker = name.rpartition(".")[0], MAKER.get(name)
        if package in MAKER:
            return package not in self.theirs and (package in sys.modules or self.can_be_made(package))
        return maker in self.armed

    def note(self, made, imported):
        """Take down that a patch has made a module by an import of it, or of one within."""
        if f"{imported}.".startswith(f"{made}.") and made in sys.modules and made not in self.ours | self.theirs:
            self.ours[made] = sys.modules[made]

    @property
    def theirs(self):
        return {name: module for name in MAKER if hasattr(module := sys.modules.get(name), "of_a_stranger")}

    @rule(name=st.sampled_from([*MAKER]))
    def probe(self, name):
        if name not in sys.modules:
            assert (importlib.util.find_spec(name) is not None) == self.can_be_made(name), name
            assert name not in sys.modules, f"a probe has imported {name}"

    @rule(name=st.sampled_from(COVERED))
    def cover(self, name):
        """A stranger puts another module there, over ours or over nothing."""
        if name not in self.theirs:
            if name in self.ours:
                self.covered[name] = self.ours[name]
            stranger = sys.modules[name] = ModuleType(name)
            stranger.of_a_stranger = True

    @rule(name=st.sampled_from(COVERED))
    def uncover(self, name):
        """The stranger takes it away, and puts back what was there."""
        if name in self.theirs:
            if name in self.covered:
                sys.modules[name] = self.covered.pop(name)
            else:
                remove(name)
                self.ours.pop(name, None)

    @rule(name=st.sampled_from([*MAKER]))
    def import_afresh(self, name):
        """A stranger has a module imported afresh."""
        if name in self.ours and name not in self.covered and MAKER[name] in self.armed:
            remove(name)
            self.former.append(self.ours.pop(name))
            self.import_it(name)

    @rule(name=st.sampled_from(NAMES))
    def reload(self, name):
        if name in sys.modules and self.theirs.keys().isdisjoint({name, name.rpartition(".")[0]}):
            importlib.reload(sys.modules[name])

    # --- what must hold ---

    @invariant()
    def everything_is_what_the_model_says(self):
        package = sys.modules["old_home"]
        for name, id_ in MAKER.items():
            is_there = name in self.ours and name not in self.theirs
            assert (sys.modules.get(name) is self.ours.get(name, 0)) == is_there, name
            assert backportkit.is_applied(id_) == is_there, id_
            if is_there:
                assert vars(package)[name.rpartition(".")[2]] is self.ours[name], name
        for id_, name in EDITS.items():
            module = sys.modules.get(name)
            has_f = module is not None and hasattr(module, "f")
            assert backportkit.is_applied(id_) == (id_ in self.armed and has_f), id_
            if has_f:
                assert (id_ in module.f()) == (id_ in self.armed), module.f()

    def teardown(self):
        for name in COVERED:
            self.uncover(name)
        backportkit.unpatch_all()
        assert not [name for name in sys.modules if f"{name}.".startswith(tuple(f"{made}." for made in MAKER))]
        package = sys.modules["old_home"]
        assert not [name for name in {*MAKER} - self.given_up if name.rpartition(".")[2] in vars(package)]
        for name in self.given_up:
            vars(package).pop(name.rpartition(".")[2], None)
        assert sys.modules[KEPT].f() == ["kept"]
        assert not set(sys.modules) & {"shims", "shims.made", "shims.folder"}


def remove(name):
    """Remove a module, and what is within it."""
    for each in [each for each in sys.modules if f"{each}.".startswith(f"{name}.")]:
        del sys.modules[each]


def main(folder, steps, is_random):
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    sys.path.insert(0, str(folder))
    declare()
    chosen = settings(
        max_examples=max(1, steps // STEPS_EACH),
        stateful_step_count=STEPS_EACH,
        deadline=None,
        derandomize=not is_random,
        database=None,
        report_multiple_bugs=False,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Machine, settings=chosen)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "1")
