"""Turn the edits of a patch into layers, and verify the objects that were prepared for them."""

from __future__ import annotations

from backportkit.declaration import rules
from backportkit.engine import problems
from backportkit.errors import BackportError
from backportkit.hook import lazy_imports
from backportkit.layers import in_place, resolve
from backportkit.layers.fit import SLOTS, BindingSite, Recipe
from backportkit.layers.journal import NotInstalled
from backportkit.layers.layer import NOTHING, WHOLE, Content, Layer, NotMade, Occupied
from backportkit.layers.place import (
    MISSING,
    TargetNotFound,
    TargetRefused,
    body_of,
    defines,
    dictionary_of,
    full_name,
    is_class,
    may_be_read_once,
    name_of,
)
from backportkit.source import callables
from backportkit.source.functions import is_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import ModuleType
    from typing import Any

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.eligibility import Judging
    from backportkit.declaration.registry import Declared
    from backportkit.layers.layer import Change, Made
    from backportkit.layers.ledger import Ledger
    from backportkit.layers.place import Place

# How often a change starts over when others change the same places meanwhile.
_PATIENCE = 1000

_CALLBACKS = {"after_apply", "after_undo"}
_LONGER = "wrap the whole list: how='wrap', with a function that returns a longer one"
_OF_CLASSES = frozenset({staticmethod, classmethod, property})


def place_of(patch_id: str, edit: Edit, module: ModuleType) -> tuple[Place, str | None]:
    """Return the place of an edit in a module, and the function of a property that it is about. Raises TargetError."""
    try:
        return resolve.find(module, edit.target.steps)
    except (TargetNotFound, TargetRefused) as error:
        raise problems.unreachable(patch_id, edit, error) from None
    except Exception as error:
        raise problems.unwritable(patch_id, str(edit.target), error) from error


def layer_of(declared: Declared, edit: Edit, module: ModuleType, rank: tuple[int, int], ledger: Ledger) -> Layer:
    """Make the layer that an edit puts into a module. The replacement is not looked at. Raises TargetError."""
    patch = declared.patch
    place, part = place_of(patch.id, edit, module)
    found = place.look_up()
    reason = _refusal(edit, place, part, found)
    if reason is None and edit.how != "in_place":
        reason = _without_effect(declared, place, found)
    if reason is not None:
        raise problems.refused(patch.id, edit, reason)
    if edit.how != "add" and _is_absent(found, part):
        raise problems.not_there(patch.id, edit, place, part)
    if place.owner is not module:
        from backportkit.engine import nested  # what else is named in full is in no other target

        nested.check_around(declared, edit, place, module, ledger)
    content = content_of(declared, edit, _site_of(edit, module, place, part), rank)
    if edit.how == "in_place":
        from backportkit.engine import swaps  # few are

        place = swaps.place_of(content, place, ledger)
    layer = Layer(content, place)
    layer.body = body_of(module)
    return layer


def _is_absent(found: Any, part: str | None) -> bool:
    """Tell whether nothing stands at a target: at its place, or as that function of the property there."""
    return found is MISSING or (part is not None and getattr(found, part) is None)


def content_of(declared: Declared, edit: Edit, site: BindingSite, rank: tuple[int, int]) -> Content:
    """Return the content of the layer that an edit puts at its target."""
    patch = declared.patch
    is_value = edit.has_value
    return Content(
        (patch.id, str(edit.target)),
        Recipe("value" if is_value else edit.how, site, edit.value if is_value else edit.held),
        claim=NOTHING if edit.how == "wrap" else site.part or WHOLE,
        rank=rank,
        aliases="keep" if edit.how == "in_place" else patch.aliases,  # who holds the function has what was changed
        fixes=patch.fixes,
        origin=declared,
        edit=edit,
    )


def _site_of(edit: Edit, module: ModuleType, place: Place, part: str | None) -> BindingSite:
    return BindingSite(
        dictionary_of(module),
        place.owner if is_class(place.owner) else None,
        edit.target.path[-2 if part else -1],
        part,
        share_globals=edit.namespace == "target",
        is_item=place.ground is None,
    )


