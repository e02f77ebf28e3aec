"""torch: let compiled caches and Dynamo know which patches are in force.

Importing this module declares a patch of torch's cache tag, and asks the engine to tell of late changes; torch itself
is not imported. docs/caches.md has the reasons.
"""

from __future__ import annotations

import sys

from backportkit.declaration.record import Patch
from backportkit.declaration.registry import Internal, declared_patches
from backportkit.engine import verbs
from backportkit.errors import write_log
from backportkit.integrations.torch_tag import ID, PACKAGE, clear, tag


def forget_compiled(patch_ids: set[str]) -> None:
    """Have Dynamo compile anew what it compiled before the patches of torch changed."""
    convert_frame = sys.modules.get("torch._dynamo.convert_frame")
    compiled = getattr(convert_frame, "output_codes", None)
    if patch_ids == {ID} or compiled is None or not compiled.seen:
        return
    write_log("info", "torch has been patched after something was compiled: torch._dynamo.reset()")
    sys.modules["torch._dynamo"].reset()


_tag = Internal(
    Patch(
        id=ID,
        summary="a compiled cache gives a patched process what one without the patches compiled, or the reverse",
        requires="torch>=2.6",
        unbounded_because="it is no fix of torch, which cannot know of patches",
        aliases="keep",
        callbacks={"after_undo": clear},
        required=False,
        target="torch.compiler.config:_config['cache_key_tag']",
        replacement=tag,
        how="wrap",
    ),
    "backportkit",
    __name__,
)
declared_patches.add_all([_tag])
verbs.on_late_change(PACKAGE, forget_compiled)
