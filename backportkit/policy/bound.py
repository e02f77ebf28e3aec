"""Have Python execute the very files that a policy names by their hashes, and no bytecode that was kept for them.

Python believes a kept file of bytecode by the time and size of the source, or unchecked
(https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation), and anybody can write one that fits.

All other files of such a provider are guarded: they are executed only if the program itself asks for them.
`policy lock` finds in source what patches import, but not where they work out a name, or a file, as they run.
"""

from __future__ import annotations

import hashlib
import os
import sys
from _frozen_importlib_external import PathFinder, SourceFileLoader
from typing import TYPE_CHECKING, Any

from backportkit.bootstrap import as_importlib
from backportkit.policy import asked_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import FrameType

    from backportkit.policy.modules import Hashed

_hashes: dict[str, str] = {}  # by the path of a file
_names: set[str] = set()  # of the modules that come from one of these files
_packages: set[str] = set()  # at the top, of which modules may be bound or guarded
_folders: dict[str, str] = {}  # of packages with such modules, with their names, that are no namespaces
_listed: dict[str, str] = {}  # what installers have listed: the names of modules, by their files
_python_gets_code = SourceFileLoader.get_code


def bind(found: Hashed) -> None:
    """Have these files, with the modules of these names among them, be executed only as they were hashed."""
    _hashes.update(found.files)
    _names.update(found.names)
    for name, path in zip(found.names[:1], found.files, strict=False):
        _packages.add(name.partition(".")[0])
        if os.path.basename(path).startswith("__init__."):  # noqa: PTH119 -- a start has no pathlib
            _folders[f"{os.path.dirname(path)}{os.sep}"] = name  # noqa: PTH120
    # Whatever finds a file of source, or is told of it, has this loader compile it. A finder would not hear of all.
    SourceFileLoader.get_code = _get_code  # type: ignore[method-assign,assignment]
    if _Finder not in sys.meta_path:
        # Our other finder, and those for modules without files, stay in front.
        place = sys.meta_path.index(PathFinder) if PathFinder in sys.meta_path else len(sys.meta_path)
        sys.meta_path.insert(place, _Finder)


def guard(listed: Mapping[str, str]) -> None:
    """Guard the files that an installer has listed for a provider, given with the names of their modules."""
    _listed.update(listed)
    _packages.update(name.partition(".")[0] for name in listed.values())


def has(path: str) -> bool:
    """Tell whether a file is one of those that are bound, and is as it was hashed."""
    path = os.path.realpath(path)
    hashes = {digest for known, digest in _hashes.items() if os.path.realpath(known) == path}
    with open(path, "rb") as file:  # noqa: PTH123 -- a start has no pathlib
        return hashlib.sha256(file.read()).hexdigest() in hashes


@as_importlib
def _get_code(self: SourceFileLoader, fullname: str) -> Any:  # pragma: no cover
    """Compile the file that was hashed, each time. This stands in place of `SourceFileLoader.get_code`."""
    path = os.path.abspath(self.path)  # noqa: PTH100 -- a start has no pathlib
    if path not in _hashes:
        _check(fullname, path, sys._getframe(1))  # noqa: SLF001 -- as inspect does
        return _python_gets_code(self, fullname)
    return self.source_to_code(_content(self, fullname, path), self.path)


def _content(loader: SourceFileLoader, name: str, path: str) -> bytes:
    content: bytes = loader.get_data(path)
    if hashlib.sha256(content).hexdigest() != _hashes[path]:
        raise _refused(name, path)
    return content


class _Finder:
    """Find what the finders behind this one find, and look at what is no source: extension modules and bytecode."""

    @classmethod
    def find_spec(cls, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        if name.partition(".")[0] not in _packages:
            return None
        behind = sys.meta_path[sys.meta_path.index(cls) + 1 :]
        asked = (finder.find_spec(name, path, target) for finder in behind if hasattr(finder, "find_spec"))
        spec = next((one for one in asked if one is not None), None)
        if spec is not None and spec.has_location and not isinstance(spec.loader, SourceFileLoader):
            origin = spec.origin or ""
            if origin not in _hashes:
                _check(name, origin, sys._getframe(1))  # noqa: SLF001 -- as above
        return spec


def _check(name: str, path: str, frame: FrameType) -> None:
    """Raise ImportError for a file that is not bound, if it takes the name of one that is, or if it is guarded."""
    if name in _names:
        raise _refused(name, path)
    label = _label(path)
    if label and not asked_by.the_program(frame, _hashes):
        raise _not_named(name, path, label)


def _label(path: str) -> str:
    """Return the key of a guarded file in the modules of a policy; empty if the file is not guarded."""
    if path in _listed:
        return _listed[path]
    for folder, package in _folders.items():
        if path.startswith(folder):
            inside = path[len(folder) :].replace(os.sep, "/")
            parts = inside.removesuffix(".py").removesuffix("/__init__").split("/")
            return ".".join([package, *parts]) if all(map(str.isidentifier, parts)) else f"{package}/{inside}"
    return ""


def _not_named(name: str, path: str, label: str) -> ImportError:
    said = f"{name} is imported by what the policy names, and the policy does not name {path}"
    way = f'write "{label}" = "new" into the modules of its provider, and run `backportkit policy lock`'
    return ImportError(f"{said}: if it may run, {way}", name=name, path=path)


def _refused(name: str, path: str) -> ImportError:
    return ImportError(f"{path} is not the file that the policy names for {name}", name=name, path=path)
