"""Read back which layers of a patch are in effect, and what other code has done at their places."""

from __future__ import annotations

import sys

from backportkit import states
from backportkit.engine import edits
from backportkit.errors import BackportError
from backportkit.hook import finder
from backportkit.layers import aliases, resolve
from backportkit.layers.layer import Change
from backportkit.layers.place import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import ModuleType
    from typing import Any, TypeVar

    from backportkit.engine.module_patch import ModulePatch
    from backportkit.layers.layer import Layer

    Answer = TypeVar("Answer")


def holds(patch: ModulePatch, module: ModuleType) -> bool:
    """Tell whether a look-up in this very module finds the objects of all edits now."""
    if not patch.layers:
        return False
    try:
        keys = [(edits.place_of(patch.patch_id, edit, module)[0].key, str(edit.target)) for edit in patch.edits]
    except BackportError:
        return False
    in_effect = {(layer.found_at.key, layer.key[1]) for layer in layers_in_effect(patch)}
    return all(key in in_effect for key in keys)


def is_read_back(patches: Sequence[ModulePatch]) -> bool:
    """Tell whether a patch is in effect in all its modules, as they are loaded now."""
    return bool(patches) and all(map(_is_held_now, patches))


def _is_held_now(patch: ModulePatch) -> bool:
    module = finder.look_at(patch.module_name) if patch.state == states.APPLIED else None
    return module is not None and patch.holds(module) and not runs_other_code(patch)


def runs_other_code(patch: ModulePatch) -> bool:
    """Tell whether a function that is in effect, or the one that it was made of, was given other code since."""
    from backportkit.layers import in_place  # is loaded where there are layers

    return bool(in_place.changed(layers_in_effect(patch)))


def seen(patch: ModulePatch) -> tuple[int, ...]:
    """Return the identities of what a look at the module and the places of a patch finds.

    As long as they are the same nothing has changed there, and to look is cheaper than to read back.
    """
    layers = list(patch.layers)
    found = [patch.state, sys.modules.get(patch.module_name), *layers, *(_ask(_read, layer) for layer in layers)]
    return tuple(map(id, found))


def _read(layer: Layer) -> object:
    return layer.place.read()


def layers_in_effect(patch: ModulePatch) -> list[Layer]:
    """Return the layers whose objects a look-up finds, or whose objects the found one is built upon or calls."""
    return [layer for layer in list(patch.layers) if _ask(patch.ledger.in_effect, layer)]


def stands(patch: ModulePatch, layer: Layer) -> bool:
    """Tell whether a layer is at its place still, also beneath somebody else's object."""
    return bool(_ask(lambda each: each.place.owner is not None and each in patch.ledger.layers(each.place), layer))


def is_lost(patch: ModulePatch, layer: Layer) -> bool:
    """Tell whether the place of a layer was emptied, or defined anew."""
    return bool(_ask(patch.ledger.is_lost, layer))


def covered(patch: ModulePatch) -> list[Layer]:
    """Return the layers at whose place another object stands, one of ours or not."""
    present = [layer for layer in list(patch.layers) if layer.place.owner is not None]
    return [layer for layer in present if not _ask(lambda each: each.place.read() is each.value, layer)]


def carried_along(patch: ModulePatch, module: ModuleType) -> list[Layer]:
    """Return the layers whose object stands where their target leads now, in a container that was made anew with it."""

    def is_carried_along(layer: Layer) -> bool:
        place = edits.place_of(patch.patch_id, layer.content.edit, module)[0]
        is_same = layer.place.key == place.key and layer.place.owner is place.owner
        return not is_same and layer.previous is not layer.value and place.read() is layer.value

    return [layer for layer in list(patch.layers) if _ask(is_carried_along, layer)]


def _ask(question: Callable[[Layer], Answer], layer: Layer) -> Answer | None:
    """Ask a question about the place of a layer; None where the mapping that has the place raises."""
    try:
        return question(layer)
    except Exception:  # noqa: BLE001 -- whatever it raises
        return None


def is_gone(patch: ModulePatch) -> bool:
    """Tell whether other code has taken out all layers of a patch."""
    return not any(stands(patch, layer) for layer in list(patch.layers))


