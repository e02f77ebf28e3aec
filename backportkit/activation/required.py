"""See to it that a start which reads the manifest alone has what the policy requires."""

from __future__ import annotations

from backportkit import states
from backportkit.declaration.registry import declared_patches
from backportkit.engine import verbs
from backportkit.errors import NotAppliedError
from backportkit.policy import in_force

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


def _missing(patch_id: str, why: str) -> NotAppliedError:
    return NotAppliedError(
        "is required by the policy, and an activated environment would start without it",
        patch=patch_id,
        expected="a patch that each start arms",
        found=why,
        next_step="mend that, or take it out of `require`; `backportkit policy check` shows what differs",
    )