def _refusal(edit: Edit, place: Place, part: str | None, found: Any) -> tuple[str, str] | None:
    """Say why an edit cannot work although the place can be written to, and what to do instead; None if it can.

    `found` is the stored object that a look-up finds there.
    """
    if part is not None and edit.has_value:
        return f"{part} of a property is a function, not a value", "give a replacement"
    if place.name == "__new__" and is_class(place.owner) and place.read() is MISSING:
        reason = f"{place.owned_by} has no __new__ of its own, and one that was added cannot be taken out again"
        return f"{reason} (https://github.com/python/cpython/issues/105888)", "patch __init__, or the inherited __new__"
    if (edit.how in {"wrap", "in_place"} or edit.original or edit.fixed) and lazy_imports.is_deferred(found):
        return f"{place.name!r} is imported lazily and is not there yet, {found!r}", "patch it where it is defined"
    if place.ground is None:
        is_longer = edit.how == "add" and found is MISSING and issubclass(type(place.owner), list)
        return (f"{place.owned_by} has its items by their number", _LONGER) if is_longer else None
    if edit.how != "add" and is_class(found) and _is_defined_at(place, found):
        return whole_class(place.name)
    return _without_self(edit, place)


def _without_self(edit: Edit, place: Place) -> tuple[str, str] | None:
    """Say that a function takes no instance. As it was declared, the owner might have been any object."""
    held = edit.held
    if not is_class(place.owner) or edit.how == "wrap" or not is_plain(held) or rules.takes_self(held):
        return None
    return rules.without_self(held, edit)


def whole_class(name: object) -> tuple[str, str]:
    """Say why a class cannot be a target, and what to do instead."""
    return (
        f"{name!r} is a whole class: instances, subclasses and pickles that exist would keep the old one",
        "patch the attributes of the class; @backport on a class does so for all its functions at once",
    )


def _is_defined_at(place: Place, found: type) -> bool:
    """Tell whether a class statement at this very place made the class that stands there."""
    owner = place.owner
    site = full_name(owner) if is_class(owner) else name_of(owner)
    return full_name(found) == f"{site}.{place.name}"


def _without_effect(declared: Declared, place: Place, found: Any) -> tuple[str, str] | None:
    """Say why an edit would have no effect; None if the patch has callbacks that make it take effect, and undo that.

    For an item the mapping counts, since something may have been made of the whole mapping.
    """
    holder = place.outermost
    if not may_be_read_once(holder):
        return None
    if {name for name, callback in declared.patch.callbacks if callback} >= _CALLBACKS:
        return None
    from backportkit.layers import effect  # few classes are of that kind

    return effect.of_replacing(holder.owner, holder.name, found if holder is place else holder.look_up())


# --- put in, take out ---


def put_in(ledger: Ledger, layers: Sequence[Layer]) -> list[Change]:
    """Prepare, verify and commit layers, all or none of them. Raises BackportError, with nothing changed."""
    declared: Declared = layers[0].content.origin  # type: ignore[assignment]  # as of all layers here
    target = ", ".join(layer.key[1] for layer in layers)
    try:
        return _put_in(ledger, layers)
    except Occupied as error:
        raise problems.occupied(declared, target, error.layer) from None
    except NotMade as error:
        raise (problems.not_made if error.__cause__ else problems.gone)(error) from error.__cause__
    except BackportError:
        raise
    except Exception as error:
        raise problems.unwritable(declared.id, target, error) from error


def _put_in(ledger: Ledger, layers: Sequence[Layer]) -> list[Change]:
    if layers[0].content.fixes is None:  # else only the replacement tells whether two layers do the same
        ledger.check_room(layers)
    for layer in layers:
        _fetch_replacement(layer)
    for _ in range(_PATIENCE):
        plan = ledger.prepare(layers)
        for made in plan.made:
            verify(made)
            _check_within(made, ledger)
        changes = ledger.commit(plan)
        if changes is not None:
            return changes
    raise _restless(layers[0])


def _check_within(made: Made, ledger: Ledger) -> None:
    if resolve.has_places(made.found):
        from backportkit.engine import nested  # most targets are functions

        nested.check_within(made, ledger)


def _fetch_replacement(layer: Layer) -> None:
    """Import the replacement, which runs code of the user's."""
    if layer.content.recipe.replacement is not None or layer.content.edit.has_value:
        return
    try:
        layer.content.recipe.replacement = layer.content.edit.replacement.resolve()
    except BaseException as error:
        raise problems.unusable(layer.key[0], layer.content.edit, error) from error


