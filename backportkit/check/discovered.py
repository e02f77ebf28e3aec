"""BK3xx, as far as patches that were read are concerned: whether an entry point leads to each of them in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.check.findings import Finding, about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.check.scope import Subject


def judge(subject: Subject) -> Iterator[Finding]:
    """The packages that a patch changes although no entry point has their name, or that of a package in between."""
    if subject.names is None:
        return
    missed = [module for module in subject.declared.patch.modules if subject.names.isdisjoint(_on_the_way_to(module))]
    for package in sorted({module.partition(".")[0] for module in missed}):
        yield about(
            subject.declared,
            "BK302",
            f"it patches {package}, and the entry points that lead to it are named {', '.join(sorted(subject.names))}",
            f'add {package} = "..." with the same module to [project.entry-points."backportkit.patches"]',
        )


def _on_the_way_to(module: str) -> Iterator[str]:
    """The packages that are imported before a module, and the module."""
    parts = module.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))
