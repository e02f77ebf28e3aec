"""torch: let compiled caches and Dynamo know which patches are in force.

Importing this registers what the engine is to do once torch is imported; torch itself is not imported.
Why it is done this way is written in docs/caches.md.
"""

from __future__ import annotations

import sys

from backportkit import engine, policy
from backportkit.integrations.torch_tag import ID, PACKAGE, clear, tag
from backportkit.model import Callbacks, Edit, Patch, Target
from backportkit.reference import Reference
from backportkit.registry import declared_patches


def forget_compiled(patch_ids: set[str]) -> None:
    """Have Dynamo compile anew: what it has compiled was made before a patch came, or while one was there."""
    convert_frame = sys.modules.get("torch._dynamo.convert_frame")
    compiled = getattr(convert_frame, "output_codes", None)
    if patch_ids == {ID} or compiled is None or not compiled.seen:
        return
    policy.logger().info("torch has been patched after something was compiled: torch._dynamo.reset()")
    sys.modules["torch._dynamo"].reset()


declared_patches.add_companion(
    Patch(
        id=ID,
        summary="a compiled cache gives a patched process what one without the patches compiled, and the reverse",
        requires=("torch>=2.6",),
        unbounded_because="it is no fix of torch, which cannot know of patches",
        edits=(
            Edit(
                target=Target(module="torch.compiler.config", attribute="_config", item="cache_key_tag"),
                replacement=Reference.to(tag),
                how="wrap",
            ),
        ),
        aliases="keep",
        callbacks=Callbacks(after_undo=Reference.to(clear)),
        required=False,
    ),
    __name__,
)
engine.on_late_change(PACKAGE, forget_compiled)
