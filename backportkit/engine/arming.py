"""Choose among the declared patches, and arm those that are to be in effect."""

from __future__ import annotations

import os

from backportkit import states
from backportkit.declaration import discovery
from backportkit.engine import audit, on_error
from backportkit.engine.blocks import Blocks
from backportkit.engine.module_patch import ModulePatch
from backportkit.engine.outcome import WAITING
from backportkit.engine.precedence import Precedence
from backportkit.engine.selection import Selections, Settings, ask_beyond, is_asked_for, of_provider
from backportkit.errors import BackportError
from backportkit.hook import finder
from backportkit.layers.journal import lock
from backportkit.policy import in_force

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import ModuleType

    from backportkit.declaration.eligibility import Judging
    from backportkit.declaration.registry import Declared, Registry
    from backportkit.engine.batch import Batch
    from backportkit.layers.ledger import Ledger


class Arming:
    """The patches that `apply_all` has been asked for since the last `unpatch_all`, and those of them that are armed.

    `in_force` is true between the two: declarations that are read then are armed at once. `loaded` is called with the
    name of a module that patches wait for and with the module, when its body has run; `before` with the name of a
    package that modules are added to, when its body is about to run.
    """

    def __init__(
        self,
        registry: Registry,
        batch: Batch,
        before: Callable[[str], None],
        loaded: Callable[[str, ModuleType], None],
    ) -> None:
        self._registry = registry
        self._batch = batch
        self._before = before
        self._loaded = loaded
        self._precedence = Precedence(batch.by_id, batch.by_module)
        self._settings: Settings | None = None
        self.selections = Selections()
        self.blocks = Blocks()
        self.in_force = False
        self._has_ended = False

    def settings(self, config: str | os.PathLike[str] | None = None) -> Settings:
        """Heed the settings in a file, by default the one that BACKPORTKIT_CONFIG names; none if there is none.

        No folder is searched: a program must not behave differently for the directory that it happens to be started in.
        """
        if config is not None or self._settings is None:
            self._settings = _settings_in(config)
            if self._settings.policy:
                in_force.name(self._settings.policy)
        return self._settings

    def obey(self) -> list[BackportError]:
        """Take out what was armed before a policy was named that does not allow it. Returns what is to be raised."""
        return _take_out_denied(self._batch)

    def end(self) -> None:
        """Arm no more until somebody asks for it."""
        self.in_force = False
        self._has_ended = True
        self.selections.clear()
        self._precedence.forget()

    def why_idle(self) -> str:
        """Say why nothing is armed; empty between `apply_all` and `unpatch_all`."""
        if self.in_force:
            return ""
        return f"apply_all() has not been called{' since unpatch_all()' if self._has_ended else ''}"

    # --- which ---

    def off(self, declared: Declared) -> str | None:
        """Say why a patch is not to be armed, None if it is."""
        settings = self.settings()
        if refusal := _refusal(declared):
            return refusal
        if reason := _switched_off(declared, settings):
            return reason
        if not self.selections.take(declared):
            return "not among those that apply_all() was asked for"
        return None

    def is_asked_for(self, declared: Declared) -> bool:
        """Tell whether somebody has asked for that very patch, and not only for all."""
        return is_asked_for(declared, self.selections, self.settings())

    def asks_beyond(self) -> bool:
        """Tell whether somebody has asked by a name that may be of a patch which is not known yet."""
        return ask_beyond(self.selections, self.settings(), self._registry.find)

    def is_only_offered(self, declared: Declared) -> bool:
        """Tell whether a patch waits for somebody to ask for it."""
        return declared.opt_in and not self.is_asked_for(declared)

    def in_the_running(self) -> Iterator[Declared]:
        """Return the patches that nothing switches off; `opt_in` ones only if somebody has asked for them."""
        return (one for one in self._registry if self.off(one) is None and not self.is_only_offered(one))

    def to_come(self, declared: Declared, off: str | None) -> list[ModulePatch]:
        """Return the module patches that will be armed when their package is imported, as apply_all() has asked."""
        if off is not None or not self.in_force or declared.provider not in discovery.known_providers:
            return []
        found = _in_modules(declared, filter(finder.is_awaited, declared.patch.modules), self._batch.ledger)
        for patch in found:
            patch.armed = True
        return found

    # --- arm ---

    def arm(self, declarations: Iterable[Declared], judging: Judging) -> list[BackportError]:
        """Arm patches, and apply those whose module is loaded. Returns what is to be raised.

        Those that a block keeps out are known from now on, and come at its end.
        """
        patches = self.blocks.without_kept_out(self._to_arm(declarations))
        errors = self._batch.calls.run(patches, self._arm, patches, judging)
        begun = self.blocks.kept_out(patches)  # by blocks that have begun meanwhile
        return errors + self._batch.revert(begun) if begun else errors

    def _arm(self, patches: list[ModulePatch], judging: Judging) -> list[BackportError]:
        by_module = _armed(patches)
        self._batch.catch_up()
        displaced, refusals = self._precedence.decide(self.settings(), self.is_asked_for, judging.judge)
        finder.after_import(by_module, self._loaded)
        errors = self._open(by_module, judging) if self._batch.added else []
        errors += self._batch.apply_to_loaded(by_module, judging)
        errors += self._batch.revert(displaced)
        for patch, standing in displaced.items():
            patch.stay_out(*standing)
        return refusals + errors

    def take_up(self, declarations: Iterable[Declared]) -> None:
        """Arm patches after a plain `apply_all()`, where none of their modules is loaded."""
        for declared in declarations:
            if not declared.opt_in and not _refusal(declared):
                made = self._batch.by_id[declared.id] = _made(declared, self._batch)
                for patch in made:
                    patch.armed = True
        finder.after_import(self._batch.by_module, self._loaded)
        self._await_packages(self._batch.added)

    def _open(self, names: Iterable[str], judging: Judging) -> list[BackportError]:
        """Have modules made, once they are imported, that are added to a package or to none.

        What is installed may change until the package is imported: then it is done again.
        """
        packages = dict.fromkeys(name.rpartition(".")[0] for name in names)
        added = [package for package in packages if package in self._batch.added]
        self._await_packages(added)
        errors: list[BackportError] = []
        for package in added:
            errors += self._batch.open_beneath(package, judging, finder.look_at(package))
        return errors

    def _await_packages(self, names: Iterable[str]) -> None:
        packages = list(filter(None, names))
        finder.before_import(packages, self._before)
        finder.after_import(packages, self._loaded)

    def arm_new(self, judging: Judging) -> list[BackportError]:
        """Arm the patches that have been declared since, unless nothing is to be in force."""
        return self.arm(self._registry.beyond(self._batch.by_id), judging) if self.in_force else []

    def _to_arm(self, declarations: Iterable[Declared]) -> list[ModulePatch]:
        """Return the module patches to arm. Those that fell as one of these was undone come last, if still wanted."""
        found: list[ModulePatch] = []
        fallen: dict[ModulePatch, None] = {}
        known, fell, is_limited = self._batch.by_id, self._batch.fallen, bool(in_force.policies())
        for declared in declarations:
            if declared.opt_in and not self.is_asked_for(declared):
                continue
            if is_limited and declared.id in known and _refusal(declared):  # a policy was named since it was armed
                continue
            found += known.get(declared.patch.id) or self._of(declared)
            if fell:
                fallen.update(fell.pop(declared.id, {}))
        return _with_fallen_last(found, fallen) if fallen else found

    def _of(self, declared: Declared) -> Sequence[ModulePatch]:
        """Return the module patches of a patch, made when it is armed for the first time."""
        batch = self._batch
        if declared.id in batch.by_id:
            return batch.by_id[declared.id]
        off = self.off(declared)
        if off is not None:
            audit.tell("backportkit.disable", declared, off)
            return ()
        return _entered(declared, _made(declared, batch), batch, self._precedence)

    def forget(self, declared: Declared, new: Declared | None = None) -> Sequence[ModulePatch] | None:
        """Forget a patch that was taken out, and register the one that takes its place, if there is one.

        Return the module patches of the former one; None if another thread has withdrawn it already.
        """
        with lock:
            if not self._registry.has(declared):
                return None
            found = self._batch.by_id.pop(declared.id, ())
            self._registry.remove(declared.id) if new is None else self._registry.put(new)
        self._precedence.leave(declared.id, found)
        self._batch.drop(found)
        return found

    def leave_out(self, declared: Declared) -> None:
        """Know a patch, and leave it out until the next `apply_all`, as its former self was."""
        if self.off(declared) is not None:
            return
        made = _made(declared, self._batch)
        for patch in made:  # before another thread may arm it
            patch.disarm(states.REVERTED, "not to be applied any more; it was declared anew since")
        _entered(declared, made, self._batch, self._precedence)


