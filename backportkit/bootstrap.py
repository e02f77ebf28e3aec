"""Stand in `sys.meta_path` at the least cost, and load what applies patches when a module is imported that has some.

A process that needs none of its patches pays for this room and no other of the mechanism. docs/processes.md says more.
"""

import _frozen_importlib as _bootstrap
import _thread
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.machinery import ModuleSpec as Spec
    from types import ModuleType
    from typing import Any, TypeVar

    FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

# CPython drops frames with this file name from the tracebacks of failing imports (remove_importlib_frames in
# Python/import.c) and skips them when it counts the stacklevel of a warning (is_internal_frame in _warnings.c).
_IMPORTLIB_FILE = "<frozen importlib._bootstrap>"

# How often we go to the front again where somebody else does, too.
_PATIENCE = 5

_ModuleSpec = _bootstrap.ModuleSpec
_of_thread = _thread._local()  # not threading.local: importing threading at start-up hangs 3.10 (docs/hook.md)


def as_importlib(function: "FunctionT") -> "FunctionT":
    """Give the function's code the file name of importlib, so that CPython treats its frames as importlib's own.

    Coverage cannot see these functions any more: that is the reason for each `no cover` beside this decorator.
    """
    function.__code__ = function.__code__.replace(co_filename=_IMPORTLIB_FILE)
    return function


@as_importlib
def ask_those_behind(ours: object, name: str, path: "Any", target: "Any") -> "Any":  # pragma: no cover
    """What the finders behind `ours` in `sys.meta_path` find, None for nothing.

    Also None if one of them asks the whole import system on our behalf. If one of them imports the very module, it is
    the spec of that module, which importlib takes, too.
    """
    being_found = _of_thread.__dict__.setdefault("names", set())
    if name in being_found:
        return None
    being_found.add(name)
    try:
        there = sys.modules.get(name)
        finders = list(sys.meta_path)
        position = next((number for number, finder in enumerate(finders, 1) if finder is ours), 0)
        for finder in finders[position:]:
            find_spec = getattr(finder, "find_spec", None)
            spec = find_spec(name, path, target) if find_spec is not None else _ask_legacy(finder, name, path)
            if spec is not None:
                now = sys.modules.get(name)
                return spec if now is there else getattr(now, "__spec__", None) or spec
    finally:
        being_found.discard(name)
    return None


@as_importlib
def _ask_legacy(finder: "Any", name: str, path: "Any") -> "Any":  # pragma: no cover
    """Ask a finder from before PEP 451; CPython itself stopped doing so in 3.12."""
    ask = getattr(_bootstrap, "_find_spec_legacy", None)
    return ask(finder, name, path) if ask is not None else None


class OnlyLooking:
    """For the length of a `with` block, what this thread imports is no occasion to patch what got past our finders.

    To say where a patch stands takes imports, too, and a question must not change its answer.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        _of_thread.looking = getattr(_of_thread, "looking", 0) + 1

    def __exit__(self, *_: object) -> None:
        _of_thread.looking -= 1


only_looking = OnlyLooking()


@as_importlib
def is_only_looking() -> bool:  # pragma: no cover
    """Whether what this thread imports is no occasion to patch anything."""
    return bool(getattr(_of_thread, "looking", 0))


class BootstrapFinder:
    """Waits until one of `names` is about to be imported. `wake` is None as long as nobody has told it to wait.

    While somebody stands in front of it, it also looks whether one of them was imported without it.
    """

    __slots__ = ("names", "wake")

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.wake: Callable[[Any], None] | None = None

    def wait_for(self, names: "Iterable[str]", wake: "Callable[[Any], None]") -> None:
        """Call `wake` with the spec when one of these modules is imported, before its body runs. Names add up.

        If one was imported without us, `wake` is called with the spec of whatever is imported next.
        """
        self.wake = wake
        self.names.update(names)
        if self.names:
            self._stand_first()

    def missed(self) -> bool:
        """Whether one of the modules is there although nobody was woken."""
        return not sys.modules.keys().isdisjoint(self.names)

    def stands(self) -> bool:
        """Whether it is in `sys.meta_path` and has somebody to wake."""
        return self.wake is not None and self._times() > 0

    def _times(self) -> int:
        return sum(finder is self for finder in list(sys.meta_path))

    def _stand_first(self) -> None:
        """Be asked first, and leave what stands in `sys.meta_path` where it is: to take out is to make a walker skip.

        So we may stand there more than once, until the hook takes our place; not without end, where somebody else goes
        to the front each time, too.
        """
        if not isinstance(sys.meta_path, list):  # importlib takes any sequence
            sys.meta_path = list(sys.meta_path)
        is_first = bool(sys.meta_path) and sys.meta_path[0] is self
        if not is_first and self._times() < _PATIENCE:
            sys.meta_path.insert(0, self)

    @as_importlib
    def find_spec(  # pragma: no cover
        self, fullname: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "Spec | None":
        if sys.meta_path[0] is not self and self._look_back():
            return self._find(fullname, path, target)
        if fullname not in self.names:
            return None
        return self._find(fullname, path, target)

    @as_importlib
    def _find(self, fullname: str, path: "Any", target: "Any") -> "Spec | None":  # pragma: no cover
        spec: Spec | None = ask_those_behind(self, fullname, path, target)
        if type(spec) is _ModuleSpec:
            spec.__class__ = WakingSpec
        elif spec is not None and fullname in self.names:
            _wake(spec)
        return spec

    @as_importlib
    def _look_back(self) -> bool:  # pragma: no cover
        """Whether something got past us, now that somebody stands in front of us; else go to the front again."""
        if is_only_looking() or not self._times():
            return False
        if self.missed():
            return True
        self._stand_first()
        return False


class WakingSpec(_ModuleSpec):
    """A spec that says so when somebody wants its loader.

    Not before: finders are asked under the global import lock, and to import in there is to risk a deadlock with
    another thread. A probe that only wants to know whether there is such a module has no need of the loader.
    """

    # What other specs have as an attribute is worked out here when it is asked for.
    @property
    @as_importlib
    def loader(self) -> "Any":  # pragma: no cover
        self._say()
        return self.loader

    @loader.setter
    @as_importlib
    def loader(  # pragma: no cover # pyright: ignore[reportIncompatibleVariableOverride] -- what others have is set here
        self, loader: "Any"
    ) -> None:
        vars(self)["loader"] = loader
        self._say()

    @as_importlib
    def _say(self) -> None:  # pragma: no cover
        """Be an ordinary spec from now on, and say that the loader is wanted."""
        wake = self._wake
        self.__class__ = _ModuleSpec  # type: ignore[assignment]
        wake(self)

    @staticmethod
    @as_importlib
    def _wake(spec: "Any") -> None:  # pragma: no cover
        _wake(spec)

    def __reduce_ex__(self, protocol: "Any") -> "Any":
        self.__class__ = _ModuleSpec  # type: ignore[assignment]
        return self.__reduce_ex__(protocol)


WakingSpec.__name__ = WakingSpec.__qualname__ = "ModuleSpec"


@as_importlib
def _wake(spec: "Any") -> None:  # pragma: no cover
    if bootstrap_finder.wake is not None:
        bootstrap_finder.wake(spec)


bootstrap_finder = BootstrapFinder()
