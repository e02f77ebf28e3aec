"""Apply and undo several patches at once: copies are bound in one go, and callbacks are called last."""

from __future__ import annotations

import _operator  # operator itself is not loaded by a start
from itertools import chain, groupby

from backportkit import states
from backportkit.engine import again, audit, flat, in_effect, on_error, problems
from backportkit.engine.outcome import Calls
from backportkit.errors import write_log
from backportkit.hook import finder
from backportkit.layers import aliases
from backportkit.layers.ledger import Ledger
from backportkit.layers.place import is_being_imported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import ModuleType

    from backportkit.declaration.eligibility import Judging
    from backportkit.engine.added_module import AddedModule
    from backportkit.engine.module_patch import ModulePatch
    from backportkit.errors import BackportError
    from backportkit.layers.layer import Change

    ByModule = dict[str, list[ModulePatch]]
    Refused = dict[str, BaseException]  # what hooks have raised, by the ids of patches of several modules

_module_of, _is_armed, _layers_of, _id_of = map(_operator.attrgetter, ("module_name", "armed", "layers", "patch_id"))


class Batch:
    """The patches of this process by id and by module, and the work on many of them in one go.

    No lock is held while anything is imported or a replacement runs; the ledger makes each change happen once.
    """

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.by_id: dict[str, Sequence[ModulePatch]] = {}
        self.by_module: dict[str, list[ModulePatch]] = {}
        self.added: dict[str, list[AddedModule]] = {}  # by the package that they are added to
        self.fallen: dict[str, dict[ModulePatch, None]] = {}  # by the id of the patch that they fell with
        self.listeners: dict[str, Callable[[set[str]], None]] = {}  # by top-level package
        self.required: Sequence[str] = ()  # the ids that policies require
        self.may_call = False  # true once a patch has callbacks
        self.calls = Calls()

    def in_module(self, name: str) -> list[ModulePatch]:
        """The patches in a module, in the order in which they were armed. Other threads may arm more meanwhile."""
        return list(self.by_module.get(name, ()))

    def drop(self, patches: Iterable[ModulePatch]) -> None:
        """Forget patches of modules, which are not entered by their id."""
        for patch in patches:
            self.by_module[patch.module_name].remove(patch)
            in_package = self.added.get(patch.module_name.rpartition(".")[0], [])
            for added in [other for other in in_package if other is patch]:
                in_package.remove(added)

    # --- apply ---

    def open_beneath(self, package: str, judging: Judging, module: ModuleType | None) -> list[BackportError]:
        """Have the modules made, once they are imported, that are added to a package. Returns what is to be raised.

        `module` is the package, if its body has run to the end.
        """
        added = self.added.get(package, ())
        return [error for patch in list(added) if patch.armed for error in patch.open(judging, module)]

    def apply_to_loaded(self, by_module: ByModule, judging: Judging) -> list[BackportError]:
        """Apply patches whose modules are loaded already, and bind all copies in other modules."""
        anew = [name for name in by_module if finder.ran_again(name)]
        loaded = {name: module for name in by_module if (module := finder.loaded_module(name)) is not None}
        for patch in chain.from_iterable(map(self.in_module, loaded.keys() & anew)):
            again.forget_replaced(patch, loaded[patch.module_name])
        patches = [patch for name in loaded for patch in by_module[name]]
        before = _in_place(self, patches)
        refused = audit.kept_out.copy()
        changes, errors = self._apply(by_module, loaded, judging, refused)
        for name in loaded.keys() & self.added.keys():
            errors += self.open_beneath(name, judging, loaded[name])
        # Another thread may have put in layers of which it has not bound the copies yet.
        others = [change for patch in patches for change in in_effect.made(patch)] if self.calls.are_several() else []
        if self.ledger.former:
            from backportkit.layers import former  # few have copies of what former bodies have made

            others += former.changes_of(layer for patch in patches for layer in list(patch.layers))
        self._rebind([*changes, *others], loaded)
        errors += _follow_hooks(self, patches, refused, judging) if audit.kept_out else ()
        errors += self._call_last(patches)
        _tell(self.listeners, changes, before ^ _in_place(self, patches))
        return errors

    def apply_to_missed(self, names: Iterable[str], judging: Judging) -> list[BackportError]:
        """Apply the patches of modules that were imported past the finder. Returns what is to be raised."""
        by_module = {name: self.in_module(name) for name in names}
        return self.calls.run([*chain.from_iterable(by_module.values())], self.apply_to_loaded, by_module, judging)

    def apply_after_import(self, name: str, module: ModuleType, judging: Judging) -> None:
        """Apply the patches of a watched module, whose body has just run, before its importer goes on."""
        patches = self.in_module(name)
        for patch in patches:
            if patch.layers or patch.rounds:
                again.forget_replaced(patch, module)
        again.forget_left(patches, module)
        refused = audit.kept_out.copy()
        changes, errors = self._apply({name: patches}, {name: module}, judging, refused)
        errors += self.open_beneath(name, judging, module) if self.added else ()
        if changes:
            aliases.rebind_after_import(changes, name, _replacement_modules(self, [name]))
            self.ledger.paid(changes)
        errors += _follow_hooks(self, patches, refused, judging) if audit.kept_out else ()
        errors += _lacking(patches, errors) if self.required else ()
        errors += () if errors else self._call_last(patches)
        if errors and is_being_imported(module):
            errors += self._take_back(patches, module)
        on_error.refuse_import(name, errors + self._call_last(patches))

    def _take_back(self, patches: list[ModulePatch], module: ModuleType) -> list[BackportError]:
        """Undo the patches of a module whose import is refused, so that copies that its body made are bound back."""
        changes: list[Change] = []
        errors: list[BackportError] = []
        for patch in reversed(patches):
            if patch.holds(module):
                errors += _take_one_out(patch, changes)
                patch.wait_again()
        self._rebind(changes, ())
        return errors

    def take_out_refused(self, patches: list[ModulePatch], reason: str) -> list[BackportError]:
        """Undo patches that a hook has refused in another module, and have them tried again with that one."""
        changes: list[Change] = []
        errors: list[BackportError] = []
        for patch in reversed(patches):
            errors += _take_one_out(patch, changes)
            patch.armed = True
            patch.stay_out(states.FAILED, reason)
        errors += self._take_out_fallen(changes)[1]
        self._rebind(changes, ())
        _tell(self.listeners, changes, patches)
        return errors + self._call_last(patches)

    def _apply(
        self, by_module: ByModule, modules: dict[str, ModuleType], judging: Judging, refused: Refused
    ) -> tuple[list[Change], list[BackportError]]:
        changes: list[Change] = []
        errors: list[BackportError] = []
        for name, module in modules.items():
            some = by_module[name] if refused == audit.kept_out else audit.not_refused(by_module[name], refused)
            number = 0
            while number < len(some):
                number, done = flat.put_in(self.ledger, some, number, module, judging)
                changes += done
                if number < len(some):
                    _apply_one(some[number], module, judging, changes, errors)
                    number += 1
        return changes, errors

    # --- copies ---

    def catch_up(self) -> None:
        """Bind the copies that interrupted calls have not bound."""
        owed = self.ledger.owed()
        if owed:
            spared = _replacement_modules(self, {change.layer.key[1].partition(":")[0] for change in owed})
            aliases.rebind([change for change in owed if not change.is_undone], aliases.loaded_modules(spared))
            aliases.rebind([change for change in owed if change.is_undone], aliases.loaded_modules())
            self.ledger.paid(owed)

    def _rebind(self, changes: list[Change], modules: Iterable[str]) -> None:
        if changes:
            aliases.rebind(changes, aliases.loaded_modules(_replacement_modules(self, modules)))
            self.ledger.paid(changes)

    # --- undo ---

    def revert(self, patches: Iterable[ModulePatch]) -> list[BackportError]:
        """Take patches out, the last one first. Returns what is to be raised."""
        reverted = list(patches)
        return self.calls.run(reverted, self._revert, reverted)

    def _revert(self, reverted: list[ModulePatch]) -> list[BackportError]:
        changes: list[Change] = []
        errors: list[BackportError] = []
        before = _in_place(self, reverted)
        self.catch_up()
        applied = audit.to_tell(reverted)
        refused = audit.refused_undo(reversed(reverted))
        left = [patch for patch in reversed(reverted) if patch.patch_id not in refused]
        if not (self.may_call and any(patch.rounds for patch in left)):  # else callbacks come before the next undo
            changes, left = flat.take_out(self.ledger, left)
        left = [patch for patch in left if patch.layers or patch.armed or patch.state != states.REVERTED]
        for _, some in groupby(left, _id_of):
            done, failed = _revert_one([*some])
            changes += done
            errors += failed
        self._unwatch(set(map(_module_of, reverted)))
        fallen, failed = self._take_out_fallen(changes)
        for patch in reverted if fallen else ():
            self.fallen.setdefault(patch.patch_id, {}).update(dict.fromkeys(fallen))
        self._rebind(changes, ())
        errors += [*refused.values(), *failed, *self._call_last((*reversed(reverted), *fallen))]
        audit.log("undone", (patch for patch in applied if patch.state == states.REVERTED))
        _tell(self.listeners, changes, before ^ _in_place(self, reverted))
        return errors

    def _take_out_fallen(self, changes: list[Change]) -> tuple[list[ModulePatch], list[BackportError]]:
        """Take out all edits of each patch of which a wrap fell; add what that changes to `changes`."""
        fallen: list[ModulePatch] = []
        errors: list[BackportError] = []
        for layer in (change.layer for change in changes if change.layer.failure is not None):
            for patch in self.by_id.get(layer.key[0], ()):
                if layer in patch.layers:
                    done, failed = patch.fall(layer)
                    changes += done
                    errors += failed
                    fallen.append(patch)
                    write_log("info", "%s: %s", patch.patch_id, patch.reason)
        return fallen, errors

    def _unwatch(self, names: Iterable[str]) -> None:
        finder.forget(name for name in names if not _is_of_use([*self.in_module(name), *self.added.get(name, ())]))

    def _call_last(self, patches: Iterable[ModulePatch]) -> list[BackportError]:
        """Call the callbacks that come last. Returns what is to be raised."""
        return [error for patch in patches if patch.rounds for error in patch.call_last()] if self.may_call else []


