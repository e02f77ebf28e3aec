"""Read the modules of a release out of its archive. Those of Python itself are read here; there are no others."""

from __future__ import annotations

import sys
from importlib.util import decode_source
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from backportkit.declaration import owners
from backportkit.source import modules
from backportkit.source.lookup import Library
from backportkit.source.modules import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backportkit.upstream.archive import Archive

_NAMESPACE = "a namespace package"


class Modules(modules.Modules):
    """The modules of one release, that of a target and what it imports. Each is read and parsed once."""

    def __init__(self, archive: Archive, target: str) -> None:
        super().__init__()
        self._archive = archive
        self._own = target.partition(".")[0]

    def _look_for(self, module: str) -> Source | None:
        top = module.partition(".")[0]
        if top != self._own and top in sys.stdlib_module_names:
            return _with_code(self._archive, module) or super()._look_for(module)
        return _in(self._archive, module)


class Upgraded(modules.Modules):
    """The modules as they would be with other releases installed: those of the releases, and beside them those here.

    The archives are given by the normalised names of their projects. What these have installed here does not count.
    """

    def __init__(self, archives: Mapping[str, Archive]) -> None:
        super().__init__()
        self._archives = archives

    def _look_for(self, module: str) -> Source | None:
        for archive in self._archives.values():
            found = _in(archive, module)
            if found is not None:
                return found
        return None if self._is_replaced(module.partition(".")[0]) else super()._look_for(module)

    def _is_replaced(self, package: str) -> bool:
        """Tell whether a package is that of the releases. A namespace package may be that of others, too."""
        there = [_in(archive, package) for archive in self._archives.values()]
        if any(one is not None and one.path != _NAMESPACE for one in there):
            return True
        return any(canonicalize_name(name) in self._archives for name in owners.of(package))


class WithTexts(modules.Modules):
    """Modules of which some have another text, or are there by their text alone."""

    def __init__(self, others: modules.Modules, texts: Mapping[str, str]) -> None:
        super().__init__()
        self._others = others
        self._texts = texts

    def _look_for(self, module: str) -> Source | None:
        there = self._others.read(module)
        if module not in self._texts:
            return there
        text = self._texts[module]
        is_package = there is not None and there.is_package
        return Source(module, f"{module} as changed", text, modules.parse(text), is_package, ())


def _in(archive: Archive, module: str) -> Source | None:
    """Return a module of an archive; None if it has none of that name."""
    return _with_code(archive, module) or _namespace(archive, module)


def _with_code(archive: Archive, module: str) -> Source | None:
    """Return a module as an import finds it: a package before a file, an extension before the source beside it.

    So does https://docs.python.org/3/library/importlib.html#importlib.machinery.FileFinder with its usual loaders.
    """
    base = module.replace(".", "/")
    for stem in (f"{base}/__init__", base):
        found = _compiled(archive, module, stem) or _with_source(archive, module, f"{stem}.py")
        if found is not None:
            return found
    return None


def extension_of(archive: Archive, stem: str) -> str | None:
    """Return the extension that an import takes before a source, which is given without its ending; None for none."""
    return next((one for one in archive.extensions if one.startswith(f"{stem}.")), None)


def _compiled(archive: Archive, module: str, stem: str) -> Source | None:
    path = extension_of(archive, stem)
    if path is None:
        return None
    reason = "which goes before the source beside it" if f"{stem}.py" in archive.paths else "which has no source"
    return Source(module, path, "", None, stem.endswith("/__init__"), (), f"{module} is {path}, {reason}")


def _with_source(archive: Archive, module: str, path: str) -> Source | None:
    return _read(module, path, archive.read(path)) if path in archive.paths else None


def _namespace(archive: Archive, module: str) -> Source | None:
    base = module.replace(".", "/")
    is_folder = any(path.startswith(f"{base}/") for path in archive.paths)
    reason = f"{module} is a namespace package, which has no code"
    return Source(module, _NAMESPACE, "", None, True, (), reason) if is_folder else None


def library(archive: Archive, target: str) -> Library:
    """Return a library of the modules of a release, to look a target in the module `target` up."""
    return Library(Modules(archive, target))


def name_of(path: str) -> str:
    """Return the module that a file of an installation is."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _read(module: str, path: str, content: bytes) -> Source:
    is_package = path.endswith("/__init__.py")
    try:
        text = decode_source(content)
        return Source(module, path, text, modules.parse(text), is_package, ())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = f"the source of {module} cannot be read: {error}"
        return Source(module, path, "", None, is_package, (), reason)
