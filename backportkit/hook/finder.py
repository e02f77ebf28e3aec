"""Tell the engine when a module has loaded: one finder, first in `sys.meta_path`, that leaves no trace.

The finder answers for watched names only. It asks the finders behind it for the spec and puts a *substitute loader* in
place of that one spec's loader. It puts the real loader back before the module's body runs and calls back when the body
has run to its end. Why it is done this way is written in docs/hook.md.
"""

from __future__ import annotations

import _frozen_importlib as _bootstrap
import _functools  # type: ignore[import-not-found]  # functools itself imports collections
import _operator
import _thread
import sys
import time

from backportkit.bootstrap import (
    WakingSpec,
    as_importlib,
    ask_those_behind,
    bootstrap_finder,
    is_only_looking,
    only_looking,
)
from backportkit.hook import lazy_imports
from backportkit.hook.loader import execute_of, is_substitute_for, leave_as_it_is, substitute_for, track_lazy
from backportkit.hook.spec import is_tracked, track, track_to_end
from backportkit.hook.watch import Watch, beyond, is_lazy, read, watches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

# How long, in seconds, `loaded_module` waits for another thread that has begun to import the very module: the window
# between that thread's question to our finder and its entry in sys.modules, in which no body of that module runs.
# Without an end, a thread that the parent's body has started and waits for would never return.
_IN_FLIGHT_LIMIT = 1.0
_IN_FLIGHT_PAUSE = 0.0005

# Somebody else may go to the front as often as we do. We stay where we are once the same finder stands there more than
# _PATIENCE times, or more than _CROWD finders are there: each import asks all of them.
_PATIENCE = 5
_CROWD = 1000

_ModuleSpec = _bootstrap.ModuleSpec
_for_missed: list[Callable[[], None]] = []


def before_import(names: Iterable[str], before: Callable[[str], None]) -> None:
    """Call `before(name)` each time a module of `names` is about to run its body, under its own import lock only.

    A module that is loaded lazily is called back for when it is made and again when it wakes.
    """
    for name in names:
        watches.setdefault(name, Watch(name)).before = before


def after_import(names: Iterable[str], loaded: Callable[[str, ModuleType], None]) -> None:
    """Call `loaded(name, module)` each time a module of `names` has been loaded: imported, reloaded or imported afresh.

    The module handed over is the one in `sys.modules` (a module may replace itself), and its parent package already
    has it as an attribute. An exception that `loaded` raises makes the import fail as if the body had raised it.
    A module that is loaded already is not reported: ask `loaded_module`, after this call. One callback a name: a later
    call takes the place of an earlier one.
    """
    for name in names:
        watches.setdefault(name, Watch(name)).loaded = loaded


def forget(names: Iterable[str]) -> None:
    """Stop calling `loaded` for `names`. Unknown names are ignored."""
    for name in names:
        watched = watches.get(name)
        if watched is not None:
            watched.loaded = None


def arm() -> bool:
    """Put the finder first in `sys.meta_path`; return True if it was not there at all."""
    absent = not _is_there()
    if absent or sys.meta_path[0] is not _finder:
        _stand_first()
    return absent


def is_armed() -> bool:
    """Tell whether the finder is in `sys.meta_path`, or the one that puts it there when it is needed.

    It never leaves by itself: only other code can take it out.
    """
    return _is_there() or bootstrap_finder.stands()


def _is_there() -> bool:
    return not all(map(_is_other, sys.meta_path))


def loaded_module(name: str) -> ModuleType | None:
    """Return the module `name` if its body has run to the end, else None.

    Never imports and never wakes a lazy module. For a watched module that is under way (imported half, or lazy) None
    is returned, and the callback given to `after_import` is called when it is done, even if the import began earlier.
    What is returned counts as called back for.
    """
    module = sys.modules.get(name)
    if module is None and is_in_flight(name):
        module = _await_entry(name)
    if module is None or _ends_later(name, module):
        return None
    watched = watches.get(name)
    if watched is not None:
        watched.meet(module)
    return module


