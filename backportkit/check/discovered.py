"""BK3xx, as far as patches that were read are concerned: whether an entry point leads to each of them in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.check.findings import Finding, about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.check.scope import Subject


def judge(subject: Subject) -> Iterator[Finding]:
    """The packages that a patch changes although no entry point has their name."""
    if subject.names is None:
        return
    patched = {module.partition(".")[0] for module in subject.declared.patch.modules}
    for package in sorted(patched - subject.names):
        yield about(
            subject.declared,
            "BK302",
            f"it patches {package}, and the entry points that lead to it are named {', '.join(sorted(subject.names))}",
            f'add {package} = "..." with the same module to [project.entry-points."backportkit.patches"]',
        )
