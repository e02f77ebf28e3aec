"""The spec that tells when its import begins and ends, for the imports that no substitute loader can tell of."""

from __future__ import annotations

import _frozen_importlib as _bootstrap
import sys

from backportkit.bootstrap import as_importlib
from backportkit.hook import lazy_imports
from backportkit.hook.loader import call_before, call_loaded
from backportkit.hook.watch import watches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from backportkit.hook.watch import Watch

ModuleSpec = _bootstrap.ModuleSpec


class _WatchedSpec(ModuleSpec):
    """A spec that is told when its import begins and ends.

    `importlib._bootstrap._load_unlocked` sets `spec._initializing` to True before a module's body and to False in a
    `finally` after it, for namespace packages and for imports that began before we watched, too (3.10 to 3.15).
    """

    @property
    def _initializing(self) -> bool:
        return bool(vars(self).get("_initializing", False))

    @_initializing.setter
    @as_importlib
    def _initializing(self, value: bool) -> None:  # pragma: no cover
        watched = watches.get(self.name)
        if value:
            vars(self)["_initializing"] = True
            if watched is not None:
                call_before(watched)
            return
        try:
            if watched is not None and self.name in sys.modules:  # importlib takes out a module whose body failed
                _finish(watched)
        finally:  # not before: a thread that reads False takes the module without waiting for us
            vars(self)["_initializing"] = False
            self.__class__ = ModuleSpec  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return ModuleSpec, (self.name, self.loader), vars(self).copy()


_WatchedSpec.__name__ = _WatchedSpec.__qualname__ = "ModuleSpec"


@as_importlib
def _finish(watched: Watch) -> None:  # pragma: no cover
    try:
        call_loaded(watched)
    except BaseException:
        sys.modules.pop(watched.name, None)
        raise


def track(spec: Any) -> None:
    """Call back at the beginning and the end of a spec's import. Leaves a spec of a foreign class alone."""
    if type(spec) is ModuleSpec:
        spec.__class__ = _WatchedSpec


def is_tracked(spec: Any) -> bool:
    """Tell whether the import of a spec is tracked by the spec itself."""
    return type(spec) is _WatchedSpec


def track_to_end(spec: Any) -> bool:
    """Call back at the end of the import that a spec is in. Returns False if it is in none."""
    if not getattr(spec, "_initializing", False):
        return False
    track(spec)
    # Another thread may have ended its import since.
    if spec._initializing:
        return True
    if type(spec) is _WatchedSpec:
        spec.__class__ = ModuleSpec  # type: ignore[assignment]
    return False


lazy_imports.make(globals())