def _in_place(batch: Batch, patches: Iterable[ModulePatch]) -> set[ModulePatch]:
    """Return the patches that have layers in place, if there are listeners to tell of them."""
    return {patch for patch in patches if patch.layers} if batch.listeners else set()


def _replacement_modules(batch: Batch, names: Iterable[str]) -> set[str]:
    """Return the modules that replacements come from; a copy of the original in such a module is left as it is."""
    patches = chain.from_iterable(map(batch.in_module, names))
    return {origin for patch in patches for origin in patch.origins()}


def _follow_hooks(batch: Batch, patches: list[ModulePatch], refused: Refused, judging: Judging) -> list[BackportError]:
    """Follow what hooks have refused, now or before. Returns what is to be raised."""
    from backportkit.engine import all_or_none  # only after a hook has refused something

    return all_or_none.follow(batch, patches, refused, judging)


def _lacking(patches: list[ModulePatch], errors: list[BackportError]) -> list[BackportError]:
    """Return why patches are not in force that a policy requires."""
    from backportkit.engine import required  # only where a policy requires patches

    return required.lacking(patches, errors)


def _tell(
    listeners: dict[str, Callable[[set[str]], None]], changes: Iterable[Change], patches: Iterable[ModulePatch]
) -> None:
    """Tell the listeners of packages that modules which were loaded already have been changed.

    They get the ids of the patches that came or went, and of patches on top of those that were changed along.
    """
    ids = _ids_by_package(changes, patches) if listeners else {}
    for package in ids.keys() & listeners.keys():
        listeners[package](ids[package])


