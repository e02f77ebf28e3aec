"""Tell which copy of a distribution counts, where several entries of `sys.path` have one."""

from __future__ import annotations

import os
import sys
from itertools import chain
from types import ModuleType

from backportkit import bootstrap
from backportkit.declaration.eligibility import Judging
from backportkit.names import normalised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from backportkit.declaration.eligibility import Copy
    from backportkit.declaration.metadata import Metadata

_LISTS = ("RECORD", "top_level.txt")  # of what an installer has installed; of what setuptools has built


class Beside(Judging):
    """Judgements for the patches of one module, where copies of a distribution differ in their versions.

    `known` has what was found of other distributions, or is supposed of them.
    """

    def __init__(self, module: str, known: Mapping[str, list[Copy]]) -> None:
        super().__init__()
        self._modules = tuple(filter(None, [module]))
        self._copies.update((name, found) for name, found in known.items() if len(found) == 1)

    def _find(self, name: str) -> list[Copy]:
        if name not in self._copies:
            found = super()._find(name)
            order = in_order([one.metadata for one in found if one.metadata], *self._modules, name.replace("-", "_"))
            self._copies[name] = sorted(found, key=lambda one: order.index(one.metadata) if one.metadata else 0)
            self.is_contested = False  # no more
        return self._copies[name]


def in_order(found: Sequence[Metadata], *modules: str) -> list[Metadata]:
    """Return the copies of a distribution, given in the order of `sys.path`, with the one that counts first.

    It is the one beside the first of these modules that comes from such a folder. Else folders that this process had
    at its start come before those that joined since, such as the working directory: these hide nothing.
    """
    for module in modules:
        own = _beside(found, module)
        if own is not None:
            return [own, *(one for one in found if one is not own)]
    known = {*chain(*bootstrap.begun, *(head.folders for head in bootstrap.in_force))}
    return sorted(found, key=lambda one: bool(known) and one.place not in known)


def _beside(found: Iterable[Metadata], module: str) -> Metadata | None:
    """Return the copy that lies in the folder of a module and has it; None if there is none."""
    folder = _folder_of(module)
    if not folder:
        return None
    return next((one for one in found if os.path.realpath(one.place) == folder and _has(one, module)), None)


def _folder_of(module: str) -> str:
    """Return the entry of `sys.path` that a module is in, by its file; empty if that cannot be told.

    Nothing is imported.
    """
    file = _file_of(module)
    stem = os.sep + module.replace(".", os.sep)
    for tail in (f"{stem}{os.sep}__init__.", f"{stem}."):
        folder, there, rest = file.rpartition(tail)
        if there and os.sep not in rest:
            return os.path.realpath(folder)
    return ""


def _file_of(module: str) -> str:
    there = sys.modules.get(module)  # which may be any object, and run code of its own when it is asked
    spec = object.__getattribute__(there, "__dict__").get("__spec__") if issubclass(type(there), ModuleType) else None
    if spec is None:
        from backportkit.source import specs

        try:
            spec = specs.find(module)
        except LookupError:  # a finder fails
            return ""
    origin = getattr(spec, "origin", None)
    return origin if isinstance(origin, str) else ""


def _has(one: Metadata, module: str) -> bool:
    """Tell whether a copy has a module: by its name, or by a list of its files."""
    top = module.partition(".")[0]
    if one.named == normalised(top):
        return True
    starts = tuple(f"{module.replace('.', '/')}{mark}" for mark in "./")
    lines = [line for name in _LISTS for line in one.text(name).splitlines()]
    return any(line == top or line.startswith(starts) for line in lines)
