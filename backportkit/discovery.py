"""Find who provides patches: entry points in the group `backportkit.patches`, named after what they patch."""

from __future__ import annotations

import _frozen_importlib as _bootstrap
import _thread
import sys
from contextlib import contextmanager, suppress
from importlib import import_module

from backportkit import lazy_imports, scan
from backportkit.errors import ProviderError
from backportkit.scan import GROUP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import EntryPoint

_loading = _thread._local()
_DeadlockError = _bootstrap._DeadlockError  # type: ignore[attr-defined]


def packages() -> set[str] | None:
    """The packages that installed distributions have patches for; None where only importlib.metadata can tell.

    Never less than what that finds, and at a fraction of its cost.
    """
    return scan.patched_packages(sys.path)


def entry_points() -> dict[str, list[EntryPoint]]:
    """The entry points of all installed distributions, by their name: the package they patch. Loads none of them."""
    from importlib.metadata import entry_points as installed  # costs more than four interpreter starts

    by_package: dict[str, list[EntryPoint]] = {}
    for entry_point in installed(group=GROUP):
        by_package.setdefault(entry_point.name, []).append(entry_point)
    return by_package


def load(entry_point: EntryPoint) -> bool:
    """Import the module that an entry point names, so that its declarations are made; return False if it is under way.

    Where another thread is importing it, this one waits for it as all imports do: by the module's own import lock. So
    Python sees if each of the two waits for the other. Then the module is left to the other thread, and so it is to
    the frame further down that is importing it in this thread.

    Raises ProviderError, with the cause, if it cannot be imported.
    """
    provider = provider_of(entry_point)
    try:
        with _on_behalf_of(provider, vouched=False):
            return _import(entry_point)
    except Exception as error:
        raise ProviderError(
            f"the patches of '{provider}' cannot be loaded: {type(error).__name__}: {error}",
            expected=f"an importable module {entry_point.value}, as the entry point {entry_point.name!r} says",
            next_step=f"mend or uninstall '{provider}', or start with BACKPORTKIT_DISABLE=all",
        ) from error


def _import(entry_point: EntryPoint) -> bool:
    with suppress(_DeadlockError):  # a thread that has waited for this one goes on now, and then this one can
        return _complete(entry_point)
    try:
        return _complete(entry_point)
    except _DeadlockError:
        from backportkit import hook  # those who only declare have no use for it

        if not hook.is_in_flight(entry_point.module):
            raise
        return False


def _complete(entry_point: EntryPoint) -> bool:
    module = import_module(entry_point.module)
    if getattr(getattr(module, "__spec__", None), "_initializing", False):
        return False
    entry_point.load()  # with the object that it may name
    return True


def load_vouched(module: str, provider: str) -> None:
    """Import a module of a provider, for whose declarations a manifest vouches. Raises whatever the module raises."""
    with _on_behalf_of(provider, vouched=True):
        import_module(module)


@contextmanager
def _on_behalf_of(provider: str, *, vouched: bool) -> Iterator[None]:
    outer = provider_being_loaded(), is_vouched_for()
    _loading.provider, _loading.vouched = provider, vouched
    try:
        with lazy_imports.OnlyOnRequest():
            yield
    finally:
        _loading.provider, _loading.vouched = outer


def provider_of(entry_point: EntryPoint) -> str:
    """The name of the distribution that an entry point comes from, or of the module where there are no metadata."""
    distribution = entry_point.dist
    with suppress(FileNotFoundError):  # of metadata that an interrupted uninstall has taken away, since 3.15
        if distribution is not None and "Name" in distribution.metadata:
            return distribution.name
    return entry_point.module.partition(".")[0]


def provider_being_loaded() -> str | None:
    """The distribution whose declarations this thread is loading, if it is."""
    provider: str | None = getattr(_loading, "provider", None)
    return provider


def is_vouched_for() -> bool:
    """Whether a manifest vouches for what this thread is loading."""
    return getattr(_loading, "vouched", False)
