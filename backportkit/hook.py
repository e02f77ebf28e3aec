"""Tell the engine when a module has loaded: one finder, first in `sys.meta_path`, that leaves no trace.

The finder answers for watched names only. It asks the finders behind it for the spec and puts a *stand-in* in place
of that one spec's loader. The stand-in puts the real loader back before the module's body runs and calls back when the
body has run to its end. Why it is done this way is written in docs/hook.md.
"""

from __future__ import annotations

import _frozen_importlib as _bootstrap
import _thread
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import ModuleType
    from typing import Any, TypeVar

    FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

ModuleSpec = _bootstrap.ModuleSpec

# CPython drops frames with this file name from the tracebacks of failing imports (remove_importlib_frames in
# Python/import.c) and skips them when it counts the stacklevel of a warning (is_internal_frame in _warnings.c).
_IMPORTLIB_FILE = "<frozen importlib._bootstrap>"

# How long, in seconds, `loaded_module` waits for another thread that has begun to import the very module: the window
# between that thread's question to our finder and its entry in sys.modules, in which no Python body runs.
_IN_FLIGHT_LIMIT = 1.0
_IN_FLIGHT_PAUSE = 0.0005


class Watch:
    """What to call for one module name: `before` its body runs, and `loaded` when the body has run to its end."""

    __slots__ = ("before", "loaded", "name", "stand_ins")

    def __init__(self, name: str) -> None:
        self.name = name
        self.before: Callable[[str], None] | None = None
        self.loaded: Callable[[str, ModuleType], None] | None = None
        self.stand_ins: dict[type, type] = {}


_watched: dict[str, Watch] = {}
_finding = _thread._local()  # not threading.local: importing threading at start-up hangs 3.10 (docs/hook.md)


def expect(names: Iterable[str], before: Callable[[str], None]) -> None:
    """Call `before(name)` each time a module of `names` is about to run its body, under its own import lock only."""
    for name in names:
        _watched.setdefault(name, Watch(name)).before = before


def watch(names: Iterable[str], loaded: Callable[[str, ModuleType], None]) -> None:
    """Call `loaded(name, module)` each time a module of `names` has been loaded: imported, reloaded or imported afresh.

    The module handed over is the one in `sys.modules` (a module may replace itself), and its parent package already
    has it as an attribute. An exception that `loaded` raises makes the import fail as if the body had raised it.
    A module that is loaded already is not reported: ask `loaded_module`, after this call.
    """
    for name in names:
        _watched.setdefault(name, Watch(name)).loaded = loaded


def unwatch(names: Iterable[str]) -> None:
    """Stop calling `loaded` for `names`. Unknown names are ignored."""
    for name in names:
        watched = _watched.get(name)
        if watched is not None:
            watched.loaded = None


def arm() -> bool:
    """Put the finder first in `sys.meta_path`; return True if it was not there at all."""
    absent = not is_armed()
    if absent:
        sys.meta_path.insert(0, _finder)
    elif sys.meta_path[0] is not _finder:
        _move_to_front()
    return absent


def is_armed() -> bool:
    """Whether the finder is in `sys.meta_path`. It never leaves by itself: only other code can take it out."""
    return any(finder is _finder for finder in sys.meta_path)


def loaded_module(name: str) -> ModuleType | None:
    """Return the module `name` if its body has run to the end, else None.

    Never imports and never wakes a lazy module. For a watched module that is under way (imported half, or lazy) None
    is returned and the callback given to `watch` is called when it is done, even if the import began before the watch.
    """
    module = sys.modules.get(name)
    if module is None and _in_flight(name):
        module = _await_entry(name)
    if module is None:
        return None
    spec = _attributes(module).get("__spec__")
    if type(module).__name__ == "_LazyModule":
        _attach_to_lazy(spec, name)
        return None
    if getattr(spec, "_initializing", False) and _attach_to_end(spec):
        return None
    return module


def _attributes(module: Any) -> dict[str, Any]:
    """The module's dictionary, read so that neither a lazy module nor a module-level `__getattr__` is woken."""
    try:
        attributes: dict[str, Any] = object.__getattribute__(module, "__dict__")
    except AttributeError:
        return {}
    return attributes


def _in_flight(name: str) -> bool:
    """Whether another thread holds the import lock of `name`."""
    reference = getattr(_bootstrap, "_module_locks", {}).get(name)
    lock = reference() if reference is not None else None
    owner = getattr(lock, "owner", None)
    return owner is not None and owner != _thread.get_ident()


def _await_entry(name: str) -> ModuleType | None:
    deadline = time.monotonic() + _IN_FLIGHT_LIMIT
    while name not in sys.modules and _in_flight(name) and time.monotonic() < deadline:
        time.sleep(_IN_FLIGHT_PAUSE)
    return sys.modules.get(name)


def _as_importlib(function: FunctionT) -> FunctionT:
    """Give the function's code the file name of importlib, so that CPython treats its frames as importlib's own."""
    function.__code__ = function.__code__.replace(co_filename=_IMPORTLIB_FILE)  # type: ignore[attr-defined]
    return function


