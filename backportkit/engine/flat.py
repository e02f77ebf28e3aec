"""Apply and undo in one go what is plain: functions in place of functions, with nothing in the way of it.

Whatever is unusual goes the long way, one patch after the other: `ModulePatch.apply`, `ModulePatch.revert`.
"""

from __future__ import annotations

import sys

from backportkit import states
from backportkit.engine import edits
from backportkit.engine.module_patch import UNDOING
from backportkit.errors import let_interrupt_pass
from backportkit.layers import flat
from backportkit.layers.fit import Home
from backportkit.layers.place import ModulePlace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.eligibility import Judging
    from backportkit.engine.module_patch import ModulePatch
    from backportkit.layers.flat import Fitting, FlatPlan
    from backportkit.layers.layer import Change, Layer
    from backportkit.layers.ledger import Ledger


def put_in(
    ledger: Ledger, patches: Sequence[ModulePatch], first: int, module: ModuleType, judging: Judging
) -> tuple[int, list[Change]]:
    """Apply patches of one module from `first` on, up to one that has to go the long way.

    Returns the index of that one, and the changes whose copies are to be bound.
    """
    fittings: list[Fitting] = []
    run, end = _run(patches, first, module, judging, fittings)
    if not run:
        return end, []
    prepared: list[Any] = flat.prepare(fittings, module, ledger)
    if None in prepared:
        count = _before_misfit(run, prepared)
        run[count].fittings = None
        end = patches.index(run[count], first)
        run = run[:count]
        prepared = prepared[: sum(len(patch.fittings or ()) for patch in run)]
    if not run:
        return end, []
    plan = flat.FlatPlan((), prepared)
    try:
        changes = _carry_out(ledger, plan, run)
    except BaseException as error:
        for patch in run:
            patch.stay_under_way(error)
        raise
    return (end, changes) if plan.done else (patches.index(run[0], first), [])


def _run(
    patches: Sequence[ModulePatch], first: int, module: ModuleType, judging: Judging, found: list[Fitting]
) -> tuple[list[ModulePatch], int]:
    """The armed patches from an index on that may go the short way, and the index of the first that may not.

    What is worked out of them is added to `found`.
    """
    run: list[ModulePatch] = []
    judged: dict[tuple[str, ...], bool] = {}
    taken: set[str] = set()
    for number in range(first, len(patches)):
        patch = patches[number]
        if not patch.armed:
            continue
        requires = patch.declared.patch.requires
        if requires not in judged:
            judged[requires] = judging.judge(requires).eligible
        if patch.layers or patch.superseded or patch.has_callbacks or not judged[requires]:
            return run, number
        fittings = patch.fittings
        if fittings is None:
            fittings = patch.fittings = _fittings_of(patch, module)
        if not fittings or not taken.isdisjoint([fitting.path for fitting in fittings]):
            return run, number
        for fitting in fittings:
            if fitting.attribute and fitting.is_outdated():
                patch.fittings = None
                return run, number
            taken.add(fitting.path)
        found += fittings
        run.append(patch)
    return run, len(patches)


def _fittings_of(patch: ModulePatch, module: ModuleType) -> tuple[Fitting, ...]:
    """Return what is worked out of the replacements; empty if one has to go the long way.

    One whose module is still to be imported goes the long way, since that runs code of the user's.
    """
    found: list[Fitting] = []
    for number, edit in enumerate(patch.edits):
        if edit.how != "replace" or edit.has_value or edit.namespace != "own" or edits.has_fingerprint(edit):
            return ()
        try:
            fitting = _fitting_of(patch, edit, module, (patch.position, number))
        except BaseException as error:  # noqa: BLE001 -- the long way says what is the matter
            let_interrupt_pass(error)
            return ()
        if fitting is None:
            return ()
        found.append(fitting)
    return tuple(found)


def _fitting_of(patch: ModulePatch, edit: Edit, module: ModuleType, rank: tuple[int, int]) -> Fitting | None:
    target, replacement, source = edit.target, edit.held, None
    if replacement is None and edit.replacement is not None:
        source = edit.replacement
        if source.module not in sys.modules:
            return None
        replacement = source.resolve()
    path = target.path
    if target.item is not None or not flat.may_fit(replacement, path):
        return None
    if target.class_ is not None:
        layer = edits.layer_of(patch.declared, edit, module, rank)
        content, place = layer.content, layer.place
    else:
        place = ModulePlace(module, target.attribute)
        content = edits.content_of(patch.declared, edit, Home(module, None, target.attribute), rank)
    content.recipe.replacement = replacement
    return flat.Fitting(content, place, path, source)


def _before_misfit(run: Sequence[ModulePatch], layers: Sequence[Layer | None]) -> int:
    """How many patches from the first fit with all their edits."""
    at = 0
    for count, patch in enumerate(run):
        end = at + len(patch.fittings or ())
        if None in layers[at:end]:
            return count
        at = end
    return len(run)


def _carry_out(ledger: Ledger, plan: FlatPlan, run: Sequence[ModulePatch]) -> list[Change]:
    """Commit a plan, and take down what has become of the patches. Returns the changes whose copies are to be bound."""
    layers = iter(plan.wanted)
    for layer in plan.wanted:
        layer.ledger = ledger
    for patch in run:  # before they are installed: a process that is forked in between must be able to undo them
        for _ in patch.fittings or ():
            patch.layers[next(layers)] = None
        patch.under_way = True
    if not ledger.carry_out(plan):
        for patch in run:
            patch.layers.clear()
            patch.under_way = False
        return []
    reason = f"in effect in {run[0].module_name}"
    for patch in run:
        patch.state, patch.reason, patch.under_way = states.APPLIED, reason, False
    changes = flat.held_after(plan)
    ledger.owe(changes)
    ledger.unchecked.pop(plan, None)
    for patch in run:
        if not patch.armed:  # undone meanwhile, by another thread, which has not seen these layers
            changes += patch.revert()[0]
    return changes


def take_out(ledger: Ledger, patches: Sequence[ModulePatch]) -> list[Change]:
    """Undo what is plain, of patches that nobody is to be told of; what is left of them goes the long way.

    Returns the changes whose copies are to be bound back.
    """
    run = [(patch, [*patch.layers]) for patch in patches if patch.state == states.APPLIED]
    for patch, _ in run:
        patch.armed = False
        patch.state, patch.reason, patch.under_way = states.CONFLICT, UNDOING, True
    plan = flat.FlatRemoval([layer for _, layers in run for layer in reversed(layers)])
    ledger.carry_out(plan)
    changes = flat.held_after_removal(plan)
    ledger.owe(changes)
    ledger.unchecked.pop(plan, None)
    for patch, layers in run:
        for layer in layers:
            if layer not in plan.left:
                patch.layers.pop(layer, None)  # another thread may have been first
        if patch.layers:
            patch.state = states.APPLIED  # it is, as far as it goes
        else:
            patch.state, patch.reason, patch.under_way = states.REVERTED, "taken out", False
    return changes