def look_at(name: str) -> ModuleType | None:
    """Return the same as `loaded_module`, and track no import."""
    module = sys.modules.get(name)
    return None if module is None or _is_under_way(name, module) else module


def is_awaited(name: str) -> bool:
    """Tell whether somebody is called back for a module, or for a package that it is in."""
    packages = [name[:end] for end, letter in enumerate(name) if letter == "."]
    return any(not watches[one].idle() for one in [*packages, name] if one in watches)


def is_expected(name: str) -> bool:
    """Tell whether `after_import` will call back at the end of the import of `name`, under way or still to come.

    It will not where somebody has imported the module, or is importing it, past the finder.
    """
    module = sys.modules.get(name)
    if module is None:
        return True
    return _is_under_way(name, module) and _is_tracked(name, module)


def missed() -> list[str]:
    """Return the watched modules that were imported or reloaded past the finder; their bodies may not have ended.

    Modules whose import is under way and tracked may be among them.
    """
    return [name for name, watched in list(watches.items()) if watched.misses()]


def is_missed(name: str) -> bool:
    """Tell whether a watched module was imported or reloaded past the finder."""
    watched = watches.get(name)
    return watched is not None and watched.misses()


def ran_again(name: str) -> bool:
    """Tell whether a watched module was reloaded past the finder."""
    watched = watches.get(name)
    return watched is not None and watched.ran_again()


def on_missed(patch: Callable[[], None]) -> None:
    """Call `patch()` when an import reaches the finder and there are `missed` modules, before that import's body.

    `patch` must not raise: it is called within the import of another module. A later call takes the place of an earlier
    one.
    """
    _for_missed[:] = [patch]


def catch_up() -> None:
    """Patch the missed modules."""
    for patch in _for_missed:
        patch()


def _ends_later(name: str, module: ModuleType) -> bool:
    """Tell whether the import of the module is still under way; if so, track its end."""
    spec = read(module, "__spec__")
    watched = watches.get(name)
    if is_lazy(module):
        track_lazy(spec, watched)
        return True
    # In this order: a substitute notes that it runs before it leaves the spec.
    tracked = execute_of(getattr(spec, "loader", None)) is not None
    if watched is not None and watched.is_running():
        return True
    # A tool that executes the code itself leaves the substitute where it is: then the flag is not set.
    return bool(getattr(spec, "_initializing", False)) if tracked else track_to_end(spec)


def _is_under_way(name: str, module: ModuleType) -> bool:
    watched = watches.get(name)
    if is_lazy(module) or (watched is not None and watched.is_running()):
        return True
    return bool(getattr(read(module, "__spec__"), "_initializing", False))


def _is_tracked(name: str, module: ModuleType) -> bool:
    """Tell whether a call back will come at the end of an import that is under way."""
    spec = read(module, "__spec__")
    watched = watches.get(name)
    if watched is not None and watched.is_running():
        return True
    return is_tracked(spec) or execute_of(getattr(spec, "loader", None)) is not None


def is_in_flight(name: str) -> bool:
    """Tell whether another thread holds the import lock of `name`."""
    reference = getattr(_bootstrap, "_module_locks", {}).get(name)
    lock = reference() if reference is not None else None
    owner = getattr(lock, "owner", None)
    return owner is not None and owner != _thread.get_ident()


def _await_entry(name: str) -> ModuleType | None:
    deadline = time.monotonic() + _IN_FLIGHT_LIMIT
    while name not in sys.modules and is_in_flight(name) and time.monotonic() < deadline:
        time.sleep(_IN_FLIGHT_PAUSE)
    return sys.modules.get(name)


