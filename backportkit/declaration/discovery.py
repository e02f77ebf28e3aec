"""Find the modules that provide patches: entry points in two groups, named after the packages that they patch.

The modules in `backportkit.patches` are read before the package is imported, and those in `backportkit.offers` only if
somebody asks for a patch.
"""

from __future__ import annotations

import _frozen_importlib as _bootstrap
import os
import sys

from backportkit import providers_on_disk
from backportkit.declaration.registry import (
    declared_patches,
    is_offer_being_loaded,
    loading,
    provider_being_loaded,
)
from backportkit.errors import ProviderError, let_interrupt_pass, write_log
from backportkit.hook import lazy_imports
from backportkit.hook.lazy_imports import imported
from backportkit.names import normalised
from backportkit.policy import in_force
from backportkit.providers_on_disk import GROUP, OFFERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from backportkit.declaration.metadata import Metadata

known_providers: set[str] = set()  # the distributions whose declarations were read
declared_by: dict[str, set[str]] = {}  # the ids of the patches that a module has declared, by its entry point's value
refused: dict[str, str] = {}  # why a policy does not allow a provider, by its name
_COMPARE = "`backportkit policy check` shows what differs from the policy"
_REVIEW = "review it without this policy, in a container: backportkit diff ID; then allow it: backportkit policy lock"
_DeadlockError = _bootstrap._DeadlockError  # type: ignore[attr-defined]


def packages(group: str) -> set[str] | None:
    """The packages that installed distributions name in a group; None where only importlib.metadata can tell.

    The result has all packages that importlib.metadata finds, at a fraction of its cost.
    """
    return providers_on_disk.patched_packages(sys.path, group)


class EntryPoint:
    """A line of a group: `name` is the package that is patched, `value` the module that declares the patches.

    `metadata` tells which distribution says so: its metadata, or its name as a manifest has it, or None if that is not
    known. `beside` has the names of all lines of that distribution, and of those that name the module;
    None if they are not known.
    """

    __slots__ = ("beside", "group", "metadata", "name", "value")

    def __init__(self, name: str, value: str, metadata: Metadata | str | None = None, group: str = GROUP) -> None:
        self.beside: frozenset[str] | None = None
        self.name = name
        self.value = value
        self.metadata = metadata
        self.group = group

    @property
    def module(self) -> str:
        return self.value.partition("[")[0].partition(":")[0].strip()

    @property
    def attr(self) -> str:
        """The object in the module that is named behind a colon; empty if none is."""
        return self.value.partition("[")[0].partition(":")[2].strip()

    def load(self) -> None:
        """Import the module, and look for the object in it that is named."""
        found: object = imported(self.module)
        for name in filter(None, self.attr.split(".")):
            found = getattr(found, name)


def entry_points(*groups: str) -> dict[str, list[EntryPoint]]:
    """The entry points of all installed distributions, by their name: the package they patch. Loads none of them.

    They are those that importlib.metadata finds, but a distribution with broken metadata does not hide the others.
    """
    by_package = _installed(groups)
    return by_package if not in_force.policies() else _permitted(by_package)


def _installed(groups: Iterable[str]) -> dict[str, list[EntryPoint]]:
    from backportkit.declaration import metadata

    by_package: dict[str, list[EntryPoint]] = {}
    copies: dict[str, list[Metadata]] = {}
    for found in metadata.everything():
        copies.setdefault(found.key, []).append(found)
    for key, several in copies.items():
        for entry_point in () if providers_on_disk.is_left_over(key) else _of_copies(several, groups):
            by_package.setdefault(entry_point.name, []).append(entry_point)
    _note_beside(one for entries in by_package.values() for one in entries)
    return by_package


def _of_copies(several: list[Metadata], groups: Iterable[str]) -> list[EntryPoint]:
    """Return the entry points of the copies of a distribution, each of the copy that counts for its module."""
    if len(several) == 1:
        return _of_distribution(several[0], groups)
    from backportkit.declaration import counting  # few distributions are there twice

    return [
        entry_point
        for found in several
        for entry_point in _of_distribution(found, groups)
        if counting.in_order(several, entry_point.module)[0] is found
    ]


def _of_distribution(found: Metadata, groups: Iterable[str]) -> list[EntryPoint]:
    text = found.text("entry_points.txt")
    return [
        EntryPoint(name, value, found, group)
        for group in groups
        for name, value in providers_on_disk.entries_in(text, group)
    ]


