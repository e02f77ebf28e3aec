"""`backportkit explain ID`: show everything known about one patch, on a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from backportkit.check import project, reading, scope, targets, values, verdict
from backportkit.check.findings import Level
from backportkit.check.scope import Scope
from backportkit.cli import declarations
from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.printing import commands, console, lined, versions
from backportkit.declaration import eligibility
from backportkit.engine import content, verbs
from backportkit.source import location
from backportkit.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.check.findings import Finding
    from backportkit.check.targets import Site
    from backportkit.declaration.edits import Edit
    from backportkit.declaration.record import Patch
    from backportkit.declaration.registry import Declared
    from backportkit.patch_status import PatchStatus
    from backportkit.proof.record import Matrix
    from backportkit.source.found import Found

    Kept: TypeAlias = tuple[Path, Matrix]

_ORDER = [Level.ERROR, Level.REMOVE, Level.WARNING, Level.NOTE]
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
    State.OFFERED: "nothing; to have it, ask for it as the state says",
}
_VALUES = 14  # the column in which values stand


def explain(patch_id: str, *, module: str | None = None) -> int:
    """Show everything known about a patch, on a page; return the exit code."""
    declared = declarations.find(patch_id, module)
    status = next(record for record in verbs.survey()[0] if record.id == patch_id)
    out = console()
    out.tell(lined(f"{patch_id}: {declared.patch.summary}", "bold"))
    for name, value in _page(declared, status):
        out.tell(lined(f"{name:<{_VALUES - 1}} {commands(value, module)}".rstrip()), _VALUES)
    return ExitCode.FINE


def _page(declared: Declared, status: PatchStatus) -> Iterator[tuple[str, str]]:
    yield from _declaration(declared)
    yield from _releases(declared)
    yield from _standing(status)
    for site in targets.sites(declared):
        yield from _target(site)
    for edit in declared.patch.edits:
        if edit.target.is_module:
            yield from _module(edit)
    yield from _code(declared)
    kept = _kept(declared)
    yield from _proof(declared, kept)
    findings = [_with_value(declared, one) for one in verdict.judge(Scope((scope.subject_of(declared),), ())).findings]
    for finding in findings:
        yield from _finding(finding)
    yield "next", _next(declared, findings, kept) or _NEXT[status.state].format(id=status.id)


def _next(declared: Declared, findings: list[Finding], kept: Kept | None) -> str:
    """Return the most urgent next step: of what is broken, of a range that a proof contradicts, of the rest."""
    first = min(findings, key=lambda one: _ORDER.index(one.rule.level), default=None)
    is_urgent = first is not None and first.rule.level in {Level.ERROR, Level.REMOVE}
    if kept is None or is_urgent or (kept[1].holds and _is_current(declared, kept[1])):
        return "" if first is None else first.next_step
    is_known = kept[1].right is not None and _is_current(declared, kept[1])
    return kept[1].next_step if is_known else f"backportkit prove {declared.id} --matrix"


def _with_value(declared: Declared, finding: Finding) -> Finding:
    """Put the fingerprint of the installed body into a finding that asks for one, if that body is in range."""
    if finding.code != "BK104":
        return finding
    site = next(one for one in targets.sites(declared) if str(one.edit.target) == finding.target)
    prints = [one for one in targets.fingerprints(site.found) if one not in site.edit.fixed]
    if prints and eligibility.judge(declared.patch.requires, declared.patch.modules[0]).eligible:
        way = (
            "; a decorated class has one list, original=[...], for all its methods" if declared.patch.edits[1:] else ""
        )
        return finding._replace(next_step="add " + " or ".join(f'original="{one}"' for one in prints) + way)
    return finding._replace(next_step="nothing here: no body in range that has a fingerprint is installed")


def _declaration(declared: Declared) -> Iterator[tuple[str, str]]:
    patch = declared.patch
    path, line = location.of(declared.place)
    yield "declared", f"{path}{'' if line is None else f':{line}'}, by {declared.provider}"
    yield "fixes", patch.fixes or "not said"
    yield "upstream", patch.upstream_status
    for reference in patch.references:
        yield "reference", reference
    if patch.resolves:
        yield "resolves", ", ".join(patch.resolves)
    yield from _requires(patch)
    if patch.unbounded_because:
        yield "unbounded", patch.unbounded_because
    if patch.supersedes:
        yield "supersedes", ", ".join(patch.supersedes)
    if declared.opt_in:
        yield "armed", "for those who ask for it"
    yield "if it fails", "an error" if patch.required else "a warning"


def _requires(patch: Patch) -> Iterator[tuple[str, str]]:
    """Yield the requirements that must all be met, and the alternatives, of which one must."""
    yield "requires", ", ".join(one if isinstance(one, str) else "one of these" for one in patch.requires)
    for one in patch.requires:
        for alternative in () if isinstance(one, str) else one.alternatives:
            yield "  either", ", ".join(alternative)


def _releases(declared: Declared) -> Iterator[tuple[str, str]]:
    """Yield what those of upstream's releases say that are in the cache."""
    try:
        from backportkit.upstream import store
    except ImportError:  # without uv, nothing was ever read
        return
    if not store.exists():
        return
    from backportkit.cli import newest  # needs what talks to an index

    for finding in newest.kept(declared):
        yield "releases", f"{finding.message}, as the cache has it"