class Finder:
    """The one finder. It finds nothing itself: for a watched name it passes on what the finders behind it find."""

    @as_importlib
    def find_spec(  # pragma: no cover
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        finders = sys.meta_path
        if finders and finders[0] is not self and _looks_back():
            return _find_late(fullname, path, target)
        watched = watches.get(fullname)
        if watched is None or watched.idle():
            return beyond[0].find_within_alias(fullname) if beyond else None
        return _find_watched(watched, path, target)


_finder = Finder()
_is_other = _functools.partial(_operator.is_not, _finder)
_is_no_bootstrap_finder = _functools.partial(_operator.is_not, bootstrap_finder)


def _stand_first() -> None:
    """Stand first, and only once, in `sys.meta_path`, in place of the bootstrap finder.

    Being first takes nothing from the finders that went in front of us, since we ask all finders behind us; being
    second could mean never being asked. The list is read and written by one statement without Python code in it, so
    that nobody's change gets lost and a thread that is walking the list never misses a finder, as it would if we were
    taken out.
    """
    finders = sys.meta_path
    if not isinstance(finders, list):  # importlib takes any sequence
        finders = sys.meta_path = list(finders)
    finders[:] = [_finder, *filter(_is_no_bootstrap_finder, filter(_is_other, finders))]


@as_importlib
def _looks_back() -> bool:  # pragma: no cover
    """Tell whether an import got past the finder while another one stood in front of it; else go to the front again."""
    if is_only_looking() or not _is_there():
        return False
    if missed():
        return True
    _stand_first_again()
    return False


@as_importlib
def _stand_first_again() -> None:  # pragma: no cover
    finders = list(sys.meta_path)
    same = sum(finder is finders[0] for finder in finders)
    if same <= _PATIENCE and len(finders) <= _CROWD:
        _stand_first()


@as_importlib
def _find_late(name: str, path: Any, target: Any) -> ModuleSpec | None:  # pragma: no cover
    """Find the spec of any module, and have the missed modules patched before the body of that module runs.

    They are not patched at once, since the global import lock is held here. Where no spec is found, or one of a foreign
    class, the finder stays where it is: the next import does the work.
    """
    spec: ModuleSpec | None = (beyond[0].find if beyond else ask_those_behind)(_finder, name, path, target)
    watched = watches.get(name)
    if spec is not None and watched is not None and not watched.idle():
        _track(spec, watched, reloading=target is not None)
    if type(spec) is _ModuleSpec:
        spec.__class__ = _LateSpec
    return spec


class _LateSpec(WakingSpec):
    """A spec whose import first patches the missed modules."""

    @staticmethod
    @as_importlib
    def _wake(spec: ModuleSpec) -> None:  # pragma: no cover
        there = sys.modules.get(spec.name)
        _stand_first_again()
        with only_looking():
            catch_up()
        import_once(spec, there)


_LateSpec.__name__ = _LateSpec.__qualname__ = "ModuleSpec"


@as_importlib
def _find_watched(watched: Watch, path: Any, target: Any) -> ModuleSpec | None:  # pragma: no cover
    spec: ModuleSpec | None = (beyond[0].find if beyond else ask_those_behind)(_finder, watched.name, path, target)
    if spec is not None:
        _track(spec, watched, reloading=target is not None)
    return spec


def track_import(spec: ModuleSpec) -> None:
    """Track the import of a spec that another finder found. Does nothing for a name nobody watches."""
    watched = watches.get(spec.name)
    if watched is not None and not watched.idle():
        _track(spec, watched, reloading=False)


def import_once(spec: ModuleSpec, there: ModuleType | None) -> None:
    """Have the import of a spec use the module that we have imported ourselves since `there` was there, if any."""
    if sys.modules.get(spec.name) is not there:
        leave_as_it_is(spec)


def _track(spec: ModuleSpec, watched: Watch, *, reloading: bool) -> None:
    """Track the import of a spec: by a substitute of its loader, or else by the spec."""
    loader: Any = spec.loader
    # Programs ask for these two classes by identity: `spec.loader is BuiltinImporter`.
    is_shared = loader is _bootstrap.BuiltinImporter or loader is _bootstrap.FrozenImporter
    if not reloading and (loader is None or is_shared):
        track(spec)
    elif loader is not None and not is_substitute_for(loader, watched):
        spec.loader = substitute_for(spec, watched)


lazy_imports.make(globals())