def _note_beside(entry_points: Iterable[EntryPoint]) -> None:
    """Note for each line the names of all lines that are of its distribution, or that name its module."""
    of_distribution: dict[int, set[str]] = {}
    of_module: dict[str, set[str]] = {}
    found = list(entry_points)
    for one in found:
        of_distribution.setdefault(id(one.metadata), set()).add(one.name)
        of_module.setdefault(one.module, set()).add(one.name)
    for one in found:
        one.beside = frozenset(of_distribution[id(one.metadata)] | of_module[one.module])


def lead_to(names: Iterable[str], module: str) -> bool:
    """Tell whether an entry point of one of these names is read before a module is imported.

    It is if it has the name of the module, or of a package above it.
    """
    parts = module.split(".")
    return any(".".join(parts[:length]) in names for length in range(1, len(parts) + 1))


def _permitted(by_package: dict[str, list[EntryPoint]]) -> dict[str, list[EntryPoint]]:
    """Leave out the entry points of providers that a policy does not allow."""
    found = {package: list(filter(is_permitted, entries)) for package, entries in by_package.items()}
    return {package: entries for package, entries in found.items() if entries}


def is_permitted(entry_point: EntryPoint) -> bool:
    """Tell whether a policy allows a provider; say so once where it does not."""
    provider = provider_of(entry_point)
    reason = in_force.refuses_provider(provider)
    if reason and provider not in refused:
        refused[provider] = reason
        _tell_refused(entry_point, provider, reason)
        write_log("info", "%s", reason, fields={"patch_deed": "refused", "patch_provider": provider})
    return not reason


def _tell_refused(entry_point: EntryPoint, provider: str, reason: str) -> None:
    """Tell audit hooks that a provider is not read. No hook can change that."""
    try:
        sys.audit("backportkit.refuse", "", provider, entry_point.module, reason)
    except Exception:  # noqa: BLE001 -- nothing is done that a hook could keep from being done
        return


def is_declared(entry_point: EntryPoint, info: str) -> bool:
    """Tell whether the metadata in the folder `info` are those of the entry point's provider, and have it."""
    named = os.path.basename(info).partition("-")[0]  # noqa: PTH119 -- pathlib costs a third of a start
    return normalised(named) == normalised(provider_of(entry_point)) and providers_on_disk.declares(
        info, entry_point.group, (entry_point.name, entry_point.value)
    )


def load(entry_point: EntryPoint) -> bool:
    """Import the module that an entry point names, so that its declarations are made; return False if it is under way.

    Where another thread is importing the module, this one waits for it as all imports do, by the module's own import
    lock, so that Python sees if each of the two waits for the other. Then the module is left to the other thread. It is
    also left to a frame further down in this thread that is importing it already.

    Raises ProviderError: with the cause if it cannot be imported, or before that if the distribution is not what it
    says it is or a policy does not allow it; or if a patch is for another package than the entry points name.
    """
    provider = provider_of(entry_point)
    _refuse_stranger(entry_point, provider)
    known = {declared.id for declared in declared_patches}
    done = _loaded(entry_point, provider)
    _check_led_to(entry_point, known)
    new = {declared.id for declared in declared_patches} - known
    declared_by.setdefault(entry_point.value, set()).update(new)
    return done


def _loaded(entry_point: EntryPoint, provider: str) -> bool:
    try:
        sys.audit("backportkit.provider", provider, entry_point.module, entry_point.group)
        with _OnBehalfOf(provider, entry_point.group):
            return _import(entry_point)
    except BaseException as error:
        let_interrupt_pass(error)
        from backportkit.declaration import unreadable  # for an error only

        raise unreadable.not_loaded(entry_point, provider, error) from error


def check_allowed(module: str) -> None:
    """Raise ProviderError if a policy does not allow a module that a user has named to be imported.

    It is that of the distributions whose entry points name it, or a module above or below it; else of its own package.
    """
    found = [one for entries in _installed((GROUP, OFFERS)).values() for one in entries] if in_force.policies() else []
    concerned = [one for one in found if _is_in(one.module, module) or _is_in(module, one.module)]
    for one in concerned or [EntryPoint("", module)]:
        _refuse_stranger(one, provider_of(one))


