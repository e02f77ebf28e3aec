"""Keep a module that declares patches from importing what it patches, and from applying any."""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from backportkit import startup
from backportkit.check import reading
from backportkit.declaration import discovery
from backportkit.source import location

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import FrameType

    from typing_extensions import Self

    from backportkit.declaration.discovery import EntryPoint
    from backportkit.source.modules import Source

_TARGET = re.compile(r"(?P<top>[^\W\d]\w*)[\w.]*:[\w.]+(\[.+\])?")

_IMPORTING = ("importlib", "backportkit.")  # what stands between a statement and the finder


class Step(NamedTuple):
    """A line of a file that has led to an import."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{location.relative(self.path)}:{self.line}"


class Fence:
    """A finder that refuses to import the given packages while declarations are read.

    `apply_all()` does nothing meanwhile: it would read the patches of what the command itself has imported.

    The packages above a declaring module are imported before it, whichever of the modules below them is read. So what
    they import is refused if any of these modules patches it.
    """

    @classmethod
    def around(cls, group: Sequence[EntryPoint], groups: Iterable[Sequence[EntryPoint]]) -> Self:
        """Return the fence for one of several declaring modules, each of which entry points lead to."""
        module = _module(group)
        top = module.partition(".")[0]
        beside = [patched_by(one) for one in groups if _module(one).partition(".")[0] == top]
        return cls(patched_by(group), _above(module), {name for names in beside for name in names})

    def __init__(self, packages: Iterable[str], above: Iterable[str] = (), beside: Iterable[str] = ()) -> None:
        self._packages = frozenset(packages)
        self._above, self._beside = frozenset(above), frozenset(beside)
        self.tried: dict[str, list[Step]] = {}

    def __enter__(self) -> Self:
        startup.readers.append(self)
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)
        startup.readers.remove(self)

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        if name not in self._packages | self._beside:
            return None
        frames = _frames()
        if name not in self._packages and not any(one.f_globals.get("__name__") in self._above for one in frames):
            return None
        self.tried.setdefault(name, _steps(frames))
        raise ImportError(f"a module that declares patches for {name} may not import it", name=name)


def _module(group: Sequence[EntryPoint]) -> str:
    return group[0].value.partition(":")[0].strip()


def _above(module: str) -> list[str]:
    """Return the names of the packages above a module."""
    parts = module.split(".")
    return [".".join(parts[:at]) for at in range(1, len(parts))]


def _frames() -> list[FrameType]:
    """Return the frames of what is read, the outermost first, without those of the import system."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 -- the caller of find_spec
    found: list[FrameType] = []
    while frame is not None and frame.f_globals.get("__name__") != discovery.__name__:
        name = str(frame.f_globals.get("__name__"))
        if not (frame.f_code.co_filename.startswith("<frozen") or name.startswith(_IMPORTING)):
            found.append(frame)
        frame = frame.f_back
    return found[::-1]


def _steps(frames: Iterable[FrameType]) -> list[Step]:
    """Return the first line in each file that frames lead through."""
    found: list[Step] = []
    for one in frames:
        if not found or found[-1].path != one.f_code.co_filename:
            found.append(Step(one.f_code.co_filename, one.f_lineno))
    return found


def patched_by(group: Sequence[EntryPoint]) -> set[str]:
    """Return the packages that a module seems to patch.

    These are the names of its entry points, and the packages of all texts in it that look like targets.
    """
    module = _module(group)
    found = module_named(module)
    nodes = ast.walk(found.tree) if found is not None and found.tree is not None else ()
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    written = {match["top"] for match in map(_TARGET.fullmatch, texts) if match}
    own = {module.partition(".")[0], "backportkit"}
    return ({entry_point.name for entry_point in group} | written) - own - set(sys.modules)


def module_named(name: str) -> Source | None:
    """Return the source of a module by its dotted name; None if the name is not valid or there is no source."""
    return reading.read(name) if all(part.isidentifier() for part in name.split(".")) else None
