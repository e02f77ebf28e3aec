"""Keep a module that declares patches from importing what it patches, and from applying any."""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING

from backportkit import startup
from backportkit.check import reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.machinery import ModuleSpec

    from typing_extensions import Self

    from backportkit.declaration.discovery import EntryPoint
    from backportkit.source.modules import Source

_TARGET = re.compile(r"(?P<top>[^\W\d]\w*)[\w.]*:[\w.]+(\[.+\])?")


class Fence:
    """A finder that refuses to import the given packages while declarations are read.

    `apply_all()` does nothing meanwhile: it would read the patches of what the command itself has imported.
    """

    def __init__(self, packages: Iterable[str]) -> None:
        self._packages = frozenset(packages)
        self.tried: set[str] = set()

    def __enter__(self) -> Self:
        startup.readers.append(self)
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)
        startup.readers.remove(self)

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        if name not in self._packages:
            return None
        self.tried.add(name)
        raise ImportError(f"a module that declares patches for {name} may not import it", name=name)


def patched_by(group: Sequence[EntryPoint]) -> set[str]:
    """Return the packages that a module seems to patch.

    These are the names of its entry points, and the packages of all texts in it that look like targets.
    """
    module = group[0].value.partition(":")[0].strip()
    found = module_named(module)
    nodes = ast.walk(found.tree) if found is not None and found.tree is not None else ()
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    written = {match["top"] for match in map(_TARGET.fullmatch, texts) if match}
    own = {module.partition(".")[0], "backportkit"}
    return ({entry_point.name for entry_point in group} | written) - own - set(sys.modules)


def module_named(name: str) -> Source | None:
    """Return the source of a module by its dotted name; None if the name is not valid or there is no source."""
    return reading.read(name) if all(part.isidentifier() for part in name.split(".")) else None
