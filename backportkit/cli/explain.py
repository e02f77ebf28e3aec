"""`backportkit explain ID`: everything known about one patch, on a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from backportkit import engine
from backportkit.check import place, project, scope, targets, verdict
from backportkit.check.scope import Scope
from backportkit.cli import declarations
from backportkit.cli.printing import lined
from backportkit.proof import kept as proofs
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.check.findings import Finding
    from backportkit.check.targets import Site
    from backportkit.lookup import Found
    from backportkit.patch_status import PatchStatus
    from backportkit.registry import Declared

_NEXT = {
    State.WAITING: "nothing: apply_all() at the start of the program applies it as its target loads",
    State.APPLIED: "nothing: it is in effect",
    State.DORMANT: "nothing here; backportkit check says when it can be deleted",
    State.ABSORBED: "narrow `requires` to the releases that have the bug",
    State.DRIFTED: "see what has changed: backportkit diff {id}",
    State.CONFLICT: "drop one of the two, or declare supersedes=[...]",
    State.FAILED: "mend what the reason says, then: backportkit prove {id}",
    State.DISABLED: "take it out of BACKPORTKIT_DISABLE to have it back",
    State.REVERTED: "call apply_all() to have it back",
}


def explain(patch_id: declarations.PatchId, *, module: declarations.Module = None) -> None:
    """Show everything known about a patch: declaration, provenance, targets, fingerprints, state, what to do next."""
    declared = declarations.find(patch_id, module)
    status = next(record for record in engine.status() if record.id == patch_id)
    console = Console()
    console.print(lined(f"{patch_id}: {declared.patch.summary}", "bold"), soft_wrap=True)
    for name, value in _page(declared, status):
        console.print(lined(f"{name:<13} {value}".rstrip()), soft_wrap=True)


def _page(declared: Declared, status: PatchStatus) -> Iterator[tuple[str, str]]:
    yield from _declaration(declared)
    yield from _standing(status)
    for site in targets.sites(declared):
        yield from _target(site)
    yield from _proof(declared)
    findings = verdict.judge(Scope((scope.subject_of(declared),), ())).findings
    for finding in findings:
        yield from _finding(finding)
    yield "next", findings[0].next_step if findings else _NEXT[status.state].format(id=status.id)


def _declaration(declared: Declared) -> Iterator[tuple[str, str]]:
    patch = declared.patch
    path, line = place.of(declared.place)
    yield "declared", f"{path}{'' if line is None else f':{line}'}, by {declared.provider}"
    yield "fixes", patch.fixes or "not said"
    yield "upstream", patch.upstream_status
    for reference in patch.references:
        yield "reference", reference
    yield "requires", ", ".join(patch.requires)
    if patch.unbounded_because:
        yield "unbounded", patch.unbounded_because
    if patch.supersedes:
        yield "supersedes", ", ".join(patch.supersedes)
    yield "if it fails", "an error" if patch.required else "a warning"


def _standing(status: PatchStatus) -> Iterator[tuple[str, str]]:
    yield "installed", ", ".join(f"{name} {version}" for name, version in status.installed.items()) or "nothing of it"
    yield "state", f"{status.state}: {status.reason}"
    if status.copies:
        yield "copies", ", ".join(status.copies)


def _target(site: Site) -> Iterator[tuple[str, str]]:
    edit, found = site.edit, site.found
    yield "target", str(edit.target)
    yield "  how", f"{edit.how}, with the globals of {'its own' if edit.namespace == 'own' else 'the target'} module"
    yield "  by", str(edit.replacement) if edit.replacement is not None else repr(edit.value)
    yield "  installed", _installed(found)
    yield "  original", " or ".join(edit.original) or "not said"
    yield "  fixed", " or ".join(edit.fixed) or "not said"
    yield "  found", " or ".join(targets.fingerprints(found)) or "no fingerprint"


def _installed(found: Found) -> str:
    several = " or ".join(dict.fromkeys(map(_place, found.candidates)))
    return several if len(found.candidates) == 1 else f"one of these, as the module runs: {several}"


def _place(found: Found) -> str:
    if not found.nodes or found.source is None:
        return found.reason
    line = getattr(found.nodes[-1], "lineno", 1)
    return f"{place.relative(found.source.path)}:{line}, {found.kind.value}"


def _proof(declared: Declared) -> Iterator[tuple[str, str]]:
    reproducer = declared.patch.reproducer
    command = f"backportkit prove {declared.patch.id}"
    yield "reproducer", str(reproducer.run) if reproducer is not None else "none"
    kept = None if reproducer is None else _kept(declared)
    missing = "none can be had without a reproducer" if reproducer is None else f"none is kept: {command}"
    yield "proof", missing if kept is None else kept


def _kept(declared: Declared) -> str | None:
    """What the proof says that lies in the project which declares the patch, or else below the working directory."""
    path = Path(place.of(declared.place)[0])
    folder = (project.above(path) if path.is_file() else None) or Path.cwd()
    found = proofs.find(declared.patch.id, folder)
    if found is None:
        return None
    matrix = found[1]
    tried = ", ".join(f"{cell.version} {cell.outcome}" for cell in matrix.cells)
    verdict = (
        "as declared" if matrix.holds else f"not as declared{f', should be {matrix.right}' if matrix.right else ''}"
    )
    stale = "" if matrix.requires == declared.patch.requires[0] else f", for {matrix.requires}"
    return f"{place.relative(found[0])}: {verdict}{stale}; {matrix.package} {tried}"


def _finding(finding: Finding) -> Iterator[tuple[str, str]]:
    yield finding.code, f"{finding.rule.level}, {finding.rule.title}: {finding.message}"
    yield "", f"next: {finding.next_step}"
