"""Find the modules that provide patches: entry points in two groups, named after the packages that they patch.

The modules in `backportkit.patches` are read before the package is imported, and those in `backportkit.offers` only if
somebody asks for a patch.
"""

from __future__ import annotations

import _frozen_importlib as _bootstrap
import os
import sys

from backportkit import providers_on_disk
from backportkit.declaration.bounds import normalised
from backportkit.declaration.registry import is_offer_being_loaded, loading, provider_being_loaded
from backportkit.errors import ProviderError, let_interrupt_pass
from backportkit.hook import lazy_imports
from backportkit.hook.lazy_imports import imported
from backportkit.providers_on_disk import GROUP, OFFERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from backportkit.declaration.metadata import Metadata

known_providers: set[str] = set()  # the distributions whose declarations were read
_DeadlockError = _bootstrap._DeadlockError  # type: ignore[attr-defined]


def packages(group: str) -> set[str] | None:
    """The packages that installed distributions name in a group; None where only importlib.metadata can tell.

    The result has all packages that importlib.metadata finds, at a fraction of its cost.
    """
    return providers_on_disk.patched_packages(sys.path, group)


class EntryPoint:
    """A line of a group: `name` is the package that is patched, `value` the module that declares the patches.

    `metadata` tells which distribution says so: its metadata, or its name as a manifest has it, or None if that is not
    known.
    """

    __slots__ = ("group", "metadata", "name", "value")

    def __init__(self, name: str, value: str, metadata: Metadata | str | None = None, group: str = GROUP) -> None:
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
    from backportkit.declaration import metadata

    by_package: dict[str, list[EntryPoint]] = {}
    seen: set[str] = set()
    for found in metadata.everything():
        key = found.key
        if key in seen or providers_on_disk.is_left_over(key):
            continue
        seen.add(key)
        text = found.text("entry_points.txt")
        for group in groups:
            for name, value in providers_on_disk.entries_in(text, group):
                by_package.setdefault(name, []).append(EntryPoint(name, value, found, group))
    return by_package


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

    Raises ProviderError, with the cause, if it cannot be imported.
    """
    provider = provider_of(entry_point)
    try:
        with _OnBehalfOf(provider, entry_point.group):
            return _import(entry_point)
    except BaseException as error:
        let_interrupt_pass(error)
        raise ProviderError(
            f"the patches of '{provider}' cannot be loaded: {type(error).__name__}: {error}",
            expected=f"an importable module {entry_point.value}, as the entry point {entry_point.name!r} says",
            next_step=_next_step(provider, error),
        ) from error


def _next_step(provider: str, error: BaseException) -> str:
    if isinstance(error, SystemExit):  # the module is a script
        return f"put the declarations into a module of their own, or uninstall '{provider}'"
    return f"mend or uninstall '{provider}', or start with BACKPORTKIT_DISABLE=all"


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
    """The name of the distribution that an entry point comes from, or of the module where there are no metadata."""
    found = entry_point.metadata
    name = found if found is None or isinstance(found, str) else found.name
    return name or entry_point.value.partition(":")[0].partition(".")[0]
