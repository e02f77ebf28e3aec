"""Find the Python files of a project, and read each when it is asked for."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from backportkit.authoring.retire import mentions, units
from backportkit.authoring.retire.mentions import Mentions
from backportkit.authoring.retire.units import File, Kind, Unit
from backportkit.source import folders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_ELSEWHERE = frozenset({"build", "dist", "node_modules", "site-packages"})


class Tree:
    """The Python files of a project, by their paths and by the names of their modules.

    Attributes:
        root: The folder of the project.
        paths: The files.
        modules: The files by the dotted names of their modules; a file of tests may have two.
        unread: The files that were asked for and cannot be read, and why.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths = [*folders.files_below(root, is_searched, lambda name: name.endswith(".py"))]
        self.unread: dict[Path, str] = {}
        self.modules = {name: path for path in self.paths for name in (_beside(path), self.module(path))}
        self._files: dict[Path, File] = {}
        self._contents: dict[Path, bytes] = {}

    def module(self, path: Path) -> str:
        """Return the dotted name of a file, in the folder of the project or in its folder `src`."""
        code = self.root / "src"
        inner = path.relative_to(code if path.is_relative_to(code) else self.root).with_suffix("")
        parts = inner.parts[:-1] if inner.name == "__init__" else inner.parts
        return ".".join(parts)

    def path_of(self, module: str) -> Path | None:
        """Return the file of a module; None if the project has no such module."""
        return self.modules.get(module)

    def file(self, path: Path) -> File:
        """Return a file. One that cannot be read mentions everything in the modules that its text has."""
        if path not in self._files:
            try:
                self._files[path] = units.of(self.content(path), path, self.module(path))
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                self.unread[path] = str(error)
                self._files[path] = self._opaque(path)
        return self._files[path]

    def meant_by(self, unit: Unit) -> Iterator[Unit]:
        """Yield the units that a unit may mean by the names that it mentions."""
        yield from unit.file.binding(unit.mentions.names)
        for name in unit.mentions.dotted:
            yield from self.named(name)

    def named(self, dotted: str) -> list[Unit]:
        """Return the units that a dotted name leads to. The name of a module alone leads to none."""
        parts = dotted.split(".")
        for at in range(len(parts) - 1, 0, -1):
            path = self.path_of(".".join(parts[:at]))
            if path is not None:
                is_whole = parts[at] == mentions.EVERYTHING
                file = self.file(path)
                return [one for one in file.units if one.binds] if is_whole else file.binding([parts[at]])
        return []

    def mentioning(self, words: Iterable[str]) -> Iterator[File]:
        """Yield the files in whose text one of the words is."""
        wanted = [word.encode() for word in words]
        for path in self.paths:
            if any(word in self.content(path) for word in wanted):
                yield self.file(path)

    def content(self, path: Path) -> bytes:
        """Return the content of a file, which is read once; nothing if it cannot be read."""
        if path not in self._contents:
            try:
                self._contents[path] = path.read_bytes()
            except OSError as error:
                self.unread[path] = str(error)
                self._contents[path] = b""
        return self._contents[path]

    def _opaque(self, path: Path) -> File:
        text = path.read_text("utf-8", "replace")
        named = {f"{name}.{mentions.EVERYTHING}" for name in self.modules if name in text}
        file = File(path, self.module(path), mentions.Reader("", {}), [])
        file.units.append(Unit(file, Kind.EFFECT, ast.Pass(lineno=1, col_offset=0), Mentions(set(), named)))
        return file


def _beside(path: Path) -> str:
    """Return the name of a file as a test beside it imports it."""
    return folders.module_in(path)[1]


def is_searched(folder: Path) -> bool:
    """Tell whether a folder may have files of the project itself."""
    is_made = folder.name in _ELSEWHERE or folder.name.endswith(".egg-info")
    return not (is_made or folders.is_apart(folder))
