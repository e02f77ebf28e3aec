"""Read the declarations of installed providers, each when the package that it patches is imported."""

from __future__ import annotations

import sys
from itertools import chain

from backportkit import bootstrap
from backportkit.declaration import discovery, eligibility
from backportkit.declaration.registry import SHIPPED, declared_patches
from backportkit.engine import on_error
from backportkit.engine.selection import ask_beyond_outside_calls, of_provider
from backportkit.errors import BackportError
from backportkit.hook import finder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backportkit.declaration.discovery import EntryPoint
    from backportkit.declaration.eligibility import Judging
    from backportkit.engine.arming import Arming
    from backportkit.engine.judgements import Judgements


class Providers:
    """The installed providers in a group of entry points that have not been read, and the judgements of a manifest.

    `before` is called with the name of a module that is about to run its body, where a provider may have patches of it.
    `arming` tells which providers are switched off, and which may have a patch that was asked for.
    """

    def __init__(
        self,
        group: str,
        find_packages: Callable[[str], set[str] | None],
        find_providers: Callable[[str], dict[str, list[EntryPoint]]],
        before: Callable[[str], None],
        arming: Arming,
    ) -> None:
        self._arming = arming
        self._group = group
        self._find_packages = find_packages
        self._find_providers = find_providers
        self._before = before
        self._packages: set[str] | None = None
        self._unread: dict[str, list[EntryPoint]] | None = None
        self.judgements: Judgements | None = None  # of the manifest

    def imported(self) -> list[str]:
        """Return the imported packages that may have unread providers. Packages with providers are looked for once."""
        if self._packages is None and self._unread is None:
            self._packages = self._find_packages(self._group)
            finder.before_import(self._packages or (), self._before)
        found = self._packages if self._packages is not None else self.unread()
        return [name for name in list(found) if sys.modules.get(name) is not None]

    def unread(self) -> dict[str, list[EntryPoint]]:
        """The entry points that have not been read, by the package they patch. They are looked for once."""
        if self._unread is None:
            self._unread = self._find_providers(self._group)
            finder.before_import(self._unread, self._before)
        return self._unread

    def lead_to(self, module: str) -> bool:
        """Tell whether a provider that was read, or may be, names a module or a package above it."""
        is_judged = self.judgements is not None and self.judgements.unread(module) is not None
        return is_judged or discovery.lead_to(self.unread(), module)

    def names(self) -> set[str]:
        """Return the names of the providers that have not been read."""
        return {discovery.provider_of(entry) for entry in chain.from_iterable(list(self.unread().values()))}

    def switched_off(self) -> list[str]:
        """Return those of them that are switched off by their names."""
        return sorted(filter(self._is_off, self.names()))

    def read(self, packages: Iterable[str], is_wanted: Callable[[str], bool]) -> list[BackportError]:
        """Read the wanted providers of packages, each once. An unreadable one is tried again the next time."""
        lists = [self.unread().get(package, []) for package in list(packages)]
        return [error for unread in lists for error in self._load(unread, is_wanted)]

    def read_imported(self) -> list[BackportError]:
        """Read the providers that may have patches for packages that are imported, and that were asked for."""
        return self.read(self.imported(), self._may_have_what_is_asked_for)

    def read_all(self, is_wanted: Callable[[str], bool] = lambda _: True) -> list[BackportError]:
        """Read all providers, or those of them that are wanted."""
        return self.read(self.unread(), is_wanted)

    def read_before(self, name: str) -> list[BackportError]:
        """Read the providers that may have patches for a module that is about to run its body."""
        known = None if self.judgements is None else self.judgements.unread(name)
        if known is not None:
            return self._load(known, self._may_have_what_is_asked_for)
        return self.read(dict.fromkeys([name, *self.imported()]), self._may_have_what_is_asked_for)

    def _load(self, unread: list[EntryPoint], is_wanted: Callable[[str], bool]) -> list[BackportError]:
        """Load providers, each once. Where another thread is loading one, this one waits for it, as all imports do."""
        errors: list[BackportError] = []
        for entry_point in list(unread):
            provider = discovery.provider_of(entry_point)
            if self._is_off(provider) or not is_wanted(provider) or not discovery.is_permitted(entry_point):
                continue
            try:
                if discovery.load(entry_point):
                    _discard(unread, entry_point)
            except BackportError as error:
                errors += on_error.tell(error)
        return errors

    def _is_off(self, provider: str) -> bool:
        """Tell whether a provider is switched off by its name, so that its declarations are not even imported."""
        name = of_provider(provider)
        return name in on_error.switched_off() or self._arming.settings().disables(name)

    def _may_have_what_is_asked_for(self, provider: str) -> bool:
        """Tell whether a provider may have a patch that was asked for. Our own ones go along with those of others."""
        if provider in SHIPPED or self._arming.selections.take_provider(provider):
            return True
        return ask_beyond_outside_calls(self._arming.settings(), declared_patches.find)

    def judging(self) -> Judging:
        """Return a judge of the environment as it is now, which uses the manifest if there is one."""
        return eligibility.Judging() if self.judgements is None else self.judgements.judging()


def _discard(entry_points: list[EntryPoint], done: EntryPoint) -> None:
    try:  # noqa: SIM105 -- a start does not load contextlib
        entry_points.remove(done)
    except ValueError:  # another thread was first
        pass


def judgements_in_force() -> Judgements | None:
    """The judgements of the manifest that this process started from; None if it did not start from one."""
    if not bootstrap.in_force:
        return None
    from backportkit.engine import judgements  # needs json

    return judgements.in_force()