def _ids_by_package(changes: Iterable[Change], patches: Iterable[ModulePatch]) -> dict[str, set[str]]:
    """Return the ids of the patches whose targets were changed, by the top-level package of the targets."""
    ids: dict[str, set[str]] = {}
    keys = [change.layer.key for change in changes]
    for patch_id, target in (*keys, *((patch.patch_id, patch.module_name) for patch in patches)):
        ids.setdefault(target.partition(":")[0].partition(".")[0], set()).add(patch_id)
    return ids


def _apply_one(
    patch: ModulePatch,
    module: ModuleType,
    judging: Judging,
    changes: list[Change],
    errors: list[BackportError],
) -> None:
    try:
        changes += patch.apply(module, judging)
    except Exception as error:  # noqa: BLE001 -- ours, or whatever an object at the target raises when it is asked
        done, not_undone = patch.withdraw(module)
        changes += done
        errors += [*on_error.failed(patch, problems.of(patch, error)), *not_undone]
    except BaseException as error:
        patch.stay_under_way(error)
        raise


def _take_one_out(patch: ModulePatch, changes: list[Change]) -> list[BackportError]:
    """Undo a patch in one module, and add what that changes to `changes`. Returns what is to be raised."""
    errors = patch.begin_undo()
    done, not_undone = patch.revert()
    changes += done
    return errors + not_undone


def _revert_one(patches: Sequence[ModulePatch]) -> tuple[list[Change], list[BackportError]]:
    """Take one patch out of several modules, of all or of none. Returns the changes, and what is to be raised."""
    errors = [error for patch in patches for error in patch.begin_undo()]
    refusals = [error for patch in patches for error in patch.refusals()]
    changes: list[Change] = []
    for patch in patches:
        if refusals and not patch.is_gone():
            patch.stay_in(refusals[0])
            continue
        done, failed = patch.revert()
        changes += done
        errors += failed
    return changes, errors + refusals


def _is_of_use(patches: Sequence[ModulePatch]) -> bool:
    """Tell whether one of these patches is in effect, or is to be."""
    return any(map(_is_armed, patches)) or any(map(_layers_of, patches))
