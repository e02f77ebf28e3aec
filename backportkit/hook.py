"""Tell the engine when a module has loaded: one finder, first in `sys.meta_path`, that leaves no trace.

The finder answers for watched names only. It asks the finders behind it for the spec and puts a *stand-in* in place
of that one spec's loader. The stand-in puts the real loader back before the module's body runs and calls back when the
body has run to its end. Why it is done this way is written in docs/hook.md.
"""

from __future__ import annotations

import _frozen_importlib as _bootstrap
import _functools  # type: ignore[import-not-found]  # functools itself imports collections
import _operator
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
# between that thread's question to our finder and its entry in sys.modules, in which no body of that module runs.
# Without an end, a thread that the parent's body has started and waits for would never return.
_IN_FLIGHT_LIMIT = 1.0
_IN_FLIGHT_PAUSE = 0.0005


class Watch:
    """What to call for one module name: `before` its body runs, and `loaded` when the body has run to its end.

    A record is never taken out of `_watched`: without a lock, an `unwatch` could throw away what a `watch` of another
    thread has just written.
    """

    __slots__ = ("before", "loaded", "name", "running")

    def __init__(self, name: str) -> None:
        self.name = name
        self.before: Callable[[str], None] | None = None
        self.loaded: Callable[[str, ModuleType], None] | None = None
        self.running: list[None] = []  # an entry for each execution under way: list methods need no lock

    def idle(self) -> bool:
        """Whether there is nobody to call."""
        return self.before is None and self.loaded is None


_watched: dict[str, Watch] = {}
_finding = _thread._local()  # not threading.local: importing threading at start-up hangs 3.10 (docs/hook.md)


def expect(names: Iterable[str], before: Callable[[str], None]) -> None:
    """Call `before(name)` each time a module of `names` is about to run its body, under its own import lock only.

    A module that is loaded lazily is announced when it is made and again when it wakes.
    """
    for name in names:
        _watched.setdefault(name, Watch(name)).before = before


def watch(names: Iterable[str], loaded: Callable[[str, ModuleType], None]) -> None:
    """Call `loaded(name, module)` each time a module of `names` has been loaded: imported, reloaded or imported afresh.

    The module handed over is the one in `sys.modules` (a module may replace itself), and its parent package already
    has it as an attribute. An exception that `loaded` raises makes the import fail as if the body had raised it.
    A module that is loaded already is not reported: ask `loaded_module`, after this call. One callback a name: a later
    call takes the place of an earlier one.
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
    if absent or sys.meta_path[0] is not _finder:
        _stand_first()
    return absent


def is_armed() -> bool:
    """Whether the finder is in `sys.meta_path`. It never leaves by itself: only other code can take it out."""
    return not all(map(_is_other, sys.meta_path))


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
    return None if _ends_later(name, module) else module


def _ends_later(name: str, module: ModuleType) -> bool:
    """Whether the module is under way still; if so, see to it that its end is announced."""
    spec = _read(module, "__spec__")
    watched = _watched.get(name)
    if _is_lazy(module):
        _attach_to_lazy(spec, watched)
        return True
    # In this order: a stand-in notes that it runs before it leaves the spec.
    announced = _execute_of(getattr(spec, "loader", None)) is not None
    if watched is not None and watched.running:
        return True
    # A tool that executes the code itself leaves the stand-in where it is: then the flag is not set.
    return bool(getattr(spec, "_initializing", False)) if announced else _attach_to_end(spec)


def _attributes(module: Any) -> dict[str, Any]:
    """The module's dictionary, read so that neither a lazy module nor a module-level `__getattr__` is woken."""
    try:
        attributes: dict[str, Any] = object.__getattribute__(module, "__dict__")
    except AttributeError:
        return {}
    return attributes


def _read(module: Any, name: str) -> Any:
    """One attribute of a module or of what stands for one, read as quietly; None if it has none."""
    try:
        return object.__getattribute__(module, name)
    except AttributeError:
        return None


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
    function.__code__ = function.__code__.replace(co_filename=_IMPORTLIB_FILE)
    return function