def _standing(status: PatchStatus) -> Iterator[tuple[str, str]]:
    yield "installed", versions(status.installed) or "nothing of it"
    yield "state", f"{status.state}: {status.reason}"
    if status.copies:
        yield "copies", ", ".join(status.copies)


def _target(site: Site) -> Iterator[tuple[str, str]]:
    edit, found = site.edit, site.found
    yield "target", str(edit.target)
    yield "  how", f"{edit.how}, with the globals of {'its own' if edit.namespace == 'own' else 'the target'} module"
    yield "  by", str(edit.replacement) if edit.replacement is not None else repr(edit.value)
    yield "  installed", _installed(found)
    unsaid = "not said" if values.plain(edit, found) is None else "none, since a value has no fingerprint"
    yield "  original", " or ".join(edit.original) or unsaid
    yield "  fixed", " or ".join(edit.fixed) or unsaid
    yield "  found", " or ".join(targets.fingerprints(found)) or "no fingerprint"


def _module(edit: Edit) -> Iterator[tuple[str, str]]:
    yield "target", str(edit.target)
    yield "  how", "add, a module that is made when it is imported and nobody else has it"
    yield "  by", str(edit.replacement) if edit.replacement is not None else f"the module {edit.alias_of} itself"
    there = reading.read(edit.target.module)
    yield "  installed", "nothing" if there is None else location.relative(there.path)


def _code(declared: Declared) -> Iterator[tuple[str, str]]:
    """Yield the code that the patch brings along, and the files that have it, each with its hash."""
    brought = content.of(declared, reading.library())
    for when, callback in declared.patch.callbacks:
        if callback is not None:
            yield "callback", f"{when}, {callback}"
    for piece in brought.pieces:
        yield "code", f"{piece.where}, {piece.role}"
    for source in brought.sources:
        yield "  file", f"{location.relative(source.path)} sha256:{content.hash_of(source)}"
    yield "content", f"sha256:{brought.digest}"


def _installed(found: Found) -> str:
    several = " or ".join(dict.fromkeys(map(_place, found.candidates)))
    return several if len(found.candidates) == 1 else f"one of these, as the module runs: {several}"


def _place(found: Found) -> str:
    if not found.nodes or found.source is None:
        return found.reason
    line = getattr(found.nodes[-1], "lineno", 1)
    return f"{location.relative(found.source.path)}:{line}, {found.kind.value}"


def _proof(declared: Declared, found: Kept | None) -> Iterator[tuple[str, str]]:
    reproducer = declared.patch.reproducer
    command = f"backportkit prove {declared.patch.id}"
    yield "reproducer", str(reproducer.run) if reproducer is not None else "none"
    missing = (
        "none can be had without a reproducer"
        if reproducer is None
        else f"none is kept: {command} --output FOLDER keeps one"
    )
    yield "proof", missing if found is None else _described(declared, *found)


def _kept(declared: Declared) -> Kept | None:
    """Return the proof kept in the project that declares the patch, or else below the working directory."""
    if declared.patch.reproducer is None:
        return None
    from backportkit.proof import kept  # needs pydantic

    path = Path(location.of(declared.place)[0])
    folder = (project.above(path) if path.is_file() else None) or location.here()
    return None if folder is None else kept.find(declared.patch.id, folder)


def _is_current(declared: Declared, matrix: Matrix) -> bool:
    from backportkit.proof import choose

    return matrix.requires == choose.range_of(declared.patch)


def _described(declared: Declared, path: Path, matrix: Matrix) -> str:
    """Describe a proof of the patch on one line."""
    words = [(cell.package, f"{matrix.release(cell)} {cell.outcome}") for cell in matrix.cells]
    tried = ", ".join(f"{package} {said}" if package else said for package, said in words)
    of = "" if any(package for package, _ in words) else f"{matrix.package} "
    verdict = (
        "as declared" if matrix.holds else f"not as declared{f', should be {matrix.right}' if matrix.right else ''}"
    )
    stale = "" if _is_current(declared, matrix) else f", for {matrix.requires}"
    return f"{location.relative(path)}: {verdict}{stale}; {of}{tried}"


def _finding(finding: Finding) -> Iterator[tuple[str, str]]:
    yield finding.code, f"{finding.rule.level}, {finding.rule.title}: {finding.message}"
    yield "", f"next: {finding.next_step}"
