"""Say where a patch stands: one state and one reason, from what became of its parts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from backportkit import states
from backportkit.declaration import eligibility
from backportkit.engine import in_effect, verify
from backportkit.engine.problems import BENEATH_THEIRS
from backportkit.engine.selection import NOBODY, how_to_ask
from backportkit.hook import finder
from backportkit.patch_status import PatchStatus
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import ModuleType

    from backportkit.declaration.registry import Declared
    from backportkit.engine.module_patch import ModulePatch
    from backportkit.source.lookup import Library

    Standing = tuple[str, str]
    Judge = Callable[[Iterable[str]], eligibility.Eligibility]

# Of several parts the one furthest from being in effect speaks for the patch.
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


_FORESEEN = {
    states.APPLIED: "the body on disk is the one that it was written against",
    states.ABSORBED: "the body on disk is upstream's fix already",
    states.DRIFTED: "the body on disk is not the one that it was written against",
    states.FAILED: "the body on disk is not known",
    states.WAITING: "several bodies are on disk, and which of them counts is known as the module runs",
}


def status_of(  # noqa: PLR0913 -- what a status is made of
    declared: Declared, parts: Sequence[ModulePatch], off: str | None, judge: Judge, *, is_offered: bool, why_idle: str
) -> PatchStatus:
    """The patch as it stands now. Reads the targets back instead of believing the record; imports nothing upstream.

    `off` says why the patch is not to be armed, None if it is. `judge` judges its requirements. `is_offered` says
    whether it waits for somebody to ask for it, and `why_idle` why nothing is armed.
    """
    patch = declared.patch
    judgement = judge(patch.requires)
    state, reason = _standing(declared, parts, off, judgement, why_idle=why_idle)
    if is_offered and not parts and state == states.WAITING:
        state, reason = states.OFFERED, f"{NOBODY}: {how_to_ask(patch.id)}"
    if state == states.APPLIED:
        reason += in_effect.unbound(patch.aliases, parts)
    return PatchStatus(
        id=patch.id,
        state=State(state),
        reason=reason,
        targets=tuple(str(edit.target) for edit in patch.edits),
        installed=judgement.installed,
        provider=declared.provider,
        summary=patch.summary,
        copies=tuple(name for part in parts for name in in_effect.copies(part)),
        armed=any(part.armed for part in parts),
    )


def foresee(declared: Declared, library: Library) -> str:
    """Return what the source on disk says of a patch that waits, in words; empty if it has no fingerprints.

    Reads and parses the modules' sources, and imports none of them.
    """
    edits = [edit for edit in declared.patch.edits if edit.original or edit.fixed]
    findings = [verify.foresee(edit, library) for edit in edits]
    if not findings:
        return ""
    worst = min(findings, key=lambda finding: _GRAVITY.index(finding.state))
    found = f" ({worst.found})" if worst.found else ""
    return f"; {_FORESEEN[worst.state]}{found}"


def _standing(
    declared: Declared,
    parts: Sequence[ModulePatch],
    off: str | None,
    judgement: eligibility.Eligibility,
    *,
    why_idle: str,
) -> Standing:
    if off is not None and not parts:
        return states.DISABLED, off
    if not judgement.eligible and not eligibility.left_to_the_body(declared.patch, judgement):
        return states.DORMANT, judgement.reason
    open_question = "" if judgement.eligible else f"; {judgement.reason}, so that its body will decide"
    if not parts:
        return states.WAITING, _unarmed(declared, why_idle) + open_question
    state, reason = _worst(parts)
    return state, reason + open_question if state == states.WAITING else reason


def _worst(parts: Sequence[ModulePatch]) -> Standing:
    return min(map(_standing_of_part, parts), key=lambda standing: _GRAVITY.index(standing[0]))


def _unarmed(declared: Declared, why_idle: str) -> str:
    imported = [name for name in declared.patch.modules if sys.modules.get(name) is not None]
    where = f"{', '.join(imported)} is imported" if imported else "the target is not imported yet"
    if why_idle:
        return f"{where}; {why_idle}"
    late = f"{where}; declared after apply_all() was called: call it again"
    return f"{late}, and name the entry point after the package that it patches" if declared.installed else late


def _standing_of_part(part: ModulePatch) -> Standing:
    if part.state == states.CONFLICT and part.reason == BENEATH_THEIRS:
        return _not_undone(part)
    if part.under_way:
        return _under_way(part)
    if part.state not in {states.WAITING, states.APPLIED}:
        return part.state, part.reason
    module = finder.look_at(part.module_name)
    return _expected(part.module_name) if module is None else _read_back(part, module)


def _under_way(part: ModulePatch) -> Standing:
    """Read back what another thread is about to change, or an interrupt has left."""
    module = finder.look_at(part.module_name)
    if module is not None and in_effect.holds(part, module):
        return states.APPLIED, f"in effect in {part.module_name}"
    if not part.armed and in_effect.is_gone(part):
        return states.REVERTED, "taken out"
    return part.state, part.reason


def _not_undone(part: ModulePatch) -> Standing:
    """Read back after a refused undo: what was on top may have gone, and ours with it."""
    module = finder.look_at(part.module_name)
    if in_effect.is_gone(part):
        return states.REVERTED, "somebody has taken it out since undoing it was refused"
    if module is None or not in_effect.holds(part, module):
        return part.state, part.reason
    where = f"in effect in {part.module_name}{in_effect.wrappers(part)}"
    return states.APPLIED, f"{where}; undoing it was refused before: call unpatch() again"


def _expected(module_name: str) -> Standing:
    if not finder.is_armed():
        return states.FAILED, "somebody took our finder out of sys.meta_path: call apply_all() again"
    if not finder.is_expected(module_name):
        return states.FAILED, f"{module_name} is being imported past our finder: call apply_all() again"
    still = "is not imported yet" if sys.modules.get(module_name) is None else "has not run its body to the end yet"
    return states.WAITING, f"{module_name} {still}"


def _read_back(part: ModulePatch, module: ModuleType) -> Standing:
    if in_effect.holds(part, module):
        changed, changed_beneath = in_effect.changed_in_place(part)
        if changed:
            return states.CONFLICT, f"was applied, but {changed}; unpatch it, and apply it again"
        reason = part.reason or f"in effect in {part.module_name}"
        return states.APPLIED, reason + in_effect.wrappers(part) + changed_beneath
    if part.state == states.APPLIED and not finder.is_missed(part.module_name):
        found = "nothing" if in_effect.is_deleted(part) else "something else"
        return states.CONFLICT, f"was applied, but {found} stands at {part.described} now"
    if finder.ran_again(part.module_name):
        how = "has run its body again, past our finder or not to its end"
    else:
        how = "was imported past our finder"
    return states.FAILED, f"{part.module_name} {how}: call apply_all() again"
