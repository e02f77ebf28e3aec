"""Arm, apply, undo and report patches: the engine behind the public functions."""

from __future__ import annotations

from itertools import chain

from backportkit import states
from backportkit.bootstrap import bootstrap_finder, only_looking
from backportkit.declaration import discovery
from backportkit.declaration.registry import declared_patches
from backportkit.engine import in_effect, on_error
from backportkit.engine.arming import try_settings
from backportkit.engine.known import Known
from backportkit.engine.providers import judgements_in_force
from backportkit.engine.selection import Selection
from backportkit.errors import is_informed
from backportkit.hook import finder
from backportkit.policy import in_force

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterable, Iterator
    from contextlib import AbstractContextManager
    from types import CodeType

    from backportkit.declaration.registry import Declared
    from backportkit.engine.batch import Batch
    from backportkit.engine.judgements import Judgements
    from backportkit.engine.module_patch import ModulePatch
    from backportkit.errors import BackportError
    from backportkit.patch_status import PatchStatus


class Engine(Known):
    """The patches of one registry in this process.

    Patches are armed one module at a time, and the edits of a patch in one module are applied all or none.
    """

    def apply_all(
        self,
        *,
        only: str | Iterable[str] | None = None,
        exclude: str | Iterable[str] = (),
        providers: str | Iterable[str] | None = None,
        enable: str | Iterable[str] = (),
        config: str | os.PathLike[str] | None = None,
    ) -> None:
        """Arm and apply as `startup.apply_all` says."""
        is_informed()
        if on_error.all_disabled():
            try_settings(self.arming, config)
        if on_error.all_disabled():  # still, with the policy that the settings name
            in_force.check_without_patches()
            return
        selection = Selection(only, exclude, providers, enable)
        settings = self.arming.settings(config)
        in_force.check()
        self.batch.required = in_force.required()
        on_error.check_environment()
        self.refuse_unknown(selection)
        finder.arm()
        self.arming.in_force = True
        self.arming.selections.add(selection)
        errors = self.arming.obey() if settings.policy else []
        errors += [error for source in self.sources() for error in source.read_imported()]
        errors += self.arming.arm(selection.choose(self.registry), self.providers.judging())
        on_error.raise_all(errors)
        for patch_id in self.batch.required:
            self.require(patch_id)

    def take_over(self, provided: set[str], judgements: Judgements | None) -> None:
        """Take over from an `apply_all` that was called before the engine was loaded, and wait for the same modules.

        The bootstrap finder goes on waiting: to load the engine in order to ask a question changes nothing.
        """
        self.providers.judgements = judgements
        self.batch.required = in_force.required()
        self.arming.in_force = True
        self.arming.selections.add(Selection())
        finder.before_import(provided, self.before)
        self.arming.take_up([*self.registry][: self.registry.awaited])

    def apply_to_missed(self) -> None:
        """Patch the modules that were imported past the finder. All errors are logged: another import is under way."""
        missed = finder.missed() if self.arming.in_force else []
        if not missed:
            return
        try:
            self.batch.catch_up()
            errors: list[Exception] = [error for source in self.sources() for error in source.read_imported()]
            errors += self.arming.arm_new(self.providers.judging())
            errors += self.batch.apply_to_missed(missed, self.providers.judging())
        except Exception as error:  # noqa: BLE001 -- the import of something else must not die of it
            errors = [error]
        on_error.log(errors)

    def unpatch(self, patch_id: str) -> None:
        """Take a patch out: put back the very objects that were there, and stop waiting for modules not loaded yet.

        Copies of the replacement that were made by `from module import name` are bound back too. Undoing a patch that
        is not applied does nothing more than that. Patches stay independent: any order will do.

        Raises UnknownPatchError, or ConflictError if somebody else's object stands on top of ours; that object stays.
        """
        declared = self.find_declared(patch_id)
        self.arming.blocks.forget(patch_id)
        self._take_out(declared)

    def _take_out(self, declared: Declared) -> None:
        on_error.raise_all(self.batch.revert(self.taken_up(declared)), "undone")

    def unregister(self, patch_id: str) -> None:
        """Take a patch out as `unpatch` does, and withdraw its declaration: nobody knows it any more.

        It may be declared again, from anywhere. Raises UnknownPatchError, or what `unpatch` raises; a patch that cannot
        be taken out stays declared.
        """
        declared = self.find_declared(patch_id)
        self.arming.blocks.forget(patch_id)
        try:
            on_error.raise_all(_withdraw(declared, self.batch)[1], "undone")
            self.arming.forget(declared)
        finally:
            declared.withdrawn = not self.registry.has(declared)

    def succeed(self, former: Declared, new: Declared) -> None:
        """Put a declaration that is made anew in the place of its former self, and apply it if that was to be.

        Raises what `unpatch` raises if the former one cannot be taken out, which stays declared, or what `apply_all`
        raises if the new one cannot be applied.
        """
        try:
            was_to_be, errors = _withdraw(former, self.batch)
            if any(patch.layers for patch in self.batch.by_id.get(former.id, ())):
                on_error.raise_all(errors)
            patches = self.arming.forget(former, new)
        finally:
            former.withdrawn = not self.registry.has(former)
        if patches is None:  # another thread was first: see what stands there now
            self.registry.add_all([new])
        elif was_to_be or _were_to_be(patches):  # another thread may have called `apply_all` meanwhile
            errors += self.arming.arm([new], self.providers.judging())
        elif patches:
            self.arming.leave_out(new)
        on_error.raise_all(errors)

    def unpatch_all(self) -> None:
        """Take every patch out, the last one first, and arm no more until the next `apply_all`.

        Raises as `unpatch` does, after all other patches are out.
        """
        self.arming.end()
        self.arming.blocks.forget()
        on_error.raise_all(self.batch.revert(chain.from_iterable(list(self.batch.by_id.values()))), "undone")

    def unpatched(self, patch_id: str) -> AbstractContextManager[None]:
        """Take a patch out for the length of a `with` block, and bring it back to where it was.

        The patch is out for the whole process, not for this thread alone: of several blocks that are open at once the
        last one to end brings it back. `apply_all` within a block leaves it out until then. What `unpatch` or
        `unpatch_all` undoes within a block stays undone, unless `apply_all` comes after that. Raises as `unpatch` does.
        """
        from contextlib import contextmanager  # few ask for it, and a start would pay for it

        return contextmanager(self._unpatched)(patch_id)

    def _unpatched(self, patch_id: str) -> Iterator[None]:
        declared, block = self.find_declared(patch_id), object()
        self.arming.blocks.enter(patch_id, block, is_armed=any(patch.armed for patch in self.taken_up(declared)))
        try:
            self._take_out(declared)
            yield
        finally:
            if self.arming.blocks.leave(patch_id, block):
                on_error.raise_all(self.arming.arm([declared], self.providers.judging()))

    def out_of_reach(self, patch_id: str) -> tuple[str, ...]:
        """Name, one line each, who still has an object that a patch replaced, or overrides the target of the patch.

        Default arguments, closures, functools.partial, bound methods, containers, attributes of objects, signals and
        atexit cannot be bound to the replacement: each is named with the path to it. A subclass that overrides the
        target is not changed by it. Names of modules, of class bodies and values of a module's dictionaries are bound
        when the patch is applied, see `PatchStatus.copies`.

        Walks all objects of the process, so it takes from milliseconds to seconds. Raises UnknownPatchError.
        """
        with only_looking():
            self.find_declared(patch_id)
            found = self.batch.by_id.get(patch_id, ())
            return tuple(line for patch in found for line in patch.out_of_reach())

    def status(self) -> tuple[PatchStatus, ...]:
        """Return the status of each patch that is declared here or by an installed provider. Imports no target.

        Raises ProviderError if a provider cannot be read.
        """
        records, errors = self.survey()
        on_error.raise_all(errors, "read")
        return records

    def survey(self) -> tuple[tuple[PatchStatus, ...], list[BackportError]]:
        """Return the records of `status`, and its errors: if one provider cannot be read, the others are known."""
        is_informed()
        with only_looking():
            from backportkit.engine import answers  # loads inspect and ast

            return answers.survey(self)

    def is_applied(self, patch_id: str) -> bool:
        """Tell whether the patch is in effect now; reads the targets back. Raises UnknownPatchError."""
        with only_looking():
            from backportkit.engine import answers

            return answers.status_of(self, self.find_declared(patch_id)).state == states.APPLIED

    def applied_ids(self) -> list[str]:
        """Return the ids of the patches that are in effect in all their modules; see `startup.applied_ids`."""
        is_informed()
        made, own = self.batch.by_id, (one.id for one in self.registry if not one.internal)
        return [patch_id for patch_id in own if in_effect.is_read_back(made.get(patch_id, ()))]

    def require(self, patch_id: str) -> None:
        """Make sure that a patch is in effect, or will be as soon as its target is imported.

        Raises NotAppliedError with the reason if it is neither, UnknownPatchError if there is none.
        """
        __tracebackhide__ = True  # pytest shows the test that requires it
        with only_looking():
            from backportkit.engine import answers

            answers.require(self, self.find_declared(patch_id))