def take_out(ledger: Ledger, layer: Layer) -> list[Change]:
    """Take a layer out; return the changes in what a look-up finds.

    Wraps above it are made anew and verified; one that does not pass falls. Raises ForeignLayer, and any error of an
    owner that cannot be written to.
    """
    for _ in range(_PATIENCE):
        changes = _take_out_once(ledger, layer)
        if changes is not None:
            return changes
    raise _restless(layer)


def _take_out_once(ledger: Ledger, layer: Layer) -> list[Change] | None:
    failures: dict[Layer, Exception] = {}
    while True:
        plan = ledger.prepare_removal(layer, failures)
        if plan is None:
            return ledger.drop_if_gone(layer)
        found = _failure_in(plan.made)
        if found is None:
            return ledger.commit(plan)
        failures[found[0]] = found[1]


def _failure_in(made: Iterable[Made]) -> tuple[Layer, Exception] | None:
    """The first layer that does not pass, and why."""
    for each in made:
        try:
            verify(each)
        except Exception as error:  # noqa: BLE001 -- an error of ours, or one that somebody's object raises
            return each.layer, error
    return None


def why_fallen(failure: Exception | None) -> object:
    """Return why a layer fell, for the reason of its patch."""
    error = problems.not_made(failure) if isinstance(failure, NotMade) else failure
    return getattr(error, "message", error)


def _restless(layer: Layer) -> NotInstalled:
    return NotInstalled(f"{layer.place.name!r} changes each time that it is looked at")


# --- verify ---


def verify(made: Made) -> None:
    """Raise a BackportError if the object that was made for a layer must not be put in."""
    edit: Edit = made.layer.content.edit
    if edit.how == "in_place":
        from backportkit.engine import swaps

        _check_signature(swaps.comparable(made), edit)
        return
    place = made.layer.place
    if type(made.found) in SLOTS and not defines(made.value, "__get__"):
        raise problems.refused(made.layer.key[0], edit, _instead_of_slot(place.name))
    if not edit.has_value:  # callers know the original, whatever layers stand upon it
        _check_signature(made, edit)
    if place.ground is None and type(made.value) in _OF_CLASSES:
        raise problems.refused(made.layer.key[0], edit, rules.out_of_class(edit.target, type(made.value).__name__))
    if made.found is MISSING and may_be_read_once(place):
        from backportkit.layers import effect

        reason = effect.of_adding(place.owner, place.name, made.value)
        if reason is not None:
            raise problems.refused(made.layer.key[0], edit, reason)


def _instead_of_slot(name: object) -> tuple[str, str]:
    reason = f"{name!r} is a slot, in which each instance has its own value, and no instance could set it any more"
    return reason, "give a property or another descriptor"


def _check_signature(made: Made, edit: Edit) -> None:
    original, value = in_place.as_called(made.layer, made.original), made.value
    part = made.layer.content.recipe.site.part
    if edit.signature == "change" or edit.how == "add" or original is MISSING or callables.takes_alike(original, value):
        return
    from backportkit.layers import kinds  # where it is not plain that they are alike

    reason = kinds.misfit(original, value, part)
    if reason is None and callables.has_parameters(original, part):
        from backportkit.engine import verify  # needs inspect

        reason = verify.misfit(edit, original, value, made.layer.content.recipe.site)
    if reason is not None:
        raise problems.misfit(made.layer.key[0], edit, reason)


def check_absence(ledger: Ledger, layers: Iterable[Layer]) -> None:
    """Refuse additions where something stands, once it is known that it did not come with upstream's fix."""
    for layer in layers:
        part = layer.content.recipe.site.part
        if layer.content.edit.how == "add" and not _is_absent(ledger.beneath(layer.place), part):
            from backportkit.engine import additions  # few are where something stands

            if not additions.is_of_the_patch(ledger, layer):
                raise problems.in_the_way(layer.key[0], layer.content.edit, layer.place)


def are_known(ledger: Ledger, layers: Iterable[Layer], judging: Judging) -> bool:
    """Tell whether all bodies with a fingerprint are known already, so that none need be examined."""
    return all(
        judging.knows(layer.content.edit, in_place.as_written(ledger, layer))
        for layer in layers
        if has_fingerprint(layer.content.edit)
    )


def has_fingerprint(edit: Edit) -> bool:
    """Tell whether an edit says which bodies it is for."""
    return bool(edit.original or edit.fixed)