class Finder:
    """The one finder. It finds nothing itself: for a watched name it passes on what the finders behind it find."""

    # The two functions below run as importlib's own (see _as_importlib), so coverage cannot see their lines.
    @_as_importlib
    def find_spec(  # pragma: no cover
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if sys.meta_path[0] is not self:
            _move_to_front()
        watched = _watched.get(fullname)
        if watched is None:
            return None
        return _find_watched(watched, path, target)


_finder = Finder()


def _move_to_front() -> None:
    """Stand first again after somebody went in front of us.

    Being first takes nothing from them, since we ask everybody behind us; being second could mean never being asked.
    One slice assignment: a thread that is walking the list never misses a finder, as it would if we were taken out.
    """
    finders = sys.meta_path
    if any(finder is _finder for finder in finders):
        finders[:] = [_finder, *(finder for finder in finders if finder is not _finder)]


@_as_importlib
def _find_watched(watched: Watch, path: Any, target: Any) -> ModuleSpec | None:  # pragma: no cover
    being_found = _finding.__dict__.setdefault("names", set())
    if watched.name in being_found:  # another finder asks the whole import system on our behalf
        return None
    being_found.add(watched.name)
    try:
        spec = _ask_those_behind(watched.name, path, target)
    finally:
        being_found.discard(watched.name)
    return spec and _with_stand_in(spec, watched)


@_as_importlib
def _ask_those_behind(name: str, path: Any, target: Any) -> ModuleSpec | None:  # pragma: no cover
    finders = list(sys.meta_path)
    position = next((number for number, finder in enumerate(finders, 1) if finder is _finder), 0)
    for finder in finders[position:]:
        find_spec = getattr(finder, "find_spec", None)
        if find_spec is None:
            spec = _ask_legacy(finder, name, path)
        else:
            spec = find_spec(name, path, target)
        if spec is not None:
            return spec
    return None


def _ask_legacy(finder: Any, name: str, path: Any) -> ModuleSpec | None:
    """Ask a finder from before PEP 451; CPython itself stopped doing so in 3.12."""
    ask = getattr(_bootstrap, "_find_spec_legacy", None)
    return ask(finder, name, path) if ask is not None else None


def _with_stand_in(spec: ModuleSpec, watched: Watch) -> ModuleSpec:
    if spec.loader is None:
        _attach_to_end(spec)
    elif _execute_of(spec.loader) is None:
        spec.loader = _stand_in(spec.loader, watched)
    return spec


# --- the stand-in ---------------------------------------------------------------------------------------------------


class _Method:
    """One method of a stand-in. Equal if it stands for an equal loader, so that two probes find equal specs."""

    __slots__ = ("loader", "stand_in", "watched")

    def __init__(self, loader: Any, watched: Watch) -> None:
        self.loader = loader
        self.watched = watched
        self.stand_in: Any = None

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and bool(other.loader == self.loader)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), self.loader))

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self.loader, self.name)

    name = ""


class _Create(_Method):
    name = "create_module"

    @_as_importlib
    def __call__(self, spec: ModuleSpec) -> ModuleType | None:  # pragma: no cover
        return self.loader.create_module(spec)


class _Execute(_Method):
    name = "exec_module"

    @_as_importlib
    def __call__(self, module: ModuleType) -> None:  # pragma: no cover
        _restore_loader(module, self.stand_in, self.loader)
        # A private copy (module_from_spec and exec_module by hand) is nobody's import: it is left as it is.
        imported = sys.modules.get(self.watched.name) is module
        if imported:
            _call_before(self.watched)
        self.loader.exec_module(module)
        if imported:
            _call_loaded(self.watched)


class _Load(_Method):
    name = "load_module"

    @_as_importlib
    def __call__(self, *arguments: Any, **keywords: Any) -> ModuleType:  # pragma: no cover
        _call_before(self.watched)
        module = self.loader.load_module(*arguments, **keywords)
        _restore_loader(module, self.stand_in, self.loader)
        _call_loaded(self.watched)
        return sys.modules.get(self.watched.name, module)


_METHODS = (_Create, _Execute, _Load)


def _execute_of(loader: Any) -> _Execute | None:
    """The `_Execute` of a stand-in, None for any other loader."""
    execute = getattr(loader, "exec_module", None)
    return execute if isinstance(execute, _Execute) else None


def _stand_in(loader: Any, watched: Watch) -> Any:
    """Make an object that everybody may take for `loader`, and whose methods of importing call us back.

    The loader itself is never touched: one zipimporter serves a whole archive, and BuiltinImporter is a class.
    """
    methods = {kind.name: kind(loader, watched) for kind in _METHODS if hasattr(loader, kind.name)}
    if isinstance(loader, type):
        stand_in: Any = _derive(loader, methods, watched)
    else:
        stand_in = _copy(loader, methods) or _Proxy(loader, methods)
    for method in methods.values():
        method.stand_in = stand_in
    return stand_in


