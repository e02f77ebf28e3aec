"""BK219 and BK220: judge the names in `aliases`: each has to be a copy, and its module has to be here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backportkit.check import nearest
from backportkit.check.findings import Finding, about
from backportkit.check.reading import find, read
from backportkit.check.targets import sites
from backportkit.declaration.edits import Target
from backportkit.errors import DeclarationError
from backportkit.source.found import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.declaration.registry import Declared

_CORRECT = "correct it in aliases=[...], or delete it there"


def judge(declared: Declared) -> Iterator[Finding]:
    """Yield a finding for each name in `aliases` that is no copy, or that is not here."""
    names = declared.patch.aliases
    for name in () if isinstance(names, str) else names:
        yield from _named(declared, name)


def _named(declared: Declared, name: str) -> Iterator[Finding]:
    try:
        copy = Target.model_validate(name)
    except DeclarationError as error:
        yield about(declared, "BK219", f"aliases names {name}, which is no copy: {error.problems[0]}", _CORRECT)
        return
    if read(copy.module) is None:
        message = f"aliases names {name}, and there is no module {copy.module} here"
        yield about(declared, "BK220", message, f"nothing, if that is right; else {_CORRECT}")
    elif reason := _why_none(declared, copy):
        yield about(declared, "BK219", f"aliases names {name}, which is no copy: {reason}", _CORRECT)


def _why_none(declared: Declared, copy: Target) -> str:
    """Say why a name does not hold what the patch replaces; empty if it does, or if source does not tell."""
    found = find(copy.module, copy.path)
    if found.kind is Kind.MISSING:
        return f"{found.reason}{nearest.to(copy.module, copy.path)}"
    if found.kind is not Kind.FUNCTION or copy.items:
        return ""
    targets = [site.found for site in sites(declared)]
    is_told = bool(targets) and all(one.kind in {Kind.FUNCTION, Kind.CLASS} for one in targets)
    nodes = [node for one in targets for node in one.nodes]
    is_other = is_told and not any(node in nodes for node in found.nodes)
    return f"another function stands there, {found.where}" if is_other else ""
