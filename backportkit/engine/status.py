"""Say where a patch stands: one state and one reason, out of its outcomes in its modules."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from backportkit import states
from backportkit.declaration import eligibility
from backportkit.engine import in_effect, outcome, verify
from backportkit.engine.problems import BENEATH_THEIRS
from backportkit.engine.selection import NOBODY, how_to_ask
from backportkit.hook import finder
from backportkit.patch_status import PatchStatus
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from backportkit.declaration.record import Requirements
    from backportkit.declaration.registry import Declared
    from backportkit.engine.module_patch import ModulePatch
    from backportkit.engine.outcome import Calls, Outcome
    from backportkit.source.lookup import Library

    Standing = tuple[str, str]
    Judge = Callable[[Requirements, str], eligibility.Eligibility]

# Of several modules the one furthest from being in effect speaks for the patch.
_GRAVITY = (
    states.FAILED,
    states.CONFLICT,
    states.DRIFTED,
    states.REVERTED,
    states.DISABLED,
    states.WAITING,
    states.ABSORBED,
    states.DORMANT,
    states.APPLIED,
)


_ON_DISK = {
    states.APPLIED: "the body on disk is the one that it was written against",
    states.ABSORBED: "the body on disk is upstream's fix already",
    states.DRIFTED: "the body on disk is not the one that it was written against",
    states.FAILED: "the body on disk is not known",
    states.WAITING: "several bodies are on disk, and which of them counts is known as the module runs",
}


def status_of(  # noqa: PLR0913 -- what a status is made of
    declared: Declared,
    in_modules: Sequence[ModulePatch],
    off: str | None,
    judge: Judge,
    *,
    is_offered: bool,
    why_idle: str,
    calls: Calls,
) -> PatchStatus:
    """Return the status of a patch now. Reads the targets back instead of believing the record; imports none of them.

    `off` says why the patch is not to be armed, None if it is. `judge` judges its requirements. `is_offered` says
    whether it waits for somebody to ask for it, and `why_idle` why nothing is armed. `calls` are those under way.
    """
    patch = declared.patch
    judgement = judge(patch.requires, patch.modules[0])
    state, reason = _standing(declared, in_modules, off, judgement, why_idle=why_idle, calls=calls)
    if is_offered and not in_modules and state == states.WAITING:
        state, reason = states.OFFERED, f"{NOBODY}: {how_to_ask(patch.id)}"
    if state == states.APPLIED:
        reason += in_effect.unbound(patch.aliases, in_modules)
    return PatchStatus(
        id=patch.id,
        state=State(state),
        reason=reason,
        targets=tuple(str(edit.target) for edit in patch.edits),
        installed=judgement.installed,
        provider=declared.provider,
        summary=patch.summary,
        copies=tuple(name for one in in_modules for name in in_effect.copies(one)),
        armed=any(one.armed for one in in_modules),
    )


def said_by_source(declared: Declared, library: Library) -> str:
    """Return what the source on disk says of a patch that waits, in words; empty if it has no fingerprints.

    Reads and parses the modules' sources, and imports none of them.
    """
    edits = [edit for edit in declared.patch.edits if edit.original or edit.fixed]
    findings = [verify.examine_source(edit, library) for edit in edits]
    if not findings:
        return ""
    worst = min(findings, key=lambda finding: _GRAVITY.index(finding.state))
    found = f" ({worst.found})" if worst.found else ""
    return f"; {_ON_DISK[worst.state]}{found}"


def _standing(  # noqa: PLR0913 -- as above
    declared: Declared,
    in_modules: Sequence[ModulePatch],
    off: str | None,
    judgement: eligibility.Eligibility,
    *,
    why_idle: str,
    calls: Calls,
) -> Standing:
    if off is not None and not in_modules:
        return states.DISABLED, off
    if not judgement.eligible and not eligibility.left_to_the_body(declared.patch, judgement):
        return _not_meant(judgement, [one for one in in_modules if one.layers], calls)
    open_question = "" if judgement.eligible else f"; {judgement.reason}, so that its body will decide"
    if not in_modules:
        return states.WAITING, _unarmed(declared, why_idle) + open_question
    state, reason = _worst(in_modules, calls)
    return state, reason + open_question if state == states.WAITING else reason


def _not_meant(judgement: eligibility.Eligibility, in_place: Sequence[ModulePatch], calls: Calls) -> Standing:
    """Say where a patch stands that is not meant for what is installed: in effect, if that has changed since."""
    state, reason = _worst(in_place, calls) if in_place else (states.DORMANT, "")
    return (
        (state, f"{reason}; by now {judgement.reason}")
        if state == states.APPLIED
        else (states.DORMANT, judgement.reason)
    )


def _worst(in_modules: Sequence[ModulePatch], calls: Calls) -> Standing:
    standings = [_standing_in_module(one, calls) for one in in_modules]
    worst = min((state for state, _ in standings), key=_GRAVITY.index)
    return worst, "; ".join(dict.fromkeys(reason for state, reason in standings if state == worst))


def _unarmed(declared: Declared, why_idle: str) -> str:
    imported = [name for name in declared.patch.modules if sys.modules.get(name) is not None]
    where = f"{', '.join(imported)} is imported" if imported else "the target is not imported yet"
    if why_idle:
        return f"{where}; {why_idle}"
    late = f"{where}; declared after apply_all() was called: call it again"
    return f"{late}, and name the entry point after the package that it patches" if declared.installed else late


def _standing_in_module(module_patch: ModulePatch, calls: Calls) -> Standing:
    """Say where a patch stands. What another thread has changed meanwhile is read again.

    While a call applies or undoes the patch, nobody else is blamed for what stands there.
    """
    noted = module_patch.outcome
    found = _read(module_patch)
    is_between = _may_pass(noted, found) and calls.have(module_patch)
    if module_patch.outcome is not noted:
        return _standing_in_module(module_patch, calls)
    return _between_steps(module_patch) if is_between else found


def _may_pass(noted: Outcome, found: Standing) -> bool:
    """Tell whether what was found, against the outcome that was noted, may be due to a call that goes on."""
    if noted.under_way:
        return found[0] != states.APPLIED
    return found[0] not in {states.APPLIED, states.WAITING} and found != (noted.state, noted.reason)


def _between_steps(module_patch: ModulePatch) -> Standing:
    if module_patch.armed:
        return states.WAITING, "applying it is under way"
    if module_patch.is_gone():
        return states.REVERTED, "taken out"
    return outcome.UNDOING.state, outcome.UNDOING.reason


def _read(module_patch: ModulePatch) -> Standing:
    if module_patch.state == states.CONFLICT and module_patch.reason == BENEATH_THEIRS:
        return _not_undone(module_patch)
    if module_patch.under_way:
        return _under_way(module_patch)
    if module_patch.state not in {states.WAITING, states.APPLIED}:
        return module_patch.state, module_patch.reason
    module = finder.look_at(module_patch.module_name)
    return _expected(module_patch) if module is None else _read_back(module_patch, module)


def _under_way(module_patch: ModulePatch) -> Standing:
    """Read back what another thread is about to change, or an interrupt has left."""
    module = finder.look_at(module_patch.module_name)
    if module is not None and module_patch.holds(module):
        return states.APPLIED, f"in effect in {module_patch.module_name}"
    if not module_patch.armed and module_patch.is_gone():
        return states.REVERTED, "taken out"
    return module_patch.state, module_patch.reason


def _not_undone(module_patch: ModulePatch) -> Standing:
    """Read back after a refused undo: the object on top may be gone, and our layers with it."""
    module = finder.look_at(module_patch.module_name)
    if module_patch.is_gone():
        return states.REVERTED, "somebody has taken it out since undoing it was refused"
    if module is None or not module_patch.holds(module):
        return module_patch.state, module_patch.reason
    where = f"in effect in {module_patch.module_name}{in_effect.wrappers(module_patch)}"
    return states.APPLIED, f"{where}; undoing it was refused before: call unpatch() again"


def _expected(module_patch: ModulePatch) -> Standing:
    module_name = module_patch.module_name
    if not finder.is_armed():
        return states.FAILED, "somebody took our finder out of sys.meta_path: call apply_all() again"
    if not finder.is_expected(module_name):
        return states.FAILED, f"{module_name} is being imported past our finder: call apply_all() again"
    if sys.modules.get(module_name) is not None:
        return states.WAITING, f"{module_name} has not run its body to the end yet"
    where = "" if module_patch.edits[0].target.is_module else _why_never(module_name)
    return states.WAITING, f"{module_name} is not imported yet{where}"


def _why_never(module_name: str) -> str:
    from backportkit.engine import nowhere  # needs pkgutil

    return nowhere.words_for(module_name)


def _in_its_place(module_patch: ModulePatch) -> str:
    found = "nothing" if module_patch.is_deleted() else "something else"
    return in_effect.changed_by_others(module_patch) or f"{found} stands at {module_patch.described} now"


def _read_back(module_patch: ModulePatch, module: ModuleType) -> Standing:
    if module_patch.holds(module):
        changed, changed_beneath = in_effect.changed_in_place(module_patch)
        if changed:
            return states.CONFLICT, f"was applied, but {changed}; unpatch it, and apply it again"
        reason = module_patch.reason or f"in effect in {module_patch.module_name}"
        above = in_effect.wrappers(module_patch)
        return states.APPLIED, reason + above + changed_beneath + in_effect.compiled_callers(module_patch, module)
    if module_patch.state == states.APPLIED and not module_patch.is_missed():
        return states.CONFLICT, f"was applied, but {_in_its_place(module_patch)}"
    if finder.ran_again(module_patch.module_name):
        how = "has run its body again, past our finder or not to its end"
    else:
        how = "was imported past our finder"
    return states.FAILED, f"{module_patch.module_name} {how}: call apply_all() again"