def _entered(
    declared: Declared, made: Sequence[ModulePatch], batch: Batch, precedence: Precedence
) -> Sequence[ModulePatch]:
    """Enter module patches by the id of their patch; return those that are entered by it now."""
    found = _first(declared, made, batch.by_id)
    if found is made:
        precedence.enter(declared)
    else:  # another thread was here first
        batch.drop(made)
    return found


def try_settings(arming: Arming, config: str | os.PathLike[str] | None) -> None:
    """Heed the policy that settings name, where nothing else of them counts: wrong settings are passed over."""
    try:  # noqa: SIM105 -- a start does not load contextlib
        arming.settings(config)
    except BackportError:
        pass


def _take_out_denied(batch: Batch) -> list[BackportError]:
    """Take out the module patches that no policy allows any more. Returns what is to be raised."""
    armed = [one for made in list(batch.by_id.values()) for one in made if one.armed]
    denied = {one: reason for one in armed if (reason := _refusal(one.declared))}
    errors = batch.revert(denied)
    for one, reason in denied.items():
        one.stay_out(states.DISABLED, reason)
        audit.tell("backportkit.disable", one.declared, reason)
    return errors


def _switched_off(declared: Declared, settings: Settings) -> str:
    """Say by what a patch is switched off by its name or that of its provider; empty if it is not."""
    names = on_error.switched_off()
    if names and not names.isdisjoint({declared.id, of_provider(declared.provider), "all"}):
        return "switched off by BACKPORTKIT_DISABLE"
    if settings.disable and any(map(settings.disables, (declared.id, of_provider(declared.provider)))):
        return f"switched off by `disable` in {settings.path}"
    return ""


