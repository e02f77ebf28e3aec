"""Each shipped patch of torch has all that it should, as far as that can be seen without torch."""

from __future__ import annotations

SCRIPT = """
import sys
import backportkit_patches.torch as shipped
from backportkit.declaration.registry import declared_patches
print([name for name in sys.modules if name.partition(".")[0] == "torch"])
patches = [declared.patch for declared in declared_patches if not declared.internal]
print(len(patches) == len(shipped.__all__))
for patch in patches:
    reproducer = patch.reproducer
    named = reproducer.run == f"backportkit_patches.torch.{patch.id.replace('-', '_')}_reproducer:reproduce"
    provenance = patch.fixes or patch.references
    judged = patch.unbounded_because or any(edit.original for edit in patch.edits)
    if not (named and reproducer.expect and provenance and judged):
        print(patch.id, named, reproducer.expect, provenance, judged)
"""


def test_each_has_provenance_a_fingerprint_and_a_reproducer_that_knows_its_failure(world):
    assert world.run(SCRIPT) == ["[]", "True"]
