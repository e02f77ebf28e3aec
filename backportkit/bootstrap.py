"""Stand in `sys.meta_path` at the least cost, and load the engine when a module that has patches is imported.

An activated process that needs none of its patches loads this module and no other, since each costs a start 300,000
instructions whatever is in it: so the head of the manifest is read here, too. docs/processes.md says more.

At the end of a process all that the finder refers to is cleared: functions import `os` and `startup` when they need it.
"""

import _frozen_importlib as _bootstrap
import _imp
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

_PATIENCE = 5  # how often we go to the front again if somebody else does so, too

_ModuleSpec = _bootstrap.ModuleSpec
of_thread = _thread._local()  # not threading.local: importing threading at start-up hangs 3.10 (docs/hook.md)


def as_importlib(function: "FunctionT") -> "FunctionT":
    """Give a function's code the file name of importlib: its frames are importlib's then, and coverage sees none."""
    _imp._fix_co_filename(function.__code__, _IMPORTLIB_FILE)  # type: ignore[attr-defined] # as importlib does itself
    return function


@as_importlib
def ask_those_behind(ours: object, name: str, path: "Any", target: "Any") -> "Any":  # pragma: no cover
    """Return the spec that the finders behind `ours` find; None if they find none, or if one of them asks us again.

    If one of them imports the very module, the result is the spec of that module, which importlib takes, too.
    """
    if is_being_found(name):
        return None
    being_found = of_thread.__dict__.setdefault("names", set())
    try:
        being_found.add(name)
        there = sys.modules.get(name)
        finders = list(sys.meta_path)
        position = next((number for number, finder in enumerate(finders, 1) if finder is ours), 0)
        for finder in finders[position:]:
            find_spec = getattr(finder, "find_spec", None)
            if find_spec is None:  # from before PEP 451; CPython itself stopped asking those in 3.12
                ask = getattr(_bootstrap, "_find_spec_legacy", None)
                spec = ask(finder, name, path) if ask is not None else None
            else:
                spec = find_spec(name, path, target)
            if spec is not None:
                now = sys.modules.get(name)
                return spec if now is there else getattr(now, "__spec__", None) or spec
    finally:
        being_found.discard(name)
    return None


@as_importlib
def is_being_found(name: str) -> bool:  # pragma: no cover
    """Tell whether a call of `ask_those_behind` outside the caller's asks for the module, in this thread.

    An interrupt can leave a name noted, so that the stack is looked at, too: a call that is not there has ended.
    """
    if name not in of_thread.__dict__.get("names", ()):
        return False
    frame = sys._getframe(1).f_back
    while frame is not None:
        if frame.f_code is ask_those_behind.__code__ and frame.f_locals["name"] == name:
            return True
        frame = frame.f_back
    return False


@as_importlib
def only_looking() -> "Any":  # pragma: no cover
    """Return a lock; while this thread holds it, its imports do not patch modules that got past our finders.

    Telling where a patch stands takes imports, too, and a question must not change its answer. Each thread has a lock
    of its own: no interrupt comes between the end of a block and the release of a lock in C.
    """
    return of_thread.__dict__.setdefault("looking", _thread.RLock())


@as_importlib
def is_only_looking() -> bool:  # pragma: no cover
    """Tell whether imports of this thread must not patch anything."""
    return bool(only_looking()._is_owned())


