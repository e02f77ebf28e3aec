"""BK108 and BK109: look up the reproducer and the distributions that a declaration names."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from backportkit.check import nearest, reading
from backportkit.check.findings import Finding, about
from backportkit.declaration import eligibility, metadata, owners
from backportkit.declaration.alternatives import branches
from backportkit.names import normalised
from backportkit.source import signature
from backportkit.source.found import Kind
from backportkit.source.functions import is_python_function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.reference import Reference
    from backportkit.declaration.registry import Declared


def judge(declared: Declared) -> Iterator[Finding]:
    """Yield findings about a reproducer that cannot be called, and about packages that `requires` is not about."""
    yield from _reproducer(declared)
    yield from _distribution(declared)


def _reproducer(declared: Declared) -> Iterator[Finding]:
    run = None if declared.patch.reproducer is None else declared.patch.reproducer.run
    if run is None:
        return
    if needed := _needed_by(run):
        message = f"the reproducer {run} is called without arguments, and needs {', '.join(needed)}"
        yield about(declared, "BK108", message, "give it no parameters, or each a default")
    elif run.held is None and (found := reading.named(run)).kind is Kind.MISSING:
        close = nearest.to(run.module, reading.path_of(run))
        message = f"the reproducer {run} is not there: {found.reason}{close}"
        yield about(declared, "BK108", message, "correct reproducer=..., or install the project that has it")


def _needed_by(run: Reference) -> list[str]:
    """Return the parameters of a reproducer that nobody gives. A decorator may give them, so with one none is known."""
    if run.held is not None:
        plain = is_python_function(run.held)
        return signature.required(inspect.signature(run.held, follow_wrapped=False)) if plain else []
    nodes = [node for node in reading.named(run).functions if not node.decorator_list]
    return signature.required(signature.of_arguments(nodes[-1].args, binds=False)) if nodes else []


def _distribution(declared: Declared) -> Iterator[Finding]:
    """Yield a finding for each patched package that no requirement is about, if its distribution is known."""
    wanted = {eligibility.name_of(text) for branch in branches(declared.patch.requires) for text in branch}
    targets = {edit.target.module.partition(".")[0]: edit.target for edit in declared.patch.edits}
    for package, target in targets.items():
        is_known = normalised(package) in wanted and metadata.copies(normalised(package))  # true of most, and cheap
        found = [] if is_known or not _is_whole(package) else owners.of(package)
        if found and wanted.isdisjoint(map(normalised, found)):
            of = " or ".join(found)
            message = f"{package} belongs to {of}, and `requires` is about {', '.join(sorted(wanted))}"
            yield about(declared, "BK109", message, f"name {of} in `requires`, with its range", target)


def _is_whole(package: str) -> bool:
    """Tell whether a package is no namespace package. Several distributions share a namespace package."""
    source = reading.read(package)
    return source is not None and source.path != "a namespace package"
