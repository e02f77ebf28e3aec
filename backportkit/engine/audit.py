"""Tell audit hooks what patches are about to do, and the log what they have done. A hook that raises keeps it from it.

Sources: https://peps.python.org/pep-0578/, docs/security.md.
"""

from __future__ import annotations

import sys
from itertools import islice

from backportkit import states
from backportkit.engine import problems
from backportkit.errors import MOST_KEPT, is_informed, keep, let_interrupt_pass, write_log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from backportkit.declaration.registry import Declared
    from backportkit.engine.module_patch import ModulePatch
    from backportkit.errors import BackportError

_APPLY = "backportkit.apply"
_told: set[tuple[str, str]] = set()
_vetoes: dict[ModulePatch, BaseException] = {}  # of patches that go the long way now, which says why
kept_out: dict[str, BaseException] = {}  # what hooks have raised last, by the ids of patches of several modules


def is_heard() -> bool:
    """Tell whether there is an audit hook; True where Python does not say.

    Without one, CPython returns before it looks at the name of the event, up to 3.13
    (https://github.com/python/cpython/blob/3.13/Python/sysmodule.c, sys_audit). So nothing is made that nobody hears.
    """
    try:
        sys.audit(None)  # type: ignore[arg-type]
    except TypeError:
        return True
    return False


def let_in(patches: Sequence[ModulePatch]) -> int:
    """Tell of patches that are about to be applied; return how many there are before the first that a hook refuses."""
    for number, patch in enumerate(patches):
        _vetoes.pop(patch, None)
        veto = _veto(_APPLY, patch)
        if veto is not None:
            _vetoes[patch] = veto
            return number
    return len(patches)


def not_refused(patches: Iterable[ModulePatch], before: Mapping[str, BaseException]) -> list[ModulePatch]:
    """Return the patches that no hook has refused in one of their modules since `kept_out` was as it is in `before`."""
    return [patch for patch in patches if kept_out.get(patch.patch_id) is before.get(patch.patch_id)]


def check_apply(patch: ModulePatch) -> None:
    """Tell of a patch that is about to be applied, if `let_in` has not. Raises PolicyError if a hook refuses it."""
    veto = _vetoes.pop(patch, None)
    if veto is None and is_heard():
        veto = _veto(_APPLY, patch)
    if veto is not None:
        raise problems.vetoed(patch, veto, "applied") from veto


def tell_of_undo(patches: Iterable[ModulePatch]) -> None:
    """Tell of patches that are undone since a hook has refused them. No hook can forbid that."""
    for patch in patches if is_heard() else ():
        _veto("backportkit.undo", patch)


def refused_undo(patches: Iterable[ModulePatch]) -> dict[str, BackportError]:
    """Tell of patches that are about to be undone; return why some must stay, by the id of the patch."""
    refused: dict[str, BackportError] = {}
    for patch in patches if is_heard() else ():
        if patch.state != states.APPLIED or patch.patch_id in refused:
            continue
        veto = _veto("backportkit.undo", patch)
        if veto is not None:
            refused[patch.patch_id] = problems.vetoed(patch, veto, "undone")
            refused[patch.patch_id].__cause__ = veto
    return refused


def tell(event: str, declared: Declared, reason: str) -> None:
    """Tell that a patch is refused or switched off, once for each reason. No hook can forbid that."""
    if (declared.id, reason) in _told or not is_heard():
        return
    _told.add((declared.id, reason))
    try:
        sys.audit(event, declared.id, declared.provider, declared.place, reason)
    except Exception:  # noqa: BLE001 -- nothing is done that a hook could keep from being done
        return


def _veto(event: str, patch: ModulePatch) -> BaseException | None:
    """Tell of a patch; return what a hook has raised, whatever it is. An interrupt passes."""
    try:
        _tell_of_edits(event, patch)
    except BaseException as error:  # noqa: BLE001 -- hooks may raise anything
        if event == _APPLY and len(patch.declared.patch.modules) > 1:
            kept_out[patch.patch_id] = error
        let_interrupt_pass(error)
        return error
    return None


def _tell_of_edits(event: str, patch: ModulePatch) -> None:
    """Raise an event for each edit: id, provider, target, place of the declaration, and SHA-256 of the module.

    That is the module that the replacement comes from, as `backportkit policy lock` writes it down.
    """
    declared = patch.declared
    for edit in patch.edits:
        module = declared.module if edit.replacement is None else edit.replacement.module
        sys.audit(event, declared.id, declared.provider, str(edit.target), declared.place, _digest(module))


def _digest(module: str) -> str:
    from backportkit.policy import modules  # needs hashlib, where somebody listens

    return modules.digest(module) if module else ""


def to_tell(patches: Sequence[ModulePatch]) -> list[ModulePatch]:
    """Return those of the patches that are applied, as far as `log` will tell or keep them."""
    found = patches if is_informed() else patches[:MOST_KEPT]
    return [patch for patch in found if patch.state == states.APPLIED]


def log(deed: str, patches: Iterable[ModulePatch]) -> None:
    """Write an INFO record for each patch, or keep some until somebody wants to know that much."""
    if is_informed():
        for patch in patches:
            _write(deed, patch.declared, patch.module_name)
    else:
        for patch in islice(patches, MOST_KEPT + 1):
            keep(_write, deed, patch.declared, patch.module_name)


def _write(deed: str, declared: Declared, module: str) -> None:
    edits = (edit for edit in declared.patch.edits if edit.target.module == module)
    targets = ", ".join(str(edit.target) for edit in edits)
    fields = {"patch_deed": deed, "patch_id": declared.id, "patch_provider": declared.provider, "patch_target": targets}
    write_log("info", "%s %s in %s, of %s", deed, declared.id, module, declared.provider, fields=fields)