class BootstrapFinder:
    """Waits until one of `names` is about to be imported, once `wait_for` is called.

    These are the targets of declared patches, and the packages whose providers are to be read, the `provided`. While
    another finder stands in front of it, it also looks whether one of them was imported without it.
    """

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.provided: set[str] = set()
        self.is_waiting = False

    def wait_for(self, provided: "Iterable[str]", targets: "Iterable[str]" = ()) -> None:
        """Call `startup.wake` with the spec when one of these modules is imported, before its body runs.

        Names add up. If one was imported without us, `startup.wake` gets the spec of the next import.
        """
        self.is_waiting = True
        self.provided.update(provided)
        self.names.update(self.provided, targets)
        if self.names:
            self._stand_first()

    def stands(self) -> bool:
        """Tell whether it is in `sys.meta_path` and waits for something."""
        return self.is_waiting and self._times() > 0

    def _times(self) -> int:
        return sum(finder is self for finder in list(sys.meta_path))

    def _stand_first(self) -> None:
        """Insert us first. Take nothing out of `sys.meta_path`: a thread that walks it would skip a finder.

        So we may stand there several times, until the hook takes our place. Somebody else may do the same each time.
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
        if (sys.meta_path[0] is self or not self._looks_back()) and fullname not in self.names:
            return None
        spec: Spec | None = ask_those_behind(self, fullname, path, target)
        if type(spec) is _ModuleSpec:
            spec.__class__ = WakingSpec
        elif spec is not None and fullname in self.names:
            WakingSpec._wake(spec)
        return spec

    @as_importlib
    def _looks_back(self) -> bool:  # pragma: no cover
        """Tell whether an import got past us while somebody stood in front of us; else go to the front again."""
        if is_only_looking() or not self._times():
            return False
        if not sys.modules.keys().isdisjoint(self.names):
            return True
        self._stand_first()
        return False


class WakingSpec(_ModuleSpec):
    """A spec that wakes the engine when its loader is asked for, and is an ordinary one from then on.

    The engine is not woken earlier: finders are asked under the global import lock, where an import risks a deadlock
    with another thread. A probe that only wants to know whether there is such a module does not ask for the loader.
    """

    @property
    @as_importlib
    def loader(self) -> "Any":  # pragma: no cover
        wake = self._wake
        self.__class__ = _ModuleSpec  # type: ignore[assignment]
        wake(self)
        return self.loader

    @loader.setter
    @as_importlib
    def loader(self, loader: "Any") -> None:  # pragma: no cover # pyright: ignore[reportIncompatibleVariableOverride]
        vars(self)["loader"] = loader
        _ = self.loader  # whoever sets it wants it, too

    @staticmethod
    @as_importlib
    def _wake(spec: "Any") -> None:  # pragma: no cover
        """Wake the engine, now that somebody wants the loader."""
        if bootstrap_finder.is_waiting:
            _room("startup").wake(spec)

    def __reduce_ex__(self, protocol: "Any") -> "Any":
        self.__class__ = _ModuleSpec  # type: ignore[assignment]
        return self.__reduce_ex__(protocol)


WakingSpec.__name__ = WakingSpec.__qualname__ = "ModuleSpec"


bootstrap_finder = BootstrapFinder()
NAME = "zz_backportkit.manifest"  # beside the .pth file, which must come after those that extend sys.path
POLICY = "backportkit-policy.toml"  # in sys.prefix
LINES = "backportkit-policy.lines"  # beside it: the same for a start
WATCHING = ("BACKPORTKIT_DUMP", "BACKPORTKIT_TRACEBACKS")
# Variables that only the rest of the start understands, or has to refuse.
SETTINGS = ("BACKPORTKIT_CONFIG", "BACKPORTKIT_DISABLE", "BACKPORTKIT_ENABLE", "BACKPORTKIT_ON_ERROR", *WATCHING)

begun: list[list[str]] = []  # the `sys.path` of the start; in a virtual environment every .pth file is read twice
in_force: "list[Head]" = []  # the head of the manifest that this process started from, if any
recalled: "list[str]" = []  # what a policy that has changed or is gone since says about failures, by the manifest

DECLARATIONS = "backportkit.declaration.registry"
_MAGIC = b"backportkit manifest 6 "
_FIRST = len(_MAGIC) + 24  # two numbers and the end of the line


class Head:
    """The head of a manifest, which a start reads. It is text, so that reading it cannot harm an interpreter.

    Attributes:
        path: The file.
        modules: The modules that have patches which are meant for the environment.
        packages: The packages that have other patches: nothing is to be done for them as long as the stamps hold.
        offers: The packages that have patches for those who ask for them.
        folders, sources: The stamps of the entries of `sys.path` that it speaks for, and of files that are worked on.
        judged, end: The checksum of the judgements behind the head, and their offset in the file.
    """

    def __init__(self, path: str, end: int, lines: "list[str]") -> None:
        self.path, self.end = path, end
        self.judged, modules, packages, offers, *stamps = lines
        self.modules, self.packages, self.offers = modules.split(), packages.split(), offers.split()
        self.folders: dict[str, str] = {}
        self.sources: dict[str, str] = {}
        for line in stamps:
            kind, stamp, name = line.split("\t", 2)
            (self.folders if kind == "folder" else self.sources)[name] = stamp


def activate() -> None:
    """Arm the patches of the environment at the start of an interpreter, called by a .pth file or a sitecustomize.

    Never raises: an error is reported in one line on stderr. Does nothing the second time, or if all is disabled.
    """
    if begun:
        return
    begun.append([*sys.path])
    try:
        import os

        if any(map(os.environ.get, SETTINGS)) or not _heed_manifest():
            _room("startup").begin()
    except BaseException as error:  # noqa: BLE001 -- an interpreter must start, whatever is wrong with its patches
        _room("failing").tell(error)


def _room(name: str) -> "Any":
    """Load a further module of the start, by its name, since it is on a higher floor than this one."""
    with only_looking():
        __import__(f"backportkit.{name}")
    return sys.modules[f"backportkit.{name}"]


def _heed_manifest() -> bool:
    """Wait for the modules that the manifest names, if there is one and it holds; tell whether that is all."""
    path = find(sys.path)
    try:
        head = read(path) if path else None
    except (OSError, ValueError):  # begin() meets it again, and reports it
        return False
    if head is not None and not changed(head.folders) and not changed(head.sources):
        adopt(head, head.modules)
    return bool(in_force) and DECLARATIONS not in sys.modules and in_force[0].folders.keys() >= set(sys.path)


def adopt(head: Head, needed: "list[str]") -> None:
    """Wait for the needed modules and for the packages that a manifest names, unless a needed one is there already."""
    if sys.modules.keys().isdisjoint(needed):
        in_force[:] = [head]
        names = {*needed, *head.packages}.difference(sys.modules)
        bootstrap_finder.wait_for(names)


def find(folders: "Sequence[str]") -> str | None:
    """Return the manifest of the last of these folders that has one: site-packages comes last on `sys.path`."""
    from os.path import isfile

    return next(filter(isfile, (f"{folder}/{NAME}" for folder in reversed(folders))), None)  # a pipe would wait


def read(path: str) -> Head:
    """Read the head of a manifest. Raises OSError, or ValueError if it is damaged, open to others, or of elsewhere."""
    with open(path, "rb") as file:  # noqa: PTH123
        check_writers(file.fileno())
        first = file.read(_FIRST)
        length = first[len(_MAGIC) : len(_MAGIC) + 6]
        head = file.read(int(length, 16)) if length.isalnum() and first.startswith(_MAGIC) else b""
    if first != first_line(head):
        is_other = first.startswith(_MAGIC[:21]) and not first.startswith(_MAGIC)
        raise ValueError("is of another release of backportkit" if is_other else "is damaged")
    place, *lines = head.decode("utf-8", "surrogateescape").split("\n")
    if place != environment():
        raise ValueError(f"belongs to another environment, {place}")
    return Head(path, len(first) + len(head), lines)


def check_writers(file: int) -> None:
    """Raise ValueError if others than root and the user may write an open file. Windows has no modes that tell."""
    if sys.platform != "win32":
        import os

        found = os.fstat(file)
        if found.st_mode & 0o022 or (found.st_uid and found.st_uid != os.geteuid()):
            raise ValueError("may be written by another user")


def first_line(head: bytes) -> bytes:
    """Return the first line of a manifest with that head: its kind, the length of the head, and the checksum."""
    return b"%b%06x %b\n" % (_MAGIC, len(head), checksum(head).encode())


def checksum(content: bytes) -> str:
    """Return 16 hexadecimal digits, by a function that is there without an import."""
    return _imp.source_hash(0x6261636B706F7274, content).hex()


def environment() -> str:
    """Return a text that tells one environment from another. Windows takes a path in whatever case it was typed."""
    prefix = sys.prefix.lower() if sys.platform == "win32" else sys.prefix
    return f"{sys.implementation.cache_tag} {prefix}"


def changed(stamps: "dict[str, str]") -> "list[str]":
    """Return the folders and files that have changed since their stamps were taken."""
    return [path for path, stamp in stamps.items() if not is_same(stamp.partition(" ")[0], stamp_of(path))]


def stamp_of(path: str) -> str:
    """Return the mode, the owner and the last change, in nanoseconds, of a file or folder; an empty text for none."""
    stat = sys.modules["os"].stat  # there at any start; to import it costs more than the rest
    try:
        return f"{(found := stat(path)).st_mode}.{found.st_uid}.{found.st_mtime_ns}"
    except OSError:
        return ""


def is_same(then: str, now: str) -> bool:
    """Tell whether two stamps are the same. The layers of an image keep no fractions of seconds."""
    return now == then or (now[-9:] == "000000000" and now[:-9] == then[:-9])
