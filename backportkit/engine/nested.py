"""Refuse an edit within what another patch replaces: undoing one of the two would lose the original of the other."""

from __future__ import annotations

from backportkit.declaration.edits import Target
from backportkit.engine import problems
from backportkit.layers import resolve
from backportkit.layers.place import MISSING, TargetNotFound, TargetRefused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.registry import Declared
    from backportkit.layers.layer import Layer, Made
    from backportkit.layers.ledger import Ledger
    from backportkit.layers.place import Place


def check_around(declared: Declared, edit: Edit, place: Place, module: ModuleType, ledger: Ledger) -> None:
    """Raise ConflictError if another patch has replaced an object on the way to the place of an edit."""
    steps = edit.target.steps
    for end in range(1, len(steps)):
        around, _ = resolve.walk(module, steps[:end])
        if around.key == place.key or not ledger.recorded(around):
            continue
        for layer in ledger.layers(around):
            if layer.key[0] != declared.id and _replaces(layer.previous, layer.value):
                deed = f"has replaced {layer.key[1]}, which the target is in"
                raise problems.taken(declared, str(edit.target), _origin(layer), deed)


def check_within(made: Made, ledger: Ledger) -> None:
    """Raise ConflictError if another edit changes what is in the object that a layer is to replace."""
    mine = made.layer
    if not _replaces(made.found, made.value):
        return
    for other in ledger.all_layers():
        if other.key[0] not in mine.supersedes and _is_within(other, mine, made.found):
            deed = f"changes {other.key[1]}, which is in it"
            raise problems.taken(_origin(mine), mine.key[1], _origin(other), deed)


def _replaces(previous: object, value: object) -> bool:
    return previous is not MISSING and value is not previous


def _is_within(other: Layer, mine: Layer, found: object) -> bool:
    """Tell whether the target of another layer leads through the object that stands at the place of this one."""
    if not other.key[1].startswith(mine.key[1]):
        return False
    steps, further = (Target.checked(layer.key[1]).steps for layer in (mine, other))
    place = mine.place
    try:
        for step in further[len(steps) :]:
            place, found = (after := resolve.after(place, found, step)), after.look_up()
    except (TargetNotFound, TargetRefused):
        return False
    return place is not mine.place and place.key == other.place.key and place.owner is other.place.owner


def _origin(layer: Layer) -> Declared:
    return layer.content.origin  # type: ignore[return-value]  # as of all layers of patches
