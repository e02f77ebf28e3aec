"""Have Python execute the very files that a policy names by their hashes, and no bytecode that was kept for them.

Python believes a kept file of bytecode by the time and size of the source, or unchecked
(https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation), and anybody can write one that fits.

Whatever these files import of their own package has to be named, too. `policy lock` finds that in their source, but not
where they work out the name of a module as they run.
"""

from __future__ import annotations

import hashlib
import os
import sys
from _frozen_importlib_external import PathFinder, SourceFileLoader
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import FrameType

    from backportkit.policy.modules import Hashed

_hashes: dict[str, str] = {}  # by the path of a file
_names: set[str] = set()  # of the modules that come from one of these files
_packages: set[str] = set()  # with such modules, those at the top
_roots: set[str] = set()  # the same within namespaces, which distributions share
_MACHINERY = ("importlib", "_frozen_importlib", "pkgutil", "backportkit.")
_READING = "backportkit.source."
_DECLARING = "backportkit.declaration."  # which imports what declares, and what a declaration names


def bind(found: Hashed) -> None:
    """Have these files, with the modules of these names among them, be executed only as they were hashed."""
    _hashes.update(found.files)
    _names.update(found.names)
    _packages.update(name.partition(".")[0] for name in found.names[:1])
    _roots.update(found.names[:1])
    if _Finder not in sys.meta_path:
        # Our other finder, and those for modules without files, stay in front.
        place = sys.meta_path.index(PathFinder) if PathFinder in sys.meta_path else len(sys.meta_path)
        sys.meta_path.insert(place, _Finder)


def has(path: str) -> bool:
    """Tell whether a file is one of these, and is as it was hashed."""
    path = os.path.realpath(path)
    hashes = {digest for known, digest in _hashes.items() if os.path.realpath(known) == path}
    with open(path, "rb") as file:  # noqa: PTH123 -- a start has no pathlib
        return hashlib.sha256(file.read()).hexdigest() in hashes


class _Finder:
    """Find what the finders behind this one find, and have bound files loaded from their source."""

    @classmethod
    def find_spec(cls, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        if name.partition(".")[0] not in _packages:
            return None
        behind = sys.meta_path[sys.meta_path.index(cls) + 1 :]
        asked = (finder.find_spec(name, path, target) for finder in behind if hasattr(finder, "find_spec"))
        spec = next((one for one in asked if one is not None), None)
        if spec is not None and spec.has_location:
            _bind(name, spec)
        return spec


def _bind(name: str, spec: ModuleSpec) -> None:
    origin = spec.origin or ""
    if origin in _hashes:
        if type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, origin)
    elif name in _names:
        raise _refused(name, origin)
    elif _is_inside(name) and _is_asked_for_by_bound(sys._getframe(1)):  # noqa: SLF001 -- as inspect does
        raise _not_named(name, origin)


def _is_inside(name: str) -> bool:
    return any(name.startswith(f"{root}.") for root in _roots)


def _is_asked_for_by_bound(frame: FrameType | None) -> bool:
    """Tell whether bound code, or a declaration, imports a module.

    The file of a package may import modules for others, by its `__getattr__`: then those count who have asked it.
    """
    while frame is not None:
        module, file = str(frame.f_globals.get("__name__")), frame.f_code.co_filename
        if module.startswith((_DECLARING, _READING)):
            return module.startswith(_DECLARING)
        is_package = file in _hashes and file.endswith("__init__.py")
        if not is_package and not module.startswith(_MACHINERY):
            return file in _hashes
        frame = frame.f_back
    return False


class _Loader(SourceFileLoader):
    """Compile the file that was hashed, each time."""

    def get_code(self, fullname: str) -> Any:
        content = self.get_data(self.path)
        if hashlib.sha256(content).hexdigest() != _hashes[self.path]:
            raise _refused(fullname, self.path)
        return self.source_to_code(content, self.path)


def _not_named(name: str, path: str) -> ImportError:
    said = f"{name} is imported by what the policy names, and the policy does not name {path}"
    way = f'write "{name}" = "new" into the modules of its provider, and run `backportkit policy lock`'
    return ImportError(f"{said}: if it may run, {way}", name=name, path=path)


def _refused(name: str, path: str) -> ImportError:
    return ImportError(f"{path} is not the file that the policy names for {name}", name=name, path=path)
