"""Read the modules of releases: those that have the bug, and the one with the fix, be it in a release yet or not."""

from __future__ import annotations

import ast
from contextlib import ExitStack
from typing import TYPE_CHECKING

from backportkit.authoring.asked import by_hand
from backportkit.authoring.releases.spans import NothingToWriteError
from backportkit.source.found import Kind
from backportkit.source.lookup import Library
from backportkit.upstream.archive import Archive
from backportkit.upstream.modules import Modules, WithTexts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from typing_extensions import Self

    from backportkit.authoring.releases.spans import Row
    from backportkit.source.modules import Source
    from backportkit.upstream.history import Place
    from backportkit.upstream.index import Release
    from backportkit.upstream.means import Means


class Sources:
    """The modules of the releases, each read once. Archives are closed at the end."""

    def __init__(self, means: Means, texts: Mapping[str, str]) -> None:
        self.means = means
        self._texts = texts
        self._open = ExitStack()
        self._archives: dict[str, Archive] = {}
        self._libraries: dict[tuple[str, str, bool], Library] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def archive(self, release: Release) -> Archive:
        """Return the archive of a release."""
        name = release.file.name
        if name not in self._archives:
            self._archives[name] = self._open.enter_context(Archive(release.file, self.means))
        return self._archives[name]

    def library(self, row: Row, module: str) -> Library:
        """Return a library of the modules of a row, to look names of a module up."""
        key = row.release.file.name, module, row.is_released
        if key not in self._libraries:
            found = Modules(self.archive(row.release), module)
            self._libraries[key] = Library(found if row.is_released else WithTexts(found, self._texts))
        return self._libraries[key]

    def module(self, row: Row, module: str) -> Source:
        """Return a module of a row. Raises NothingToWriteError if it has no source that can be read."""
        source = self.library(row, module).modules.read(module)
        if source is None or source.tree is None:
            raise NothingToWriteError(
                f"{module} cannot be read in {row.version}",
                found=source.reason if source is not None else "no such module",
                next_step=f"leave {row.version} out by --since, or name a target whose module has Python source",
            )
        return source

    def definition(self, row: Row, place: Place) -> ast.stmt:
        """Return what defines a target in a row. Raises NothingToWriteError if it is not one definition there."""
        found = self.library(row, place.module).find(place.module, place.path)
        target = f"{place.module}:{'.'.join(place.path)}"
        origin = found.copied or found.inherited
        if origin is not None:
            raise NothingToWriteError(
                f"{target} is defined elsewhere", found=origin, next_step=f"backportkit new {_own(found.copied, place)}"
            )
        if len(found.candidates) > 1:
            raise NothingToWriteError(
                f"{target} is one of {len(found.candidates)} definitions, and only running the module tells which",
                found="; ".join(one.where for one in found.candidates),
                next_step=by_hand.WAY,
            )
        if found.kind not in {Kind.FUNCTION, Kind.CLASS, Kind.VALUE} or not isinstance(found.nodes[0], ast.stmt):
            raise NothingToWriteError(
                f"{target} has no body that could be written down", found=found.reason or found.kind.value
            )
        return found.nodes[0]


def _own(copied: str | None, place: Place) -> str:
    return copied if copied is not None else f"{place.module}:CLASS.{place.path[-1]}, with the class that defines it"
