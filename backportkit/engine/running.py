"""Tell which patches some code belongs to. Read only after an error, so that a patched call costs nothing."""

from __future__ import annotations

import sys
from types import CodeType
from typing import TYPE_CHECKING, Any

from backportkit.source.callables import PROPERTIES, codes
from backportkit.source.functions import is_a

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from backportkit.engine.module_patch import ModulePatch
    from backportkit.layers.layer import Layer


def ids(by_id: Mapping[str, Iterable[ModulePatch]], running: Collection[CodeType]) -> tuple[str, ...]:
    """Return the ids of the applied patches whose replacements have some of this code."""
    wanted = frozenset(running)
    return tuple(patch_id for patch_id, patches in dict(by_id).items() if any(_has(patch, wanted) for patch in patches))


def _has(patch: ModulePatch, wanted: frozenset[CodeType]) -> bool:
    files = {*_files(patch)}
    return any(not wanted.isdisjoint(_codes_of(layer, files)) for layer in list(patch.layers))


def _files(patch: ModulePatch) -> Iterator[str | None]:
    """Yield the files of the modules that replacements come from."""
    for edit in patch.edits:
        module = None if edit.replacement is None else sys.modules.get(edit.replacement.module)
        yield getattr(module, "__file__", None)


def _codes_of(layer: Layer, files: Collection[str | None]) -> Iterator[CodeType]:
    """Yield the code that a layer has put in, with all that is defined within it."""
    before = {*_written(layer.previous)}
    new = [code for code in _written(layer.value) if code not in before]
    # A decorator of another module runs for others, too: where one is around the body, the body alone tells.
    ours = [code for code in new if code.co_filename in files] or new[-1:]
    for code in ours:
        yield from _with_inner(code)


def _written(value: Any) -> Iterator[CodeType]:
    """Yield the code of a function, of what it wraps, of the parts of a property, or of the methods of a class."""
    parts: Iterable[Any] = (value,)
    if is_a(value, PROPERTIES):
        parts = (value.fget, value.fset, value.fdel)
    elif is_a(value, type):
        parts = tuple(vars(value).values())
    for part in parts:
        found = part if is_a(part, CodeType) else codes(part)
        yield from found if isinstance(found, tuple) else () if found is None else (found,)


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_inner(constant)
