"""BK302 and BK306: judge the entry points that lead to each patch that was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.check.findings import Finding, about
from backportkit.declaration import discovery
from backportkit.providers_on_disk import GROUP, OFFERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.check.scope import Subject


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield findings about a patch that no import of its packages leads to, or that is offered without `opt_in`.

    An entry point leads to a patch if it has the name of the patched module or of a package above it.
    """
    if subject.names is None:
        return
    if subject.group == OFFERS and not subject.declared.patch.opt_in:
        message = (
            f"it is declared without opt_in in a module of the group {OFFERS}, which only those read who ask for it"
        )
        next_step = f'add opt_in=True, or name its module in [project.entry-points."{GROUP}"]'
        yield about(subject.declared, "BK306", message, next_step)
    modules = subject.declared.patch.occasions
    missed = [module for module in modules if module and not discovery.lead_to(subject.names, module)]
    if "" in modules and subject.names.issubset(subject.declared.patch.added):
        yield about(
            subject.declared,
            "BK302",
            f"{', '.join(subject.names)} is not there, so that no import of it leads to the patch that adds it",
            f'add the package that imports it, as package = "...", to [project.entry-points."{subject.group}"]',
        )
    for package in sorted({module.partition(".")[0] for module in missed}):
        yield about(
            subject.declared,
            "BK302",
            f"it patches {package}, and the entry points that lead to it are named {', '.join(sorted(subject.names))}",
            f'add {package} = "..." with the same module to [project.entry-points."{subject.group}"]',
        )