def _derive(loader: type, methods: dict[str, Any], watched: Watch) -> type:
    """A subclass, the same one for each probe, for a class that is used as a loader."""
    if loader not in watched.stand_ins:
        names = {"__module__": loader.__module__, "__qualname__": loader.__qualname__}
        static = {name: staticmethod(method) for name, method in methods.items()}
        watched.stand_ins[loader] = type(loader)(loader.__name__, (loader,), names | static)
    return watched.stand_ins[loader]


def _copy(loader: Any, methods: dict[str, Any]) -> Any:
    """A copy of the very same type, or None if an object of that type cannot be copied by its dictionary alone."""
    if any(vars(base).get("__slots__") for base in type(loader).__mro__):
        return None
    try:
        copy = object.__new__(type(loader))
        vars(copy).update(vars(loader) | methods)
    except TypeError:
        return None
    return copy if _execute_of(copy) or "exec_module" not in methods else None


class _Proxy:
    """A stand-in for loaders with slots or of C types."""

    __slots__ = ("_loader", "_methods")

    def __init__(self, loader: Any, methods: dict[str, Any]) -> None:
        object.__setattr__(self, "_loader", loader)
        object.__setattr__(self, "_methods", methods)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self._loader)

    def __getattr__(self, name: str) -> Any:
        method = self._methods.get(name)
        return getattr(self._loader, name) if method is None else method

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._loader, name, value)

    def __repr__(self) -> str:
        return repr(self._loader)

    def __eq__(self, other: object) -> bool:
        other = other._loader if type(other) is _Proxy else other
        return bool(self._loader == other)

    def __hash__(self) -> int:
        return hash(self._loader)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._loader.__reduce_ex__(protocol)


def _restore_loader(module: Any, stand_in: Any, loader: Any) -> None:
    attributes = _attributes(module)
    if attributes.get("__loader__") is stand_in:
        attributes["__loader__"] = loader
    spec = attributes.get("__spec__")
    if getattr(spec, "loader", None) is stand_in:
        spec.loader = loader


# --- before and after the body ---------------------------------------------------------------------------------------


def _call_before(watched: Watch) -> None:
    if watched.before is not None:
        watched.before(watched.name)


def _call_loaded(watched: Watch) -> None:
    module = sys.modules.get(watched.name)
    if watched.loaded is None or module is None:
        return
    bound = _bind_to_parent(watched.name, module)
    try:
        watched.loaded(watched.name, module)
    except BaseException:
        if bound:
            _unbind_from_parent(watched.name)
        raise


def _bind_to_parent(name: str, module: ModuleType) -> bool:
    """Make `parent.child` true already, as importlib does once the loader has returned; False if it was."""
    parent_name, _, child = name.rpartition(".")
    parent = sys.modules.get(parent_name)
    if parent is None or _attributes(parent).get(child) is module:
        return False
    setattr(parent, child, module)
    return True


def _unbind_from_parent(name: str) -> None:
    parent_name, _, child = name.rpartition(".")
    _attributes(sys.modules[parent_name]).pop(child, None)


# --- the end of an import that no loader of ours announces -----------------------------------------------------------


class _WatchedSpec(ModuleSpec):
    """A spec that is told when its import begins and ends.

    `importlib._bootstrap._load_unlocked` sets `spec._initializing` to True before a module's body and to False in a
    `finally` after it, for namespace packages and for imports that began before we watched, too (3.10 to 3.15).
    """

    @property
    def _initializing(self) -> bool:
        return bool(vars(self).get("_initializing", False))

    @_initializing.setter
    def _initializing(self, value: bool) -> None:
        vars(self)["_initializing"] = value
        watched = _watched.get(self.name)
        if value:
            if watched is not None:
                _call_before(watched)
            return
        self.__class__ = ModuleSpec
        if watched is not None and self.name in sys.modules:  # importlib takes out a module whose body failed
            _finish(watched)


_WatchedSpec.__name__ = _WatchedSpec.__qualname__ = "ModuleSpec"


def _finish(watched: Watch) -> None:
    try:
        _call_loaded(watched)
    except BaseException:
        sys.modules.pop(watched.name, None)
        raise


def _attach_to_end(spec: Any) -> bool:
    """Have the callback called at the end of the import that `spec` is in; False if that end is past or unknowable."""
    if type(spec) is ModuleSpec:
        spec.__class__ = _WatchedSpec
    if type(spec) is not _WatchedSpec:
        return False
    # Another thread may have ended its import between the caller's look and the line above.
    return spec.loader is None or spec._initializing


def _attach_to_lazy(spec: Any, name: str) -> None:
    """Have the callback called when a module made by importlib.util.LazyLoader wakes up."""
    watched = _watched.get(name)
    if watched is not None and _execute_of(spec.loader) is None:
        spec.loader = _stand_in(spec.loader, watched)
