"""Keep a patch that an audit hook has refused in one module out of its other modules, until hooks let it in again."""

from __future__ import annotations

from backportkit import states
from backportkit.engine import audit, problems
from backportkit.hook import finder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from backportkit.declaration.eligibility import Judging
    from backportkit.engine.batch import Batch, ByModule
    from backportkit.engine.module_patch import ModulePatch
    from backportkit.errors import BackportError


def follow(
    batch: Batch, patches: Collection[ModulePatch], before: Mapping[str, BaseException], judging: Judging
) -> list[BackportError]:
    """Bring what hooks have let in this time to the other modules, and take what they have refused out of all.

    `patches` were tried, after hooks had refused what stands in `before`. Returns what is to be raised.
    """
    let_in = [one for one in audit.not_refused(patches, before) if one.patch_id in before]
    others = [one for one in _elsewhere(batch, let_in) if one not in patches]
    for one in let_in:
        audit.kept_out.pop(one.patch_id, None)
    if not others:
        return [error for patch_id in list(audit.kept_out) for error in _keep_out(batch, patch_id)]
    by_module: ByModule = {}
    for one in others:
        by_module.setdefault(one.module_name, []).append(one)
    return batch.calls.run(others, batch.apply_to_loaded, by_module, judging)  # which follows the rest


def _elsewhere(batch: Batch, let_in: Collection[ModulePatch]) -> Iterator[ModulePatch]:
    """Yield where patches are to be applied, in other modules that are loaded, and are not."""
    ids = dict.fromkeys(one.patch_id for one in let_in)
    for one in (one for patch_id in ids for one in batch.by_id.get(patch_id, ())):
        if one.armed and not _is_in(one) and finder.look_at(one.module_name) is not None:
            yield one


def _keep_out(batch: Batch, patch_id: str) -> list[BackportError]:
    """Take out what a hook has refused, or was interrupted at. Also what another attempt has left so."""
    error = audit.kept_out.get(patch_id)
    if error is None:  # another thread was first
        return []
    patches, reason = batch.by_id.get(patch_id, ()), problems.vetoed_elsewhere(error)
    there = list(filter(_is_in, patches))
    audit.tell_of_undo(there)
    errors = batch.take_out_refused(there, reason) if there else []
    audit.log("undone", there)
    for one in patches:
        if one.state == states.WAITING and finder.look_at(one.module_name) is not None:
            one.become(states.FAILED, reason)
    return errors


def _is_in(patch: ModulePatch) -> bool:
    return bool(patch.layers) or patch.state == states.APPLIED
