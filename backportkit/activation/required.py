"""See to it that a start which reads the manifest alone has what the policy requires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit import states
from backportkit.declaration.registry import declared_patches
from backportkit.engine import verbs, verify
from backportkit.errors import NotAppliedError
from backportkit.policy import in_force
from backportkit.source.found import Kind
from backportkit.source.lookup import Library

if TYPE_CHECKING:
    from backportkit.declaration.edits import Edit
    from backportkit.declaration.registry import Declared

_IN_FORCE = frozenset({states.WAITING, states.APPLIED})


def check() -> None:
    """Raise PolicyError if the policy is not to be believed, NotAppliedError if a start would not arm what it requires.

    All providers must have been read. No start looks for what is required as long as the manifest holds.
    """
    in_force.check()
    required = in_force.required()
    said = {one.id: one for one in verbs.status()} if required else {}
    for patch_id in required:
        found, declared = said.get(patch_id), declared_patches.find(patch_id)
        if found is None or declared is None or not declared.installed:
            raise _missing(patch_id, "no provider that each start reads declares it")
        if declared.opt_in:
            raise _missing(patch_id, "it is armed only where a program or a variable asks for it")
        if found.state not in _IN_FORCE:
            raise _missing(patch_id, f"{found.state}: {found.reason}")
        if found.state == states.WAITING and (why := why_never(declared)):
            raise _missing(patch_id, why)


def why_never(declared: Declared) -> str:
    """Say why a patch that waits will not be in force, by the source of its targets on disk; empty if nothing tells.

    Nothing is imported. What only the import tells is told by the import.
    """
    library, standings = Library(), set[str]()
    for edit in declared.patch.edits:
        is_there = edit.how == "add" or edit.target.is_module or _may_be_there(library, edit)
        if not is_there:
            return f"{edit.target} is not in the source on disk"
        if edit.original or edit.fixed:
            standings.add(verify.examine_source(edit, library).state)
    if states.DRIFTED in standings:
        return f"{states.DRIFTED}: the body on disk is not the one that it was written against"
    return f"{states.ABSORBED}: the body on disk is upstream's fix already" if standings == {states.ABSORBED} else ""


def _may_be_there(library: Library, edit: Edit) -> bool:
    found = library.find(edit.target.module, edit.target.path)
    return any(one.kind is not Kind.MISSING for one in found.candidates)


def _missing(patch_id: str, why: str) -> NotAppliedError:
    return NotAppliedError(
        "is required by the policy, and an activated environment would start without it",
        patch=patch_id,
        expected="a patch that each start arms",
        found=why,
        next_step="mend that, or take it out of `require`; `backportkit policy check` shows what differs",
    )
