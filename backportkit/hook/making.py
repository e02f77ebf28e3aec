"""Modules that are made where no finder has one. This is loaded when somebody makes one, and no sooner."""

from __future__ import annotations

import sys

from backportkit.bootstrap import as_importlib, ask_those_behind, is_being_found
from backportkit.hook import lazy_imports
from backportkit.hook.loader import Method, substitute_for
from backportkit.hook.watch import Watch, beyond, watches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, Protocol

    class Maker(Protocol):
        """Makes one module."""

        def find(self) -> ModuleSpec | None:
            """Return its spec, None for none. It is asked under the global import lock, so that it imports nothing."""

        def run(self, loader: Any, module: Any) -> None:
            """Run its body, by the loader of the spec."""


# By a package that is another one under a name of its own: what to ask for the spec of a module within.
aliased: dict[str, Callable[[str], ModuleSpec | None]] = {}


def make_by(name: str, maker: Maker) -> None:
    """Have `maker` make the module `name` where no finder has it, as long as somebody waits for it."""
    watches.setdefault(name, Watch(name)).maker = maker
    beyond[:] = [sys.modules[__name__]]


def maker_of(name: str) -> Maker | None:
    """Return what makes the module `name` where no finder has it; None if nothing does."""
    watched = watches.get(name)
    return None if watched is None else watched.maker


@as_importlib
def find(ours: object, name: str, path: Any, target: Any) -> ModuleSpec | None:  # pragma: no cover
    """Return what the finders behind `ours` find; if that is nothing, what a maker makes.

    A finder that asks the import system on our behalf hears what there is without us.
    """
    spec = find_within_alias(name)
    if spec is None:
        spec = ask_those_behind(ours, name, path, target)
    watched = watches.get(name)
    if spec is not None or watched is None or watched.idle() or is_being_found(name):
        return spec
    return _made(watched)


@as_importlib
def find_within_alias(name: str) -> ModuleSpec | None:  # pragma: no cover
    """Return the spec of a module in a package that is another one by that name: it is the one in the other."""
    for package, find_within in list(aliased.items()):
        if name.startswith(f"{package}."):
            return find_within(name)
    return None


@as_importlib
def _made(watched: Watch) -> ModuleSpec | None:  # pragma: no cover
    spec: ModuleSpec | None = None if watched.maker is None else watched.maker.find()
    if spec is not None:
        spec.loader = substitute_for(spec, watched, [_Run])
    return spec


class _Run(Method):
    """Has the maker run the body, by the loader that is put back before."""

    __slots__ = ("maker",)

    name = "exec_module"

    def __init__(self, spec: ModuleSpec, watched: Watch) -> None:
        super().__init__(spec, watched)
        self.maker: Maker = watched.maker

    @as_importlib
    def __call__(self, module: ModuleType) -> None:  # pragma: no cover
        self.leave(module)
        if sys.modules.get(self.watched.name) is module:
            self.maker.run(self.loader, module)
        else:  # a private copy, which is nobody's import
            self.loader.exec_module(module)


lazy_imports.make(globals())
