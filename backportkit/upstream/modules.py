"""Read the modules of a release out of its archive. Those of Python itself are read here; there are no others."""

from __future__ import annotations

import sys
from importlib.util import decode_source
from typing import TYPE_CHECKING

from backportkit.source import modules
from backportkit.source.lookup import Library
from backportkit.source.modules import Source

if TYPE_CHECKING:
    from backportkit.upstream.archive import Archive


class Modules(modules.Modules):
    """The modules of one release, that of a target and what it imports. Each is read and parsed once."""

    def __init__(self, archive: Archive, target: str) -> None:
        super().__init__()
        self._archive = archive
        self._own = target.partition(".")[0]

    def _look_for(self, module: str) -> Source | None:
        base = module.replace(".", "/")
        for path in (f"{base}/__init__.py", f"{base}.py"):
            if path in self._archive.paths:
                return _read(module, path, self._archive.read(path))
        top = module.partition(".")[0]
        if top != self._own and top in sys.stdlib_module_names:
            return super()._look_for(module)
        return self._without_source(module, base)

    def _without_source(self, module: str, base: str) -> Source | None:
        """Return a module in C or a namespace package; None if the archive has neither."""
        for path in self._archive.paths:
            if path.startswith(f"{base}."):
                return Source(module, path, "", None, False, (), f"{module} is {path}, which has no source")
        is_folder = any(path.startswith(f"{base}/") for path in self._archive.paths)
        reason = f"{module} is a namespace package, which has no code"
        return Source(module, "a namespace package", "", None, True, (), reason) if is_folder else None


def library(archive: Archive, target: str) -> Library:
    """Return a library of the modules of a release, to look a target in the module `target` up."""
    made = Library()
    made.modules = Modules(archive, target)
    return made


def _read(module: str, path: str, content: bytes) -> Source:
    is_package = path.endswith("/__init__.py")
    try:
        text = decode_source(content)
        return Source(module, path, text, modules.parse(text), is_package, ())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = f"the source of {module} cannot be read: {error}"
        return Source(module, path, "", None, is_package, (), reason)