def is_deleted(patch: ModulePatch) -> bool:
    """Tell whether nothing stands at the places of a patch any more."""
    places = [layer.found_at for layer in list(patch.layers)]
    return all(patch.ledger.look(place)[0] is MISSING for place in places if place.owner is not None)


def made(patch: ModulePatch) -> list[Change]:
    """Return the changes that a patch makes: what stands beneath each layer that is in effect, and its own object."""
    return [_change_of(layer) for layer in layers_in_effect(patch) if layer.previous is not layer.value]


def _change_of(layer: Layer) -> Change:
    """Return the change that a layer makes. Code that is changed in place is shown as functions that have it."""
    place: Any = layer.place
    show = place.shown if place.is_code else lambda value: value
    return Change(layer, show(layer.previous), show(layer.value))


def copies(patch: ModulePatch) -> list[str]:
    """The names elsewhere that were bound to the replacements, as `module:name`."""
    return [where for layer in list(patch.layers) for where in aliases.bound(layer)]


def unbound(names: str | Iterable[str], patches: Iterable[ModulePatch]) -> str:
    """Name the copies in `aliases` whose modules are loaded and that do not have the replacement; empty for none."""
    if isinstance(names, str):
        return ""
    layers = [layer for patch in patches for layer in list(patch.layers)]
    bound = {where for layer in layers for where in aliases.bound(layer)}
    left = [name for name in names if name not in bound and _has_other(name, layers)]
    return f"; named in aliases, and no copy: {', '.join(left)}" if left else ""


def _has_other(name: str, layers: Iterable[Layer]) -> bool:
    from backportkit.declaration.edits import Target

    try:
        copy = Target.model_validate(name)
    except BackportError:
        return "[" not in name  # which may be a key of some other type
    module = finder.look_at(copy.module)
    if module is None or (isinstance(copy.item, str) and name.endswith(f"[{copy.item}]")):
        return False
    try:
        held = resolve.find(module, copy.steps)[0].look_up()
    except Exception:  # noqa: BLE001 -- an error of an object on the way, or of a mapping or key
        return True
    return not any(held is layer.value for layer in layers)


def out_of_reach(patch: ModulePatch) -> list[str]:
    """Name the holders of replaced objects that cannot be bound to another object. Walks the whole heap."""
    from backportkit.layers import holders  # for a person who asks

    return [line for layer in layers_in_effect(patch) for line in holders.out_of_reach(layer)]


def held(patches: Iterable[ModulePatch]) -> list[str]:
    """Name the holders of what the layers in effect replaced. Collects the garbage, and walks the heap for each."""
    import gc

    from backportkit.layers import holders

    gc.collect()
    return [line for patch in patches for layer in layers_in_effect(patch) for line in holders.held(layer)]


def changed_in_place(patch: ModulePatch) -> tuple[str, str]:
    """Say which layer does not run its replacement's code, and beneath which one the code was changed; else empty."""
    from backportkit.layers import in_place  # only for those who ask

    layers = layers_in_effect(patch)
    return in_place.changed(layers), in_place.changed_beneath(layers)


def compiled_callers(patch: ModulePatch, module: ModuleType) -> str:
    """Name the compiled callers that may keep what the patch has replaced, as the end of its reason; empty for none."""
    from backportkit.engine import compiled

    said = [_ask(lambda each: compiled.callers(each, module), layer) for layer in list(patch.layers)]
    return "".join(dict.fromkeys(filter(None, said)))


def changed_by_others(patch: ModulePatch) -> str:
    """In words, what runs in place of what the patch has changed in place; empty if that runs."""
    from backportkit.layers import in_place

    return in_place.by_others(list(patch.layers))


def wrappers(patch: ModulePatch) -> str:
    """Say what other code has put on top of the layers that are in effect; empty if there is nothing."""
    looked = [(str(layer.place.name), _ask(patch.ledger.above, layer)) for layer in layers_in_effect(patch)]
    foreign = {name: stored for name, stored in looked if stored is not None and stored is not MISSING}
    if not foreign:
        return ""
    from backportkit.layers import beneath

    described = ", ".join(f"{beneath.describe(stored)} at {name!r}" for name, stored in foreign.items())
    return f", beneath {described}: where that calls it"
