"""Know the patches that are declared, and arm them when their time has come."""

from __future__ import annotations

import sys

from backportkit.bootstrap import only_looking
from backportkit.engine import in_effect, on_error, problems
from backportkit.engine.arming import Arming
from backportkit.engine.batch import Batch
from backportkit.engine.providers import Providers
from backportkit.engine.selection import Selection, is_of_provider, outside_calls
from backportkit.providers_on_disk import GROUP, OFFERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from backportkit.declaration.discovery import EntryPoint
    from backportkit.declaration.record import Patch
    from backportkit.declaration.registry import Declared, Registry
    from backportkit.engine.module_patch import ModulePatch
    from backportkit.errors import BackportError
    from backportkit.layers.layer import Change
    from backportkit.patch_status import PatchStatus


class Known:
    """The patches that are declared or can be read, and those of them that are armed."""

    def __init__(
        self,
        registry: Registry,
        find_packages: Callable[[str], set[str] | None],
        find_providers: Callable[[str], dict[str, list[EntryPoint]]],
    ) -> None:
        self.registry = registry
        self.batch = Batch()
        self.arming = Arming(registry, self.batch, self.before, self._loaded)
        self.providers = Providers(GROUP, find_packages, find_providers, self.before, self.arming)
        self.offers = Providers(OFFERS, find_packages, find_providers, self.before, self.arming)
        self.reads_offers = False

    def ids(self) -> list[str]:
        """The ids of all that is declared."""
        return sorted(declared.id for declared in self.registry)

    # --- reading ---

    def sources(self) -> Iterator[Providers]:
        """Return the sources of declarations; offers only if somebody asks for a patch that is not declared so far."""
        yield self.providers
        if self.reads_offers or self.arming.asks_beyond():
            yield self.offers

    def before(self, name: str) -> None:
        """Read and arm the patches for a package, or a module in it, that is about to run its body."""
        if self.arming.in_force:
            errors = [error for source in self.sources() for error in source.read_before(name)]
            judging = self.providers.judging()
            errors += self.arming.arm_new(judging)
            errors += self.batch.open_beneath(name, judging, None) if self.batch.added else ()
            errors += self._gone(name) if self.batch.required else ()
            on_error.refuse_import(name, errors)

    def _gone(self, name: str) -> list[BackportError]:
        from backportkit.engine import required  # only where a policy requires patches

        return required.gone(self, name)

    def _loaded(self, name: str, module: ModuleType) -> None:
        self.batch.catch_up()
        self.batch.apply_after_import(name, module, self.providers.judging())

    def read_all(self) -> list[BackportError]:
        """Read all declarations that can be read; return the errors of the others.

        Arms none but those for modules that reading itself has imported: a marker in `requires` takes packaging.
        """
        there = {*sys.modules}
        errors = [error for source in self.sources() for error in source.read_all()]
        return errors + self._arm_for(sys.modules.keys() - there) + self._tell_of_unknown()

    def _arm_for(self, modules: set[str]) -> list[BackportError]:
        """Arm the patches of modules that have come while their patches were not known yet."""
        unknown = self.registry.beyond(self.batch.by_id) if self.arming.in_force and modules else []
        late = [one for one in unknown if not modules.isdisjoint(one.patch.modules)]
        return self.arming.arm(late, self.providers.judging()) if late else []

    def _tell_of_unknown(self) -> list[BackportError]:
        """Report ids that are switched off or asked for and that nobody declares, after all declarations are read."""
        errors = self._needlessly_off()
        if errors:  # what is only offered is declared, too, and what cannot be read may have it
            errors = [] if self.offers.read_all() else self._needlessly_off()
        settings, ids = self.arming.settings(), self.ids()
        for who, where, names in outside_calls(settings):
            unknown = Selection(exclude=names).unknown_ids(ids)
            errors += [problems.needless(patch_id, ids, who, where, "asks for") for patch_id in unknown]
        return [told for error in errors for told in on_error.tell(error, required=False)]

    def _needlessly_off(self) -> list[BackportError]:
        """Return an error for each id that is switched off and that nobody declares who has been read."""
        settings, ids = self.arming.settings(), self.ids()
        unknown = Selection(exclude=[name for name in settings.disable if not is_of_provider(name)]).unknown_ids(ids)
        others = on_error.switched_off().difference(ids, ["all"], on_error.checked_by_caller)
        mistyped = sorted(name for name in others if not is_of_provider(name))
        return [
            *(problems.needless(patch_id, ids, settings.path, "`disable`") for patch_id in unknown),
            *(problems.needless_in_environment(patch_id, ids) for patch_id in mistyped),
        ]

    # --- finding ---

    def refuse_unknown(self, selection: Selection) -> None:
        """Raise UnknownPatchError for names that choose nothing even when all providers have been read."""
        if selection.providers:
            self._refuse_unknown_providers(selection)
        if selection.names_known_only(self.registry.find):
            return
        errors: list[BackportError] = []
        for source in (self.providers, self.offers):
            if any(selection.unknown_ids(self.ids())):
                errors += source.read_all(selection.takes_provider)
        for name in selection.unknown_ids(self.ids()):
            on_error.raise_all(errors, "read")  # a provider that cannot be read may have it
            raise problems.unknown(name, self.ids())

    def _refuse_unknown_providers(self, selection: Selection) -> None:
        known = {declared.provider for declared in self.registry} | self.providers.names() | self.offers.names()
        for name in selection.unknown_providers(known):
            raise problems.no_provider(name, sorted(known))

    def find_declared(self, patch_id: str) -> Declared:
        """The patch of that id, once all providers are read that may have it. Raises UnknownPatchError."""
        __tracebackhide__ = True  # pytest shows the test that asks
        if not isinstance(patch_id, str):
            raise problems.unknown(patch_id, [])
        errors: list[BackportError] = []
        for read in () if on_error.all_disabled() else (self.read_all, self.offers.read_all):
            errors += read() if self.registry.find(patch_id) is None else []
        declared = self.registry.find(patch_id)
        if declared is None:
            on_error.raise_all(errors, "read")  # a provider that cannot be read may have it
            raise self._unknown(patch_id)
        return declared

    def _unknown(self, patch_id: str) -> BackportError:
        from backportkit.engine import left_out  # for an error only

        error = problems.unknown(patch_id, self.ids())
        error.found = left_out.why_unknown(patch_id, (self.providers, self.offers))
        return error

    def taken_up(self, declared: Declared) -> Sequence[ModulePatch]:
        """Return the module patches of a patch. Arm those that were to be armed later, lest they come after an undo."""
        arming, by_id = self.arming, self.batch.by_id
        if declared.id not in by_id and arming.to_come(declared, arming.off(declared)):
            on_error.raise_all(arming.arm([declared], self.providers.judging()))
        return by_id.get(declared.id, ())

    # --- asking ---

    def read_offers(self) -> None:
        """From now on read offers, too, where all is read: for commands that show them."""
        self.reads_offers = True

    def find(self, patch_id: str) -> Patch:
        """The patch of that id, declared here or by an installed provider. Raises UnknownPatchError."""
        with only_looking():
            return self.find_declared(patch_id).patch

    def is_in_block(self, patch_id: str) -> bool:
        """Tell whether a `with unpatched` block keeps a patch out, and will bring it back."""
        return self.arming.blocks.will_bring_back(patch_id)

    def seen(self) -> list[tuple[int, ...]]:
        """Return what a look at all places finds, which differs if what is in effect may do so."""
        return [in_effect.seen(patch) for patches in list(self.batch.by_id.values()) for patch in patches]

    def glance(self) -> tuple[list[PatchStatus], list[BackportError]]:
        """Return the status of patches as it is without a look into source, and the errors of unreadable providers.

        Shipped patches of packages that are not installed are not read for that.
        """
        with only_looking():
            from backportkit.engine import answers

            return answers.glance(self)

    def made(self, patch_id: str) -> list[Change]:
        """Return what a patch has put in place and what stood there before, as far as it is in effect."""
        return [change for patch in self.batch.by_id.get(patch_id, ()) for change in in_effect.made(patch)]

    def armed(self, package: str) -> list[ModulePatch]:
        """Return the armed module patches of a top-level package. Judges nothing."""
        modules = [name for name in list(self.batch.by_module) if name.partition(".")[0] == package]
        return [patch for name in modules for patch in self.batch.in_module(name) if patch.armed]

    def on_late_change(self, package: str, listener: Callable[[set[str]], None]) -> None:
        """Call `listener` when modules of a package that are loaded already have been changed: patched, or undone.

        The listener is given the ids of the patches. One listener a package: a later one takes the place of an earlier
        one.
        """
        self.batch.listeners[package] = listener