def _with_fallen_last(found: list[ModulePatch], fallen: dict[ModulePatch, None]) -> list[ModulePatch]:
    along = [patch for patch in fallen if patch.armed or patch in found]
    along.sort(key=lambda patch: patch.declared.position)  # one may stand upon another, whichever fell first
    return [*(patch for patch in found if patch not in fallen), *along]


def _made(declared: Declared, batch: Batch) -> tuple[ModulePatch, ...]:
    """Make the module patches of a patch and enter them by module, before they are entered by its id."""
    added = declared.patch.added
    made = tuple(_in_modules(declared, declared.patch.modules, batch.ledger))
    for patch in made:
        batch.by_module.setdefault(patch.module_name, []).append(patch)
        if patch.has_callbacks:
            batch.may_call = True
        if patch.module_name in added:
            package = patch.module_name.rpartition(".")[0]
            batch.added.setdefault(package, []).append(patch)  # type: ignore[arg-type]
    return made


def _first(
    declared: Declared, made: Sequence[ModulePatch], by_id: dict[str, Sequence[ModulePatch]]
) -> Sequence[ModulePatch]:
    """Enter module patches by the id of their patch, and return those that are entered by it now.

    Those of another thread that was first stay, and none is entered once the patch is withdrawn.
    """
    with lock:  # a thread that withdraws the patch comes before, or finds what is entered here
        found = by_id.setdefault(declared.id, made)
        if found is made and declared.withdrawn:
            by_id.pop(declared.id, None)
            return ()
    return found


def _armed(patches: Iterable[ModulePatch]) -> dict[str, list[ModulePatch]]:
    """Arm patches, and return them by the module that each is in."""
    by_module: dict[str, list[ModulePatch]] = {}
    name, some = "", list[ModulePatch]()
    for patch in patches:
        patch.armed = True
        if patch.outcome.may_be_retried:
            patch.outcome = WAITING
        if patch.module_name != name:
            name = patch.module_name
            some = by_module.setdefault(name, [])
        some.append(patch)
    return by_module


def _in_modules(declared: Declared, names: Iterable[str], ledger: Ledger) -> list[ModulePatch]:
    """Make the module patches of a patch in some of its modules."""
    added = declared.patch.added
    if not added:
        return [ModulePatch(declared, name, ledger) for name in names]
    from backportkit.engine.added_module import AddedModule  # few patches add any

    return [(AddedModule if name in added else ModulePatch)(declared, name, ledger) for name in names]


def _refusal(declared: Declared) -> str:
    """Say why a policy does not allow a patch; empty if it does."""
    if not in_force.policies():
        return ""
    targets = [edit.target for edit in declared.patch.edits]
    reason = in_force.refuses_patch(declared.provider, declared.id, targets, declared.named_modules)
    if reason or not (declared.code_modules or declared.aliased_modules):
        return reason
    from backportkit.declaration import ownership  # needs csv and ast

    return ownership.refusal_of_patch(declared)


def _settings_in(config: str | os.PathLike[str] | None) -> Settings:
    path = on_error.variable("BACKPORTKIT_CONFIG") if config is None else os.fspath(config)
    if not path:
        return Settings()
    from backportkit.engine import settings  # loads a parser for TOML

    return settings.read(path)