def _is_outdated(former: Declared) -> bool:
    """Tell whether other code runs than that of the functions that a patch was declared with.

    IPython's autoreload puts new code into the very functions, those that were declared or those that were made of
    them, and only then runs the declaration again.
    """
    return any(map(in_effect.runs_other_code, _engine.batch.by_id.get(former.id, ())))


def _withdraw(declared: Declared, batch: Batch) -> tuple[bool, list[BackportError]]:
    """Take a patch out so that no thread puts it in any more, also one that has taken it up before.

    Returns whether it was to be in effect, and what is to be raised.
    """
    declared.withdrawn = True  # first: what others take down from now on to be put in, they give up themselves
    patches = batch.by_id.get(declared.id, ())
    return _were_to_be(patches), batch.revert(patches)


def _were_to_be(patches: Iterable[ModulePatch]) -> bool:
    """Tell whether somebody has asked for a patch: it is armed, or out of force because of another one."""
    return any(patch.armed or patch.state == states.DISABLED for patch in patches)


_engine = Engine(declared_patches, discovery.packages, discovery.entry_points)

apply_all = _engine.apply_all
unpatch = _engine.unpatch
unpatch_all = _engine.unpatch_all
unpatched = _engine.unpatched
unregister = _engine.unregister
status = _engine.status
survey = _engine.survey
glance = _engine.glance
is_applied = _engine.is_applied
is_in_block = _engine.is_in_block
applied_ids = _engine.applied_ids
require = _engine.require
seen = _engine.seen
find = _engine.find
armed = _engine.armed
read_offers = _engine.read_offers
on_late_change = _engine.on_late_change
out_of_reach = _engine.out_of_reach

declared_patches.on_succession(_engine.succeed, _is_outdated)
finder.on_missed(_engine.apply_to_missed)
if bootstrap_finder.is_waiting:  # last, since modules that a provider imports may need the names above
    _engine.take_over(bootstrap_finder.provided, judgements_in_force())


def held(patch_id: str) -> tuple[str, ...]:
    """Name, one line each, who still has an object that a patch replaced. Walks all objects of the process."""
    with only_looking():
        return tuple(in_effect.held(_engine.batch.by_id.get(patch_id, ())))


def running(codes: Collection[CodeType]) -> tuple[str, ...]:
    """Return the ids of the applied patches that some of this code belongs to."""
    from backportkit.engine import running as room  # only after an error

    return room.ids(_engine.batch.by_id, codes)