def _is_in(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


def _refuse_stranger(entry_point: EntryPoint, provider: str) -> None:
    """Raise ProviderError if a distribution is not what it says it is, or if a policy does not allow it."""
    _check_identity(entry_point.metadata)
    reason, next_step = in_force.refuses_provider(provider), _COMPARE
    if not reason and in_force.ask_whose(provider, entry_point.module):
        from backportkit.declaration import ownership  # needs csv and ast

        taker = ownership.Taker(provider, is_installed=entry_point.metadata is not None)
        reason = ownership.refusal(taker, entry_point.module)
    if not reason:
        reason, next_step = _refused_module(entry_point, provider), _REVIEW
    if reason:
        _tell_refused(entry_point, provider, reason)
        raise ProviderError(f"the patches of '{provider}' are not read", found=reason, next_step=next_step)


def _check_identity(found: Metadata | str | None) -> None:
    """Raise ProviderError unless the metadata name the same distribution as their folder, which pip has named."""
    if found is None or isinstance(found, str) or not found.path:  # a finder of distributions may have made them up
        return
    name = found.name
    if name and found.named == normalised(name):
        return
    raise ProviderError(
        f"'{name or found.named}' is not what its metadata says",
        expected=f"the name '{found.named}', as that of the folder {found.path}",
        found=f"Name: {name}" if name else "no name",
        next_step="uninstall it, and see where it came from",
    )


def _refused_module(entry_point: EntryPoint, provider: str) -> str:
    """Say why a policy does not allow a provider this module; empty if it does, and then what it names is bound."""
    named = in_force.modules_of(provider)
    for path, allowed in named:
        if entry_point.module not in allowed:
            return f"the policy {path} does not allow '{provider}' the module {entry_point.module}"
    if not named:
        return ""
    from backportkit.declaration import hashed  # needs hashlib

    return hashed.bind(provider)


def _check_led_to(entry_point: EntryPoint, known: set[str]) -> None:
    """Raise ProviderError if a patch is of a package that the provider does not name, and withdraw its declaration.

    Who reads what is installed would not see that the package is patched, nor would a program that imports it.
    """
    names = entry_point.beside
    for declared in declared_patches if names is not None else ():
        if declared.id in known or declared.internal or declared.provider != provider_of(entry_point):
            continue
        missed = [module for module in declared.patch.occasions if module and not lead_to(names or (), module)]
        if missed:
            declared_patches.remove(declared.id)
            package = missed[0].partition(".")[0]
            raise ProviderError(
                f"the patches of '{declared.provider}' are for other packages than it names",
                patch=declared.id,
                expected=f"an entry point named {package}, since that is patched",
                found=f"entry points named {', '.join(sorted(names or ()))}",
                next_step=f'add {package} = "{entry_point.value}" to [project.entry-points."{entry_point.group}"]',
            )


def _import(entry_point: EntryPoint) -> bool:
    try:
        return _complete(entry_point)
    except _DeadlockError:  # a thread that has waited for this one goes on now, and then this one can
        pass
    try:
        return _complete(entry_point)
    except _DeadlockError:
        from backportkit.hook import finder  # a program that only declares does not need it

        if not finder.is_in_flight(entry_point.module):
            raise
        return False


def _complete(entry_point: EntryPoint) -> bool:
    module = imported(entry_point.module)
    if getattr(getattr(module, "__spec__", None), "_initializing", False):
        return False
    entry_point.load()  # with the object that it may name
    return True


class _OnBehalfOf(lazy_imports.OnlyOnRequest):
    """Note for the length of a `with` block that this thread loads the declarations of a provider."""

    __slots__ = ("_loaded", "_outer")

    def __init__(self, provider: str, group: str) -> None:
        self._loaded = provider, group == OFFERS

    def __enter__(self) -> None:
        self._outer = provider_being_loaded(), is_offer_being_loaded()
        loading.provider, loading.is_offer = self._loaded
        known_providers.add(self._loaded[0])
        super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        loading.provider, loading.is_offer = self._outer


def provider_of(entry_point: EntryPoint) -> str:
    """The name of the distribution that an entry point comes from, or of the module where no distribution is known."""
    found = entry_point.metadata
    if found is None or isinstance(found, str):
        return found or entry_point.module.partition(".")[0]
    return found.name or found.named or found.path