class Finder:
    """The one finder. It finds nothing itself: for a watched name it passes on what the finders behind it find."""

    # The functions below that run as importlib's own (see _as_importlib) cannot be seen by coverage.
    @_as_importlib
    def find_spec(  # pragma: no cover
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        finders = sys.meta_path
        if finders and finders[0] is not self and is_armed():
            _stand_first()
        watched = _watched.get(fullname)
        if watched is None or watched.idle():
            return None
        return _find_watched(watched, path, target)


_finder = Finder()
_is_other = _functools.partial(_operator.is_not, _finder)


def _stand_first() -> None:
    """Stand first, and only once, in `sys.meta_path`.

    Being first takes nothing from those who went in front of us, since we ask everybody behind us; being second could
    mean never being asked. The list is read and written by one statement without Python code in it, so that nobody's
    change gets lost and a thread that is walking the list never misses a finder, as it would if we were taken out.
    """
    finders = sys.meta_path
    if not isinstance(finders, list):  # importlib takes any sequence
        finders = sys.meta_path = list(finders)
    finders[:] = [_finder, *filter(_is_other, finders)]


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
    if spec is not None:
        _place(spec, watched, reloading=target is not None)
    return spec


@_as_importlib
def _ask_those_behind(name: str, path: Any, target: Any) -> ModuleSpec | None:  # pragma: no cover
    finders = list(sys.meta_path)
    position = next((number for number, finder in enumerate(finders, 1) if finder is _finder), 0)
    for finder in finders[position:]:
        find_spec = getattr(finder, "find_spec", None)
        spec = find_spec(name, path, target) if find_spec is not None else _ask_legacy(finder, name, path)
        if spec is not None:
            return spec
    return None


@_as_importlib
def _ask_legacy(finder: Any, name: str, path: Any) -> ModuleSpec | None:  # pragma: no cover
    """Ask a finder from before PEP 451; CPython itself stopped doing so in 3.12."""
    ask = getattr(_bootstrap, "_find_spec_legacy", None)
    return ask(finder, name, path) if ask is not None else None


def _place(spec: ModuleSpec, watched: Watch, *, reloading: bool) -> None:
    """Have the import that the spec is for announced: by a stand-in of its loader, or else by the spec."""
    loader = spec.loader
    if not reloading and (loader is None or _is_shared_class(loader)):
        _announce(spec)
    elif loader is not None and not _stands_for(loader, watched):
        spec.loader = _stand_in(spec, watched)


def _is_shared_class(loader: object) -> bool:
    """Whether the loader is a class that programs ask for by identity: `spec.loader is BuiltinImporter`."""
    return loader is _bootstrap.BuiltinImporter or loader is _bootstrap.FrozenImporter


# --- the stand-in ---------------------------------------------------------------------------------------------------


class _Method:
    """One method of a stand-in, in place of the same method of the loader."""

    __slots__ = ("loader", "spec", "watched")

    name = ""

    def __init__(self, spec: ModuleSpec, watched: Watch) -> None:
        self.loader: Any = spec.loader
        self.spec = spec
        self.watched = watched

    def leave(self, module: Any) -> None:
        """Put the loader back wherever the import system has put the stand-in."""
        attributes = _attributes(module)
        if self.stands_in(attributes.get("__loader__")):
            attributes["__loader__"] = self.loader
        specs: tuple[Any, Any] = (self.spec, attributes.get("__spec__"))
        for spec in specs:
            if self.stands_in(getattr(spec, "loader", None)):
                spec.loader = self.loader

    def stands_in(self, loader: object) -> bool:
        """Whether that loader is the stand-in that this method belongs to, or a copy of it."""
        return getattr(loader, self.name, None) is self


class _Create(_Method):
    __slots__ = ()
    name = "create_module"

    @_as_importlib
    def __call__(self, spec: ModuleSpec) -> ModuleType | None:  # pragma: no cover
        return self.loader.create_module(spec)  # type: ignore[no-any-return]


class _Execute(_Method):
    __slots__ = ()
    name = "exec_module"

    @_as_importlib
    def __call__(self, module: ModuleType) -> None:  # pragma: no cover
        # A private copy (module_from_spec and exec_module by hand) is nobody's import: it is left as it is.
        if sys.modules.get(self.watched.name) is not module:
            self.leave(module)
            self.loader.exec_module(module)
            return
        self.watched.running.append(None)
        try:
            self.leave(module)
            _call_before(self.watched)
            self.loader.exec_module(module)
            _call_loaded(self.watched)
        finally:
            self.watched.running.pop()


class _Load(_Method):
    __slots__ = ()
    name = "load_module"

    @_as_importlib
    def __call__(self, *arguments: Any, **keywords: Any) -> ModuleType:  # pragma: no cover
        self.watched.running.append(None)
        try:
            self.leave(sys.modules.get(self.watched.name))  # in a reload it has the stand-in already
            _call_before(self.watched)
            module: ModuleType = self.loader.load_module(*arguments, **keywords)
            _call_loaded(self.watched)
        finally:
            self.watched.running.pop()
        return sys.modules.get(self.watched.name, module)


_METHODS = (_Create, _Execute, _Load)


def _execute_of(loader: Any) -> _Execute | None:
    """The `_Execute` of a stand-in, None for any other loader."""
    execute = getattr(loader, "exec_module", None)
    return execute if isinstance(execute, _Execute) else None


def _stands_for(loader: Any, watched: Watch) -> bool:
    execute = _execute_of(loader)
    return execute is not None and execute.watched is watched


def _stand_in(spec: ModuleSpec, watched: Watch) -> Any:
    """Make an object that everybody may take for the spec's loader, and whose methods of importing call us back.

    The loader itself is never touched: one zipimporter serves a whole archive, and BuiltinImporter is a class.
    """
    loader: Any = spec.loader
    methods: dict[str, Any] = {kind.name: kind(spec, watched) for kind in _METHODS if hasattr(loader, kind.name)}
    stand_in = _derive(loader, methods) if isinstance(loader, type) else _copy(loader, methods)
    return _Proxy(loader, methods) if stand_in is None else stand_in


def _derive(loader: type, methods: dict[str, Any]) -> Any:
    """A subclass, for a class that is used as a loader, or None if the class refuses."""
    names = {"__module__": loader.__module__, "__qualname__": loader.__qualname__}
    static = {name: staticmethod(method) for name, method in methods.items()}
    try:
        return type(loader)(loader.__name__, (loader,), names | static)
    except Exception:  # whatever its metaclass or __init_subclass__ says, the import must not break
        return None


class _Members(dict[str, "Any"]):
    """The dictionary of a stand-in: equal to the loader's own, since FileLoader compares dictionaries."""

    __slots__ = ()
    __hash__ = None

    def plain(self) -> dict[str, Any]:
        return {name: value for name, value in self.items() if not isinstance(value, _Method)}

    def __eq__(self, other: object) -> bool:
        return self.plain() == (other.plain() if isinstance(other, _Members) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self.plain(),)


def _copy(loader: Any, methods: dict[str, Any]) -> Any:
    """A copy of the very same type, or None if an object of that type cannot be copied by its dictionary alone."""
    if any(vars(base).get("__slots__") for base in type(loader).__mro__):
        return None
    try:
        copy = object.__new__(type(loader))
        object.__setattr__(copy, "__dict__", _Members(vars(loader) | methods))
    except (AttributeError, TypeError):
        return None
    # A class may answer for its attributes itself (__getattribute__, data descriptors).
    return copy if all(getattr(copy, name, None) is method for name, method in methods.items()) else None


class _Proxy:
    """A stand-in for loaders with slots or of C types."""

    __slots__ = ("_loader", "_methods")

    def __init__(self, loader: Any, methods: dict[str, Any]) -> None:
        object.__setattr__(self, "_loader", loader)
        object.__setattr__(self, "_methods", methods)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride] -- what isinstance asks
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


