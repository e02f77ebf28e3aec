"""Plan, arm, apply and undo: the only place where a patch changes its state."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from itertools import chain

from backportkit import manifest
from backportkit.bootstrap import only_looking, sentinel
from backportkit.declaration import discovery, eligibility
from backportkit.declaration.registry import declared_patches
from backportkit.engine import on_error
from backportkit.engine.module_patch import Part, let_go
from backportkit.engine.precedence import Precedence, Rivals, is_meant, superseded, yields
from backportkit.engine.selection import Selection, Selections, Settings
from backportkit.errors import BackportError, NotAppliedError, SettingsError, UnknownPatchError
from backportkit.hook import finder
from backportkit.layers import aliases
from backportkit.layers.ledger import Ledger
from backportkit.lazy_report import Report
from backportkit.state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

    from backportkit.declaration.discovery import EntryPoint
    from backportkit.declaration.eligibility import Sweep
    from backportkit.declaration.record import Patch
    from backportkit.declaration.registry import Declared, Registry
    from backportkit.engine.judgements import Judgements
    from backportkit.engine.module_patch import Judge
    from backportkit.layers.ledger import Change
    from backportkit.patch_status import PatchStatus
    from backportkit.source.lookup import Library


_OFF = "BACKPORTKIT_DISABLE"


class Engine:
    """The patches of one registry in this process.

    A *part* is what one patch does in one module, applied all or none. Parts exist from the moment a patch is armed.
    No lock is held while anything is imported or a replacement runs; the ledger makes each installation happen once.
    """

    def __init__(
        self,
        registry: Registry,
        find_packages: Callable[[], set[str] | None],
        find_providers: Callable[[], dict[str, list[EntryPoint]]],
    ) -> None:
        self._registry = registry
        self._find_packages = find_packages
        self._find_providers = find_providers
        self._ledger = Ledger()
        self._parts: dict[str, list[Part]] = {}  # by id
        self._by_module: dict[str, dict[Part, None]] = {}
        self._fallen: dict[str, dict[Part, None]] = {}  # by the id of the patch that they fell with
        self._precedence = Precedence(self._parts, self._by_module)
        self._packages: set[str] | None = None
        self._unread: dict[str, list[EntryPoint]] | None = None
        self._selections = Selections()  # what has been asked for since the last unpatch_all
        self._settings: Settings | None = None
        self._calls: list[None] = []  # an entry for each thread that is applying patches: list methods need no lock
        self._in_force = False  # between apply_all and unpatch_all: what is read is armed
        self._listeners: dict[str, Callable[[set[str]], None]] = {}  # by top-level package
        self._judgements: Judgements | None = None  # of the manifest

    def apply_all(
        self,
        *,
        only: str | Iterable[str] = (),
        exclude: str | Iterable[str] = (),
        providers: str | Iterable[str] = (),
        config: str | os.PathLike[str] | None = None,
    ) -> Report:
        """What `startup.apply_all` says, for whoever has the engine loaded."""
        if on_error.all_disabled():
            return Report(self.status)
        selection = Selection(only, exclude, providers)
        self._settings = self._read_settings(config)
        on_error.check_environment()
        self._refuse_unknown(selection)
        finder.arm()
        self._in_force = True
        self._selections.add(selection)
        errors = self._read(self._imported())
        errors += self._arm(declared for declared in self._registry if selection.takes(declared))
        on_error.raise_all(errors)
        return Report(self.status)

    def take_over(self, names: set[str], judgements: Judgements | None) -> None:
        """Be in force, as an `apply_all` before the engine was loaded has asked, and wait for what it waits for.

        The finder that waits already goes on waiting: whoever loads the engine in order to ask changes nothing.
        """
        self._judgements = judgements
        self._in_force = True
        self._selections.add(Selection())
        finder.expect(names, self._before)

    def attend_to_missed(self) -> None:
        """Patch what was imported past the finder. Whatever goes wrong is logged: another import is under way."""
        missed = finder.missed() if self._in_force else []
        if not missed:
            return
        try:
            self._catch_up()
            errors: list[Exception] = [*self._read(self._imported()), *self._arm_new()]
            errors += self._apply_to_loaded({name: self._in_module(name) for name in missed}, self._sweep())
        except Exception as error:  # noqa: BLE001 -- the import of something else must not die of it
            errors = [error]
        on_error.log(errors)

    def unpatch(self, patch_id: str) -> None:
        """Take a patch out: put back the very objects that were there, and stop waiting for modules not loaded yet.

        Copies of the replacement that were made by `from module import name` are bound back too. Undoing a patch that
        is not applied does nothing more than that. Patches stay independent: any order will do.

        Raises UnknownPatchError, or ConflictError if somebody else's object stands on top of ours; theirs stays.
        """
        on_error.raise_all(self._revert(self._taken_up(self._find(patch_id))))

    def unpatch_all(self) -> None:
        """Take every patch out, the last one first, and arm no more until the next `apply_all`.

        Raises as `unpatch` does, after all others are out.
        """
        self._in_force = False
        self._selections.clear()
        self._precedence.forget()
        on_error.raise_all(self._revert(chain.from_iterable(list(self._parts.values()))))

    @contextmanager
    def unpatched(self, patch_id: str) -> Iterator[None]:
        """Take a patch out for the length of a `with` block, and bring it back to where it was.

        The patch is out for the whole process, not for this thread alone. Raises as `unpatch` does.
        """
        declared = self._find(patch_id)
        armed = [part for part in self._taken_up(declared) if part.armed]
        try:
            self.unpatch(patch_id)
            yield
        finally:
            if armed:
                on_error.raise_all(self._arm([declared]))

    def out_of_reach(self, patch_id: str) -> tuple[str, ...]:
        """Say who still has what a patch replaced, or does not heed it, one line each.

        Default arguments, closures, functools.partial, bound methods, containers, attributes of objects, signals and
        atexit cannot be bound to the replacement: each is named with the path to it. A subclass that overrides the
        target is not changed by it. Names of modules, of class bodies and values of a module's dictionaries are bound
        when the patch is applied, see `PatchStatus.copies`.

        Walks all objects of the process, so it takes from milliseconds to seconds. Raises UnknownPatchError.
        """
        with only_looking:
            self._find(patch_id)
            return tuple(line for part in self._parts.get(patch_id, ()) for line in part.out_of_reach())

    def status(self) -> tuple[PatchStatus, ...]:
        """Every patch that is declared here or by an installed provider, as it stands now. Imports nothing upstream.

        Raises ProviderError if a provider cannot be read.
        """
        records, errors = self.survey()
        on_error.raise_all(errors)
        return records

    def survey(self) -> tuple[tuple[PatchStatus, ...], list[BackportError]]:
        """What `status` returns, and what it raises: also where a provider cannot be read, the others are known."""
        with only_looking:
            errors = [] if on_error.all_disabled() else self._read_all()
            from backportkit.source import lookup  # needs what ast needs

            library, sweep = lookup.Library(), eligibility.Sweep()
            rivals = Rivals(self._in_the_running(), self._read_settings(None), self._is_asked_for, sweep.judge)
            return tuple(self._record_of(declared, library, sweep, rivals) for declared in self._registry), errors

    def _record_of(self, declared: Declared, library: Library, sweep: Sweep, rivals: Rivals) -> PatchStatus:
        from backportkit.engine import status  # needs what inspect and ast need

        record = self._status_of(declared, sweep)
        if record.state is not State.WAITING:
            return record
        return record._replace(reason=record.reason + status.foresee(declared, library) + rivals.of(declared))

    def is_applied(self, patch_id: str) -> bool:
        """Whether the patch is in effect now; reads the targets back. Raises UnknownPatchError."""
        with only_looking:
            return self._status_of(self._find(patch_id)).state is State.APPLIED

    def require(self, patch_id: str) -> None:
        """Make sure that a patch is in effect, or will be as soon as its target is imported.

        Raises NotAppliedError with the reason if it is neither, UnknownPatchError if there is none.
        """
        with only_looking:
            status = self._status_of(self._find(patch_id))
        waits = status.state is State.WAITING and status.armed
        if status.state is not State.APPLIED and not waits:
            raise NotAppliedError(
                "is required here, but not in effect",
                patch=patch_id,
                target=", ".join(status.targets),
                expected="applied, or waiting for its target",
                found=f"{status.state}: {status.reason}",
                next_step=None if status.armed or patch_id in self._parts else "call backportkit.apply_all() first",
            )

    def find(self, patch_id: str) -> Patch:
        """The patch of that id, declared here or by an installed provider. Raises UnknownPatchError."""
        with only_looking:
            return self._find(patch_id).patch

    def made(self, patch_id: str) -> list[Change]:
        """What a patch has put in place and what stood there before, as far as it is in effect."""
        return [change for part in self._parts.get(patch_id, ()) for change in part.made()]

    def armed(self, package: str) -> list[Part]:
        """What is to be in effect in the modules of a top-level package, by patch and module. Judges nothing."""
        modules = [name for name in list(self._by_module) if name.partition(".")[0] == package]
        return [part for name in modules for part in self._in_module(name) if part.armed]

    def on_late_change(self, package: str, listener: Callable[[set[str]], None]) -> None:
        """Call `listener` when modules of a package that are loaded already have been changed: patched, or undone.

        It is given the ids of the patches. One listener a package: a later one takes the place of an earlier one.
        """
        self._listeners[package] = listener

    # --- reading declarations ---

    def _imported(self) -> list[str]:
        """The imported packages that may have providers which were not read. Where they can be, is looked for once."""
        if self._packages is None and self._unread is None:
            self._packages = self._find_packages()
            finder.expect(self._packages or (), self._before)
        found = self._packages if self._packages is not None else self._providers()
        return [name for name in list(found) if sys.modules.get(name) is not None]

    def _providers(self) -> dict[str, list[EntryPoint]]:
        """The entry points that have not been read, by the package they patch. They are looked for once."""
        if self._unread is None:
            self._unread = self._find_providers()
            finder.expect(self._unread, self._before)
        return self._unread

    def _before(self, name: str) -> None:
        """A package that has providers, or a module in one, is about to run its body: what they declare is armed."""
        if self._in_force:
            judgements = self._judgements
            is_read = judgements is not None and judgements.load_providers_of(name)
            errors = [] if is_read else self._read(dict.fromkeys([name, *self._imported()]))
            on_error.refuse_import(name, errors + self._arm_new())

    def _sweep(self) -> Sweep:
        """Judgements about this moment."""
        judgements = self._judgements
        return judgements.sweep() if judgements is not None and judgements.hold() else eligibility.Sweep()

    def _read_all(self) -> list[BackportError]:
        """Read all that can be read, and arm none of it; return why the rest cannot be."""
        return self._read(self._providers()) + self._tell_of_unknown()

    def _tell_of_unknown(self) -> list[BackportError]:
        """Tell of what is switched off although nobody declares it, now that all declarations are read."""
        self._settings = self._read_settings(None)
        ids = self._ids()
        unknown = Selection(exclude=self._settings.disable).unknown_ids(ids)
        errors = [_needless(patch_id, ids, self._settings.path, "`disable`") for patch_id in unknown]
        mistyped = sorted(on_error.disabled_ids().difference(ids))
        errors += [_needless(patch_id, ids, _OFF, f"{_OFF}, which takes no patterns") for patch_id in mistyped]
        return [told for error in errors for told in on_error.tell(error, required=False)]

    def _read(self, packages: Iterable[str]) -> list[BackportError]:
        """Read the providers of packages, each once. An unreadable one is tried again the next time."""
        return [error for package in list(packages) for error in self._read_package(package)]

    def _read_package(self, package: str) -> list[BackportError]:
        """Another thread may be reading the same providers: then this one waits for it, as all imports do."""
        errors: list[BackportError] = []
        unread = self._providers().get(package, [])
        for entry_point in list(unread):
            try:
                if discovery.load(entry_point):
                    _discard(unread, entry_point)
            except BackportError as error:
                errors += on_error.tell(error)
        return errors

    # --- choosing ---

    def _read_settings(self, config: str | os.PathLike[str] | None) -> Settings:
        """The settings in a file, by default the one that BACKPORTKIT_CONFIG names; none if there is no word of any.

        No folder is searched: a program must not behave differently for the directory that it happens to be started in.
        """
        if config is None and self._settings is not None:
            return self._settings
        path = on_error.variable("BACKPORTKIT_CONFIG") if config is None else os.fspath(config)
        if not path:
            return Settings()
        from backportkit.engine import settings  # needs what reads TOML

        return settings.read(path)

    def _refuse_unknown(self, selection: Selection) -> None:
        """Raise UnknownPatchError for names that choose nothing. All providers are read if there seem to be any."""
        if selection.providers:
            self._refuse_unknown_providers(selection)
        if not selection.names_ids:
            return
        errors = self._read_all() if any(selection.unknown_ids(self._ids())) else []
        for name in selection.unknown_ids(self._ids()):
            on_error.raise_all(errors)  # what cannot be read may be where it is
            raise _unknown(name, self._ids())

    def _refuse_unknown_providers(self, selection: Selection) -> None:
        known = {declared.provider for declared in self._registry}
        known |= {discovery.provider_of(entry) for entry in chain.from_iterable(list(self._providers().values()))}
        for name in selection.unknown_providers(known):
            raise _no_provider(name, sorted(known))

    def _ids(self) -> list[str]:
        return sorted(declared.id for declared in self._registry)

    def _off(self, declared: Declared) -> str | None:
        """Why a patch is not to be armed, None if it is."""
        self._settings = self._read_settings(None)
        if on_error.disabled(declared.id):
            return "switched off by BACKPORTKIT_DISABLE"
        if self._settings.disables(declared.id):
            return f"switched off by `disable` in {self._settings.path}"
        if not self._selections.take(declared):
            return "not among those that apply_all() was asked for"
        return None

    def _find(self, patch_id: str) -> Declared:
        errors: list[BackportError] = []
        declared = self._registry.find(patch_id)
        if declared is None and not on_error.all_disabled():
            errors = self._read_all()
            declared = self._registry.find(patch_id)
        if declared is None:
            on_error.raise_all(errors)  # what cannot be read may be where it is
            raise _unknown(patch_id, self._ids())
        return declared

    def _status_of(self, declared: Declared, sweep: Sweep | None = None) -> PatchStatus:
        from backportkit.engine import status

        judge = (sweep or eligibility.Sweep()).judge
        parts = self._parts.get(declared.id, ())
        off = self._off(declared)
        if off is None and not parts and declared.is_shipped and not self._is_asked_for(declared.id):
            off = yields(declared, self._in_the_running(), judge) or None
        if off is None and not parts and is_meant(declared, judge):
            off = self._superseded(declared, judge)
        return status.status_of(declared, parts or self._parts_to_come(declared, off), off, judge)

    def _superseded(self, declared: Declared, judge: Judge) -> str | None:
        """Why a patch that is not armed yet will be out of force; None if no other one takes its place."""
        new = superseded(self._in_the_running(), self._read_settings(None), judge).get(declared.id)
        return None if new is None else f"superseded by '{new}'"

    def _in_the_running(self) -> Iterator[Declared]:
        """What nothing switches off."""
        return (declared for declared in self._registry if self._off(declared) is None)

    def _parts_to_come(self, declared: Declared, off: str | None) -> list[Part]:
        """The parts of a patch that will be armed when its package is imported, as apply_all() was asked to do."""
        if off is not None or not self._in_force or declared.provider not in discovery.known_providers:
            return []
        parts = [Part(declared, name, self._ledger) for name in declared.patch.modules if finder.is_awaited(name)]
        for part in parts:
            part.armed = True
        return parts

    # --- arming and applying ---

    def _arm(self, declarations: Iterable[Declared]) -> list[BackportError]:
        by_module: dict[str, list[Part]] = {}
        for part in self._to_arm(declarations):
            self._by_module.setdefault(part.module_name, {})[part] = None  # the thread that made it may be behind
            part.rearm()
            by_module.setdefault(part.module_name, []).append(part)
        self._catch_up()
        sweep = self._sweep()
        displaced, refusals = self._precedence.settle(self._read_settings(None), self._is_asked_for, sweep.judge)
        finder.watch(by_module, self._loaded)
        errors = self._apply_to_loaded(by_module, sweep)
        errors += self._revert(displaced)
        for part, standing in displaced.items():
            part.stay_out(*standing)
        return refusals + errors

    def _to_arm(self, declarations: Iterable[Declared]) -> list[Part]:
        """The parts of patches; last those that fell as one of these was undone, and are still to be in effect."""
        parts: dict[Part, None] = {}
        fallen: dict[Part, None] = {}
        for declared in declarations:
            for part in self._parts_of(declared):
                parts[part] = None
            if self._fallen:
                fallen.update(self._fallen.pop(declared.id, {}))
        along = [part for part in fallen if part.armed or part in parts]
        return [*(part for part in parts if part not in fallen), *along] if fallen else list(parts)

    def _is_asked_for(self, patch_id: str) -> bool:
        """Whether somebody has asked for that very patch, and not only for all."""
        return self._selections.name(patch_id) or patch_id in self._read_settings(None).supersede.values()

    def _arm_new(self) -> list[BackportError]:
        """Arm what has been declared since, unless nothing is to be in force."""
        new = [declared for declared in self._registry if declared.id not in self._parts]
        return self._arm(new) if self._in_force else []

    def _parts_of(self, declared: Declared) -> list[Part]:
        """The parts of a patch, made when it is armed for the first time."""
        patch = declared.patch
        if patch.id not in self._parts and self._off(declared) is None:
            made = [Part(declared, name, self._ledger) for name in patch.modules]
            if self._parts.setdefault(patch.id, made) is made:  # another thread may have been here first
                self._precedence.enter(declared)
        return self._parts.get(patch.id, [])

    def _taken_up(self, declared: Declared) -> list[Part]:
        """The parts of a patch, also of one that was to be armed later: that must not come after it was undone."""
        if declared.id not in self._parts and self._parts_to_come(declared, self._off(declared)):
            on_error.raise_all(self._arm([declared]))
        return self._parts.get(declared.id, [])

    def _in_module(self, name: str) -> list[Part]:
        """The parts of a module, in the order in which they were armed. Other threads may arm more meanwhile."""
        return list(self._by_module.get(name, ()))

    def _apply_to_loaded(self, by_module: dict[str, list[Part]], sweep: Sweep) -> list[BackportError]:
        """Apply what waits for modules that are loaded already; one sweep rebinds all copies that others made."""
        again = [name for name in by_module if finder.ran_again(name)]
        loaded = {name: module for name in by_module if (module := finder.loaded_module(name)) is not None}
        for part in chain.from_iterable(map(self._in_module, loaded.keys() & again)):
            part.forget_replaced(loaded[part.module_name])
        parts = [part for name in loaded for part in by_module[name]]
        self._calls.append(None)
        try:
            changes, errors = self._apply(parts, loaded, sweep)
            # What another thread has put in may have copies that it has not bound yet.
            others = [change for part in parts for change in part.made()] if len(self._calls) > 1 else []
            self._rebind([*changes, *others], loaded)
        finally:
            self._calls.pop()
        errors += _settle(parts)
        self._tell(changes)
        return errors

    def _loaded(self, name: str, module: ModuleType) -> None:
        """A watched module has run its body: apply what waits for it, before its importer goes on."""
        self._catch_up()
        parts = self._in_module(name)
        for part in parts:
            part.forget_replaced(module)
        let_go(parts, module)
        changes, errors = self._apply(parts, {name: module}, self._sweep())
        if changes:
            aliases.rebind_after_import(changes, name, self._replacement_modules([name]))
            self._ledger.paid(changes)
        on_error.refuse_import(name, errors + _settle(parts))

    def _apply(
        self, parts: Iterable[Part], modules: dict[str, ModuleType], sweep: Sweep
    ) -> tuple[list[Change], list[BackportError]]:
        changes: list[Change] = []
        errors: list[BackportError] = []
        for part in parts:
            try:
                changes += part.apply(modules[part.module_name], sweep)
            except BackportError as error:
                done, not_undone = part.withdraw(modules[part.module_name])
                changes += done
                errors += [*on_error.failed(part, error), *not_undone]
            except BaseException as error:
                part.become(State.FAILED, f"applying it was interrupted by {error!r}: call apply_all() again")
                raise
        return changes, errors

    def _replacement_modules(self, names: Iterable[str]) -> set[str]:
        """Where replacements come from other modules: a copy of the original that one keeps is its own business."""
        parts = chain.from_iterable(map(self._in_module, names))
        edits = chain.from_iterable(part.edits for part in parts)
        origins = {(edit.target.module, edit.replacement.module) for edit in edits if edit.replacement is not None}
        return {origin for target, origin in origins if origin != target}

    def _tell(self, changes: Iterable[Change]) -> None:
        """Tell who has asked for it that modules which were loaded already have been changed."""
        if not self._listeners:
            return
        ids: dict[str, set[str]] = {}
        for patch_id, target in (change.layer.key for change in changes):
            ids.setdefault(target.partition(":")[0].partition(".")[0], set()).add(patch_id)
        for package in ids.keys() & self._listeners.keys():
            self._listeners[package](ids[package])

    # --- copies ---

    def _rebind(self, changes: list[Change], modules: Iterable[str]) -> None:
        if changes:
            aliases.rebind(changes, aliases.loaded_modules(self._replacement_modules(modules)))
            self._ledger.paid(changes)

    def _catch_up(self) -> None:
        """Bind the copies that a call which was interrupted has left."""
        owed = self._ledger.owed()
        if owed:
            spared = self._replacement_modules({change.layer.key[1].partition(":")[0] for change in owed})
            aliases.rebind([change for change in owed if not change.is_undone], aliases.loaded_modules(spared))
            aliases.rebind([change for change in owed if change.is_undone], aliases.loaded_modules())
            self._ledger.paid(owed)

    # --- undoing ---

    def _revert(self, parts: Iterable[Part]) -> list[BackportError]:
        changes: list[Change] = []
        errors: list[BackportError] = []
        reverted = list(parts)
        self._catch_up()
        for part in reversed(reverted):
            errors += part.announce_undo()
            done, failed = part.revert()
            changes += done
            errors += failed
        self._unwatch({part.module_name for part in reverted})
        fallen, failed = self._take_out_fallen(changes)
        for part in reverted if fallen else ():
            self._fallen.setdefault(part.patch_id, {}).update(dict.fromkeys(fallen))
        self._rebind(changes, ())
        self._sweep_again(reverted)
        errors += failed + _settle((*reversed(reverted), *fallen))
        self._tell(changes)
        return errors

    def _take_out_fallen(self, changes: list[Change]) -> tuple[list[Part], list[BackportError]]:
        """Take out wholly each patch of which a wrap fell; what is changed thereby is added to `changes`."""
        fallen: list[Part] = []
        errors: list[BackportError] = []
        for layer in (change.layer for change in changes if change.layer.failure is not None):
            for part in self._parts[layer.key[0]]:
                if layer in part.layers:
                    done, failed = part.fall(layer)
                    changes += done
                    errors += failed
                    fallen.append(part)
                    on_error.logger().info("%s: %s", part.patch_id, part.reason)
        return fallen, errors

    def _sweep_again(self, parts: list[Part]) -> None:
        """Another thread may have applied these since: its sweep may have passed the copies that ours bound back."""
        self._rebind([change for part in parts for change in part.made()], [part.module_name for part in parts])

    def _unwatch(self, names: Iterable[str]) -> None:
        finder.unwatch(name for name in names if not any(part.armed or part.layers for part in self._in_module(name)))


def _settle(parts: Iterable[Part]) -> list[BackportError]:
    return [error for part in parts for error in part.settle()]


def _discard(entry_points: list[EntryPoint], done: EntryPoint) -> None:
    with suppress(ValueError):  # another thread was first
        entry_points.remove(done)


def _unknown(patch_id: str, known: list[str]) -> UnknownPatchError:
    return UnknownPatchError(
        "no such patch is declared here",
        patch=patch_id,
        expected=f"one of: {', '.join(known) or 'none'}",
        next_step=_nearest(patch_id, known) or None,
    )


def _nearest(patch_id: str, known: list[str]) -> str:
    """Ask whether another id was meant; empty if none is like it."""
    from difflib import get_close_matches

    close = get_close_matches(patch_id, known, n=3)
    return f"did you mean {' or '.join(close)}?" if close else ""


def _needless(patch_id: str, known: list[str], who: str, where: str) -> SettingsError:
    question = _nearest(patch_id, known)
    return SettingsError(
        f"{who} switches off '{patch_id}', which nobody declares",
        expected="the id of a patch that is declared here, or a pattern, which may fit none"
        if who != _OFF
        else "the id of a patch that is declared here, or all",
        next_step=f"{question} " * bool(question) + f"correct or delete it in {where}",
    )


def _no_provider(name: str, known: list[str]) -> UnknownPatchError:
    return UnknownPatchError(
        f"no provider called '{name}' is here",
        expected=f"one of: {', '.join(known) or 'none'}",
        next_step="correct providers=..., or install the distribution",
    )


def _judgements() -> Judgements | None:
    """The judgements of the manifest that this process started from; None if it did not start from one."""
    if not manifest.in_force:
        return None
    from backportkit.engine import judgements  # needs json

    return judgements.in_force()


_engine = Engine(declared_patches, discovery.packages, discovery.entry_points)

apply_all = _engine.apply_all
unpatch = _engine.unpatch
unpatch_all = _engine.unpatch_all
unpatched = _engine.unpatched
status = _engine.status
survey = _engine.survey
is_applied = _engine.is_applied
require = _engine.require
find = _engine.find
armed = _engine.armed
on_late_change = _engine.on_late_change
out_of_reach = _engine.out_of_reach

finder.on_missed(_engine.attend_to_missed)
if sentinel.wake is not None:  # last, since what a provider imports may need what stands above
    _engine.take_over(sentinel.names, _judgements())
