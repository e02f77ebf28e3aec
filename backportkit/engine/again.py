"""Follow a body that runs again: its objects are the new originals, and layers that it left behind are dropped."""

from __future__ import annotations

from backportkit.engine import edits
from backportkit.engine.in_effect import stands
from backportkit.errors import BackportError
from backportkit.layers import aliases
from backportkit.layers.place import ModulePlace, body_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType
    from typing import Any

    from backportkit.engine.module_patch import ModulePatch
    from backportkit.layers.layer import Layer


def forget_replaced(patch: ModulePatch, module: ModuleType) -> None:
    """Drop the record of layers in a module whose body has run anew: the objects there are the new originals."""
    patch.rounds.pop(id(module), None)
    forget_overwritten(patch)
    body = body_of(module)
    for layer in list(patch.layers):
        if isinstance(layer.place, ModulePlace) and layer.place.owner is module:
            patch.ledger.forget(layer.place)
            layer.body = body


def forget_overwritten(patch: ModulePatch) -> None:
    """Drop the record of layers that a body has overwritten which ran again and failed: no call back told of that."""
    for layer in list(patch.layers):
        owner = layer.place.owner if isinstance(layer.place, ModulePlace) else None
        if owner is None or body_of(owner) is layer.body:
            continue
        if layer in patch.ledger.layers(layer.place) or patch.ledger.is_lost(layer):
            patch.ledger.forget(layer.place)


def forget_left(patches: Iterable[ModulePatch], module: ModuleType) -> None:
    """Drop the layers that the module itself does not lead to any more, unless undoing them would be noticed.

    Looks through all modules, once for all patches, and only if there are more such layers than the last time.
    """
    left = [(patch, _left(patch, module)) for patch in patches if patch.layers]
    if not left or all(len(layers) <= patch.kept for patch, layers in left):
        return
    held = aliases.still_held(layer for _, layers in left for layer in layers)
    for patch, layers in left:
        _forget_left(patch, layers, held)


def _left(patch: ModulePatch, module: ModuleType) -> list[Layer]:
    """Return the layers that the module does not lead to, since it, a class or a mapping was made anew or is gone."""
    try:
        keys = [edits.place_of(patch.patch_id, edit, module)[0].key for edit in patch.edits]
    except BackportError:
        return []
    known = [layer for layer in list(patch.layers) if not patch.ledger.is_on_its_way(layer)]
    return [layer for layer in known if layer.found_at.key not in keys or not _leads(patch, layer)]


def _leads(patch: ModulePatch, layer: Layer) -> bool:
    return stands(patch, layer) and patch.ledger.is_led_to(layer)


def _forget_left(patch: ModulePatch, layers: list[Layer], held: set[Layer]) -> None:
    """Drop the layers of which nobody has copies, and whose owner nobody uses."""
    patch.kept = 0
    for layer in layers:
        if layer in held or (stands(patch, layer) and _is_in_use(layer.place.owner)):
            patch.kept += 1
            continue
        if stands(patch, layer):
            patch.ledger.abandon(layer.place)
        patch.ledger.paid(edits.take_out(patch.ledger, layer))
        patch.drop(layer)


def _is_in_use(owner: Any) -> bool:
    from backportkit.layers import left  # needs gc

    return left.is_in_use(owner)
