"""The modules that are watched, and reading a module without being noticed."""

from __future__ import annotations

import _thread
import _weakref
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any


class Watch:
    """The callbacks for one module name: `before` its body runs, and `loaded` when the body has run to its end.

    `maker` makes the module where no finder has it, see `making`.

    A record is never taken out of `watches`: without a lock, an `unwatch` could throw away what a `watch` of another
    thread has just written.
    """

    __slots__ = ("_met", "_runs", "_spec", "before", "loaded", "maker", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.before: Callable[[str], None] | None = None
        self.loaded: Callable[[str, ModuleType], None] | None = None
        self.maker: Any = None
        self._runs: list[Callable[[], Any]] = []  # a lock for each execution under way
        self._met: Callable[[], Any] = _nothing
        self._spec: Callable[[], Any] = _nothing

    def idle(self) -> bool:
        """Tell whether there is nobody to call."""
        return self.before is None and self.loaded is None

    def running(self) -> Any:
        """Return a new lock, for the `with` block in which the body of the module runs.

        No code of ours takes note of the end, since an interrupt could come before it: the lock is released in C, and
        our reference leaves as the lock goes.
        """
        lock = _thread.allocate_lock()
        self._runs.append(_weakref.ref(lock, self._runs.remove))  # list methods need no lock
        return lock

    def is_running(self) -> bool:
        """Tell whether an execution of the body, by a substitute, is under way in some thread."""
        return any(lock is not None and lock.locked() for lock in [run() for run in [*self._runs]])

    def meet(self, module: Any) -> None:
        """Note that the call back for this very module is made. The note does not keep the module alive."""
        self._met = _reference(module)
        self._spec = _reference(read(module, "__spec__"))

    def misses(self) -> bool:
        """Tell whether a module is there for which no call back was made. Its import may be under way and tracked."""
        module = sys.modules.get(self.name)
        known = module is None or self.idle() or self._met() is module or self.is_running()
        return not known or self.ran_again()

    def ran_again(self) -> bool:
        """Tell whether a known module was reloaded without a call back."""
        module = sys.modules.get(self.name)
        if module is None or self._met() is not module:
            return False
        spec = read(module, "__spec__")  # a reload makes another one
        is_other = spec is not None and self._spec is not _nothing and self._spec() is not spec
        return is_other and not self.is_running()


def _reference(value: Any) -> Callable[[], Any]:
    """Return a weak reference; one to nothing for an object that allows none, such as one with slots in sys.modules."""
    try:
        return _weakref.ref(value)
    except TypeError:
        return _nothing


def _nothing() -> None:
    pass


watches: dict[str, Watch] = {}

# What finds modules that no finder has: nothing, or else the module `making`.
beyond: list[Any] = []


def attributes_of(module: Any) -> dict[str, Any]:
    """The module's dictionary, read so that neither a lazy module nor a module-level `__getattr__` is woken."""
    try:
        attributes: dict[str, Any] = object.__getattribute__(module, "__dict__")
    except AttributeError:
        return {}
    return attributes


def read(module: Any, name: str) -> Any:
    """Return one attribute of a module, or of an object in its place, and wake nothing; None if it has none."""
    try:
        return object.__getattribute__(module, name)
    except AttributeError:
        return None


def is_lazy(module: Any) -> bool:
    """Tell whether importlib.util.LazyLoader made the module and nobody has woken it."""
    kind = type(module)  # transformers has a class of that name, too
    return kind.__name__ == "_LazyModule" and kind.__module__ == "importlib.util"


def is_waking(spec: Any) -> bool:
    """Tell whether the body of a lazy module runs or has just run. Since 3.12.3 its class changes only afterwards."""
    return bool(spec.loader_state.get("is_loading", False))


def bind_to_parent(name: str, module: ModuleType) -> Callable[[], object]:
    """Set the module in its parent package now, as importlib does after the loader has returned; return the undo."""
    parent_name, _, child = name.rpartition(".")
    parent = sys.modules.get(parent_name)
    attributes = attributes_of(parent)
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
