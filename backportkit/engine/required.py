"""See to it that what a policy requires is in force when its target is imported."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from backportkit import states
from backportkit.bootstrap import bootstrap_finder
from backportkit.engine import audit, on_error
from backportkit.errors import NotAppliedError
from backportkit.policy import in_force

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from backportkit.engine.known import Known
    from backportkit.engine.module_patch import ModulePatch
    from backportkit.errors import BackportError

# A program that takes a patch out has decided so, and another thread may be at work on one that waits.
_OUT_OF_FORCE = frozenset(
    {states.DORMANT, states.ABSORBED, states.DISABLED, states.FAILED, states.DRIFTED, states.CONFLICT}
)


def lacking(patches: Iterable[ModulePatch], told: Collection[BackportError]) -> list[BackportError]:
    """Return why required patches of a module that has run its body are not in force, unless that is told already."""
    wanted = in_force.required()
    errors: list[BackportError] = []
    for patch in patches if wanted else ():
        is_told = any(error.patch == patch.patch_id for error in told)
        if patch.patch_id in wanted and patch.state in _OUT_OF_FORCE and not is_told:
            error = _error(patch.patch_id, f"{patch.state}: {patch.reason}", patch.module_name)
            audit.tell("backportkit.refuse", patch.declared, error.message)
            errors += _to_raise(error)
    return errors


def gone(known: Known, name: str) -> list[BackportError]:
    """Return why a module that the start has waited for must not be imported: nobody declares what is required.

    Nothing else is read for that as long as a provider is there that leads to the module.
    """
    if name not in bootstrap_finder.provided or not _unknown(known) or known.providers.lead_to(name):
        return []
    unread = known.read_all()
    errors: list[BackportError] = []
    for patch_id in _unknown(known):
        why = "; ".join(error.message for error in unread)
        errors += _to_raise(_error(patch_id, why or "no installed provider declares it any more", name))
        _tell_unknown(patch_id, why)
    return errors


def _unknown(known: Known) -> list[str]:
    return [patch_id for patch_id in in_force.required() if known.registry.find(patch_id) is None]


def _error(patch_id: str, found: str, module: str) -> NotAppliedError:
    return NotAppliedError(
        "the policy requires it, and it is not in force",
        patch=patch_id,
        target=module,
        expected="applied as its target is imported",
        found=found,
        next_step="mend that, or take it out of `require`; `backportkit policy check` shows what differs",
    )


def _to_raise(error: NotAppliedError) -> list[BackportError]:
    """Return an error that refuses an import, where a failure at a start would end it; else report it."""
    if in_force.exits_on_failure():
        return [error]
    on_error.log([error])
    return []


def _tell_unknown(patch_id: str, why: str) -> None:
    try:
        sys.audit("backportkit.refuse", patch_id, "", "", why or "nobody declares it")
    except Exception:  # noqa: BLE001 -- nothing is done that a hook could keep from being done
        return