# --- before and after the body ---------------------------------------------------------------------------------------


def _call_before(watched: Watch) -> None:
    if watched.before is not None:
        watched.before(watched.name)


def _call_loaded(watched: Watch) -> None:
    module = sys.modules.get(watched.name)
    loaded = watched.loaded
    if module is None or loaded is None:
        return
    spec = _read(module, "__spec__")
    if _is_lazy(module) and not _is_waking(spec):  # what has run is LazyLoader, not the body
        _attach_to_lazy(spec, watched)
        return
    undo = _bind_to_parent(watched.name, module)
    try:
        loaded(watched.name, module)
    except BaseException:
        undo()
        raise


def _nothing() -> None:
    pass


def _bind_to_parent(name: str, module: ModuleType) -> Callable[[], object]:
    """Make `parent.child` true already, as importlib does once the loader has returned; return what takes it back."""
    parent_name, _, child = name.rpartition(".")
    parent = sys.modules.get(parent_name)
    attributes = _attributes(parent)
    if parent is None or attributes.get(child) is module:
        return _nothing
    before = attributes.get(child, parent)
    try:
        setattr(parent, child, module)
    except AttributeError:  # importlib itself only warns of that
        return _nothing
    if before is parent:
        return lambda: attributes.pop(child, None)
    return lambda: setattr(parent, child, before)


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
    @_as_importlib
    def _initializing(self, value: bool) -> None:  # pragma: no cover
        watched = _watched.get(self.name)
        if value:
            vars(self)["_initializing"] = True
            if watched is not None:
                _call_before(watched)
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


@_as_importlib
def _finish(watched: Watch) -> None:  # pragma: no cover
    try:
        _call_loaded(watched)
    except BaseException:
        sys.modules.pop(watched.name, None)
        raise


def _announce(spec: Any) -> None:
    if type(spec) is ModuleSpec:
        spec.__class__ = _WatchedSpec


def _attach_to_end(spec: Any) -> bool:
    """Have the end of the import that `spec` is in announced; False if it is in none."""
    if not getattr(spec, "_initializing", False):
        return False
    _announce(spec)
    # Another thread may have ended its import since.
    if spec._initializing:
        return True
    if type(spec) is _WatchedSpec:
        spec.__class__ = ModuleSpec  # type: ignore[assignment]
    return False


def _is_lazy(module: Any) -> bool:
    """Whether importlib.util.LazyLoader made the module and nobody has woken it."""
    kind = type(module)  # transformers has a class of that name, too
    return kind.__name__ == "_LazyModule" and kind.__module__ == "importlib.util"


def _attach_to_lazy(spec: Any, watched: Watch | None) -> None:
    """Have the end announced of a module that LazyLoader made, when somebody wakes it."""
    if watched is not None and not _is_waking(spec) and not _stands_for(spec.loader, watched):
        spec.loader = _stand_in(spec, watched)


def _is_waking(spec: Any) -> bool:
    """Whether the body of a lazy module runs, or has run just now: since 3.12.3, its class changes after that only."""
    return bool(spec.loader_state.get("is_loading", False))
