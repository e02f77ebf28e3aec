"""Apply and undo plain patches in one go: functions in place of functions, with nothing else at their places.

All other patches go the long way, one after the other: `ModulePatch.apply`, `ModulePatch.revert`.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from types import FunctionType

from backportkit import states
from backportkit.declaration.reference import Reference
from backportkit.engine import audit, edits, outcome
from backportkit.engine.module_record import begin_keeping
from backportkit.engine.outcome import Outcome
from backportkit.errors import let_interrupt_pass
from backportkit.layers import flat
from backportkit.layers.plain import Fitting, JudgedFitting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any

    from backportkit.declaration.edits import Parts
    from backportkit.declaration.eligibility import Judging
    from backportkit.declaration.record import Requirements
    from backportkit.declaration.registry import Declared
    from backportkit.engine.module_patch import ModulePatch
    from backportkit.layers.flat import FlatPlan
    from backportkit.layers.layer import Change, Layer
    from backportkit.layers.ledger import Ledger
    from backportkit.layers.plain import PlainLayer

    Run = list[tuple[ModulePatch, int]]  # each with the number of its edits, which other threads may work out anew


def put_in(
    ledger: Ledger, patches: Sequence[ModulePatch], first: int, module: ModuleType, judging: Judging
) -> tuple[int, list[Change]]:
    """Apply patches of one module from `first` on, up to one that has to go the long way.

    Returns the index of that one, and the changes whose copies are to be bound.
    """
    fittings: list[Fitting] = []
    run, end = _run(patches, first, module, judging, fittings)
    prepared = flat.prepare(fittings, module, ledger) if run else []
    count = len(run) if len(prepared) == len(fittings) else _before_misfit(run, prepared)
    if count and audit.is_heard():
        count = audit.let_in([patch for patch, _ in run[:count]])
    if count < len(run):
        end = _leave_for_the_long_way(patches, run[count][0], first)
        run = run[:count]
        del prepared[sum(number for _, number in run) :]
    if not run:
        return end, []
    plan = flat.FlatPlan((), prepared)
    try:
        changes = _carry_out(ledger, plan, run)
    except BaseException as error:
        for patch, _ in run:
            patch.stay_under_way(error)
        raise
    return (end, changes) if plan.done else (patches.index(run[0][0], first), [])


def _leave_for_the_long_way(patches: Sequence[ModulePatch], patch: ModulePatch, first: int) -> int:
    """Have a patch go the long way; return its index."""
    patch.fittings = None
    return patches.index(patch, first)


def _run(  # noqa: C901 -- one loop, since a call for each patch would cost what the budget does not have
    patches: Sequence[ModulePatch], first: int, module: ModuleType, judging: Judging, found: list[Fitting]
) -> tuple[Run, int]:
    """The armed patches from an index on that may go the short way, and the index of the first that may not.

    The fittings of these patches are added to `found`.
    """
    run: Run = []
    requires: Requirements = ()
    source, is_meant = "", False
    held: dict[str, Any] = {}
    for number in range(first, len(patches)):
        patch = patches[number]
        declared = patch.declared
        if not patch.armed or declared.withdrawn:
            continue
        if declared.patch.requires is not requires:
            requires = declared.patch.requires
            is_meant = judging.judge(requires, patch.module_name).eligible
        if patch.layers or patch.superseded or not is_meant:
            return run, number
        fittings = patch.fittings
        if fittings is None:
            fittings = patch.fittings = _fittings_of(patch, module)
        if not fittings:
            return run, number
        for fitting in fittings:
            if fitting.source != source:
                source = fitting.source
                held = getattr(sys.modules.get(source), "__dict__", {})
            if type(fitting) is JudgedFitting and not judging.knows(fitting, flat.standing(module, fitting)):
                return run, number  # to judge a body takes its source
            if source and held.get(fitting.attribute) is not fitting.function:
                patch.fittings = None  # the name of the replacement leads to something else by now
                return run, number
        found += fittings
        run.append((patch, len(fittings)))
    return run, len(patches)


def _fittings_of(patch: ModulePatch, module: ModuleType) -> tuple[Fitting, ...]:
    """Return the fittings of a patch's replacements; empty if one has to go the long way.

    A replacement whose module is not imported yet goes the long way, since the import runs code of the user's.
    """
    record, parts = patch.declared.patch, patch.declared.patch.parts
    found: list[Fitting] = []
    if patch.has_callbacks:
        return ()
    if len(parts) > 1:
        parts = [part for part in parts if part[0] == patch.module_name]
    for part in parts:
        try:
            fitting = _fitting_of(patch, part, module)
        except BaseException as error:  # noqa: BLE001 -- the long way says what is the matter
            let_interrupt_pass(error)
            return ()
        if fitting is None:
            return ()
        fitting.rank = patch.declared.position, len(found)
        fitting.aliases, fitting.fixes, fitting.origin = record.aliases, record.fixes, patch.declared
        found.append(fitting)
    return tuple(found)


def _fitting_of(patch: ModulePatch, part: Parts, module: ModuleType) -> Fitting | None:
    """Return the fitting of one edit; None if it has to go the long way."""
    module_name, path, function, manner = part
    how, namespace, _, original, fixed = manner
    if type(path) is not str or how != "replace" or namespace != "own":
        return None
    source = ""
    if type(function) is Reference:
        if function.held is None:
            source = function
            if function.module not in sys.modules:
                return None
        function = function.resolve()
    if type(function) is not FunctionType:
        return None
    given = function, patch.declared.patch.id, module_name, path, source
    fitting = JudgedFitting(original, fixed, *given) if original or fixed else Fitting(*given)
    if not fitting.may_fit():
        return None
    if fitting.class_name and not flat.is_open(module, fitting.class_name):
        _refuse(patch, path, module)
    return fitting


def _refuse(patch: ModulePatch, path: str, module: ModuleType) -> None:
    """Raise if an edit of a class cannot work or would have no effect."""
    edit = next(edit for edit in patch.edits if ".".join(edit.target.path) == path)
    edits.layer_of(patch.declared, edit, module, (0, 0), patch.ledger)


def _before_misfit(run: Run, layers: list[PlainLayer]) -> int:
    """Return how many patches, from the first on, fit with all their edits."""
    at = count = 0
    while (end := at + run[count][1]) <= len(layers):
        at = end
        count += 1
    return count


def _carry_out(ledger: Ledger, plan: FlatPlan, run: Run) -> list[Change]:
    """Commit a plan, and note the outcome of each patch. Returns the changes whose copies are to be bound."""
    if not _keep(plan.wanted, run) or not ledger.carry_out(plan):
        _drop(plan.wanted, run)
        return []
    changes = flat.held_after(plan)
    ledger.owe(changes)
    ledger.unchecked.pop(plan, None)
    applied = Outcome(states.APPLIED, f"in effect in {run[0][0].module_name}")
    audit.log("applied", next(zip(*run, strict=True)))
    for patch, _ in run:
        patch.outcome = applied
        if not patch.armed:  # undone meanwhile, by another thread, which has not seen these layers
            changes += patch.revert()[0]
    return changes


def _keep(wanted: Sequence[PlainLayer], run: Run) -> bool:
    """Do what `ModulePatch.keep` does, for several patches. Return False if one of them is withdrawn already."""
    layers = iter(wanted)
    may_go_on = True
    patches, _ = zip(*run, strict=True)
    begin_keeping(patches)
    for patch, number in run:
        kept = patch.layers
        for _ in range(number):
            kept[next(layers)] = None
        patch.outcome = outcome.APPLYING
        if patch.declared.withdrawn:
            may_go_on = False
    return may_go_on


def _drop(wanted: Sequence[PlainLayer], run: Run) -> None:
    """Drop the layers of a plan that was given up, and none that another thread has put in meanwhile."""
    layers = iter(wanted)
    for patch, number in run:
        for _ in range(number):
            patch.drop(next(layers))
        if patch.outcome is outcome.APPLYING:
            patch.outcome = outcome.WAITING


def take_out(ledger: Ledger, patches: Sequence[ModulePatch]) -> tuple[list[Change], list[ModulePatch]]:
    """Undo the plain layers of patches for which no callback is to be called.

    Returns the changes whose copies are to be bound back, and the patches of which something is left for the long way.
    """
    run: list[ModulePatch] = []
    left: list[ModulePatch] = []
    layers: list[Layer] = []
    covered = _covered(patches)
    for patch in patches:
        if patch.outcome.state != states.APPLIED or not patch.layers or (covered and patch.declared in covered):
            left.append(patch)
            continue
        patch.armed = False
        patch.outcome = outcome.UNDOING
        layers += patch.layers
        run.append(patch)
    plan = flat.FlatRemoval(layers)
    ledger.carry_out(plan)
    changes = flat.held_after_removal(plan)
    ledger.owe(changes)
    ledger.unchecked.pop(plan, None)
    for patch in run:
        kept = patch.layers
        for layer in [*kept]:
            if layer.revoked and layer not in plan.left:
                kept.pop(layer, None)  # another thread may have been first
        patch.outcome = outcome.TAKEN_OUT
        if kept:
            patch.outcome = outcome.PARTLY_OUT
            left.append(patch)
    return changes, left


def _covered(patches: Sequence[ModulePatch]) -> set[Declared]:
    """Return the patches of several edits of which one edit may have to stay, and so all of them."""
    in_several_modules = {one.declared for one, following in pairwise(patches) if one.declared is following.declared}
    several = [each for each in patches if len(each.layers) > 1]
    if in_several_modules:
        several += [each for each in patches if each.declared in in_several_modules]
    return {each.declared for each in several if _may_have_to_stay(each)}


def _may_have_to_stay(patch: ModulePatch) -> bool:
    """Tell whether something stands on top of a patch, or of what its other edits have put in."""
    layers = [*patch.layers]  # a copy, since other threads may add to them
    return not flat.are_on_top(layers) if layers else bool(patch.refusals())
