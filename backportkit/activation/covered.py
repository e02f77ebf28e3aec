"""Tell which modules and files of a provider its patches can bring into a process, for a policy to name them."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit.declaration import listed
from backportkit.policy import modules
from backportkit.source import specs
from backportkit.source.at_load import AtLoad, is_of_python, is_ours
from backportkit.source.lookup import Library

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from backportkit.declaration.discovery import EntryPoint
    from backportkit.declaration.registry import Declared


def names(entries: Sequence[EntryPoint], declared: Sequence[Declared]) -> set[str]:
    """Return the modules of a provider that its patches can import, and the data files that declare patches.

    Those are the modules that declare, those that patches name, of reproducers, too, what all these import anywhere in
    their source or have imported in this process, and so on. Left out is what the hash of another one covers: the
    packages above a module, and the modules below a package.
    """
    stated = {entry.module for entry in entries} | {module for one in declared for module in one.named_modules}
    provided = _Provided(stated, {path: name for entry in entries for path, name in _listed(entry).items()})
    proving = {one.patch.reproducer.run.module for one in declared if one.patch.reproducer is not None}
    return stated | _not_covered(provided.reached(proving), stated) | {*provided.data(declared)}


def _listed(entry: EntryPoint) -> dict[str, str]:
    """Return the modules that the installer of a provider has listed; none where nobody knows the distribution."""
    found = entry.metadata
    return {} if found is None or isinstance(found, str) else listed.modules_of(found)


def _not_covered(reached: set[str], stated: set[str]) -> set[str]:
    above = {package for one in reached | stated for package in modules.leading_to(one)[:-1]}
    listed = stated | (reached - above)
    return {one for one in listed if listed.isdisjoint(modules.leading_to(one)[:-1])}


class _Provided:
    """The modules of one provider: those of the packages that it states, and all whose files were recorded for it."""

    def __init__(self, stated: set[str], listed: Mapping[str, str]) -> None:
        self._stated = stated
        self._listed = listed
        self._roots = {_root(one) for one in stated}
        self._library = Library()

    def reached(self, others: Iterable[str]) -> set[str]:
        """Return what the stated modules and the provider's of others can import, or was imported, and these too."""
        left, found = self._stated | {name for one in [*others, *sys.modules] for name in self._own(one)}, set[str]()
        while left:
            found |= left
            imported = {name for one in left for name in self._imported_by(one)}
            left = {name for one in imported - found for name in self._own(one) or self._fitting(one)} - found
        return found

    def data(self, declared: Sequence[Declared]) -> Iterator[str]:
        """Yield the data files that declare patches, by the package that they are in, or a module that is beside them.

        The shortest name is that by the nearest of them.
        """
        for file in {Path(one.data_file) for one in declared if one.data_file}:
            names = {f"{root}/{inside}" for root in filter(None, self._roots) for inside in _inside(root, file)}
            yield from sorted(names, key=lambda name: (len(name), name))[:1]

    def _imported_by(self, module: str) -> Iterator[str]:
        for name in modules.leading_to(module):
            source = self._library.modules.read(name)
            if source is not None:
                yield from AtLoad(source, self._library, lambda _: True).imported_ever()

    def _own(self, module: str) -> set[str]:
        """Return by which name a policy names a module of the provider; none for any other one.

        A module of a folder that the provider has added to `sys.path` has another name than its file says.
        """
        with suppress(LookupError, OSError):
            path = None if is_ours(module) or is_of_python(module) else modules.file_of(module)
            if str(path) in self._listed:
                return {self._listed[str(path)]}
            if path is not None and not self._roots.isdisjoint(modules.leading_to(module)):
                return {module}
        return set()

    def _fitting(self, module: str) -> set[str]:
        """Return what a module may be that is not there before the provider adds a folder to `sys.path`."""
        with suppress(LookupError):
            if specs.find(module) is None:
                return {name for name in self._listed.values() if name.endswith(f".{module}")}
        return set()


def _root(module: str) -> str:
    """Return the first package above a module, or itself, that is in a file: a namespace is not the provider's own."""
    with suppress(LookupError, OSError):
        return next((one for one in modules.leading_to(module) if modules.file_of(one) is not None), "")
    return ""


def _inside(root: str, file: Path) -> Iterator[str]:
    for folder in (one.resolve() for one in modules.folders_with_data(root)):
        if folder in file.parents:
            yield file.relative_to(folder).as_posix()
