"""Tell of each patch what is known about the component that it is of: what processes have read back, what is on disk.

No verdict goes by the word of a version alone.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from backportkit import states
from backportkit.check import reading
from backportkit.declaration import eligibility
from backportkit.declaration.registry import declared_patches
from backportkit.engine import verify
from backportkit.names import fits_any
from backportkit.supply import components, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.record import Patch
    from backportkit.declaration.registry import Declared
    from backportkit.engine.verify import Finding
    from backportkit.reports.document import ProcessReport, Record
    from backportkit.supply.components import Component

# What a process says that has the patch, and one that will have it.
_APPLIED, _ARMED = "in effect", "armed, and the target is not imported yet"
_SHOWN = 3  # of those who have what was replaced
_UNREAD = "no process has reported it"


class Verdict(str, Enum):
    """The verdict on a bug in an installed component.

    IN_EFFECT: processes have read the patch back. UPSTREAM: the installed bodies are upstream's fix. AFFECTED: the bug
    is there, by the installed bodies or else by the range. UNKNOWN: the installed bodies are others.
    """

    IN_EFFECT = "in effect"
    AFFECTED = "affected"
    UPSTREAM = "fixed upstream"
    UNKNOWN = "not known"


class OnDisk(NamedTuple):
    """The comparison of the installed bodies with the fingerprints of a patch.

    Attributes:
        verdict: AFFECTED for the bodies with the bug, UPSTREAM for those with the fix, UNKNOWN for others. None if the
            patch has no fingerprint.
        told: The bodies in words.
    """

    verdict: Verdict | None
    told: str


class Evidence(NamedTuple):
    """What is known of one patch in one component.

    Attributes:
        declared: The patch.
        component: The component.
        verdict: What follows from it.
        told: The facts, in words, without names of machines and programs.
        is_meant: Whether the patch is meant for the installed version.
        is_in_force: Whether all processes that have reported have the patch, or will have it as its target is imported.
            Without a report: whether a program that calls `apply_all` will.
        is_reported: Whether any process has reported.
        read_back: The time of the earliest report, if the verdict is by reports.
        content: The SHA-256 of all that the patch brings along.
    """

    declared: Declared
    component: Component
    verdict: Verdict
    told: str
    is_meant: bool
    is_in_force: bool
    is_reported: bool
    read_back: datetime | None
    content: str


def gather(
    records: Iterable[Mapping[str, Any]], reports: Sequence[ProcessReport], enabled: Iterable[str] = ()
) -> list[Evidence]:
    """Return what is known of each patch whose component is installed here, and that somebody has asked for.

    `records` are where the patches stand in this process, as `status` has them; `enabled` are the ids and patterns that
    the project asks for. Of a release that a patch is not for, and whose body has no fingerprint of the patch, nothing
    is known, and nothing is returned.
    """
    asked = [*enabled]
    known = [(declared_patches.find(one["id"]), one) for one in records]
    found = [
        _judged(declared, component, record, reports)
        for declared, record in known
        if declared is not None and _is_asked_for(record, reports, asked)
        for component in components.of(declared.patch)
    ]
    return [one for one in found if one.is_meant or one.is_in_force or one.verdict is not Verdict.UNKNOWN]


def _is_asked_for(own: Mapping[str, Any], reports: Iterable[ProcessReport], enabled: Sequence[str]) -> bool:
    """Tell whether a patch is more than an offer: here, by the project, or in one of the processes."""
    if own["state"] != states.OFFERED or fits_any(own["id"], enabled):
        return True
    found = (record for report in reports for record in report.patches if record.id == own["id"])
    return any(record.state != states.OFFERED for record in found)


def _judged(
    declared: Declared, component: Component, own: Mapping[str, Any], reports: Sequence[ProcessReport]
) -> Evidence:
    disk = _on_disk(declared)
    is_meant = eligibility.judge(declared.patch.requires, declared.patch.modules[0]).eligible
    said = [_said(report, declared.id, component, own["content"]) for report in reports]
    read_back = [one.written for one, text in zip(reports, said, strict=True) if text == _APPLIED]
    is_everywhere = {*said} <= {_APPLIED, _ARMED}
    if is_everywhere and read_back:
        verdict, told = Verdict.IN_EFFECT, _in_effect(declared.patch, read_back, len(said))
    else:
        verdict, told = _not_in_effect(declared.id, component, disk, _why_not(own, said), is_meant=is_meant)
    is_fit = own["state"] == states.WAITING and disk.verdict in {None, Verdict.AFFECTED}
    return Evidence(
        declared,
        component,
        verdict,
        told,
        is_meant,
        is_everywhere if reports else is_fit,
        bool(reports),
        min(read_back) if verdict is Verdict.IN_EFFECT else None,
        own["content"],
    )


# --- what processes say ---


def _said(report: ProcessReport, patch_id: str, component: Component, content: str) -> str:
    """Return where a patch stands in a process: one of two texts if it is in force there, else why it is not."""
    record = next((one for one in report.patches if one.id == patch_id), None)
    if record is None:
        return "not declared"
    if record.content != content:
        return "another body under this id"
    if record.installed.get(component.name, component.version) != component.version:
        return f"it has {component.name} {record.installed[component.name]}"
    if record.standing != "in force" or _has_condition(record):
        return f"{record.state}: {record.reason}"
    if record.state != states.APPLIED:
        return _ARMED
    return f"{record.state}: {record.reason}{held}" if (held := _held(record)) else _APPLIED


def _held(record: Record) -> str:
    """Say who still runs what the patch replaced, as the end of a reason; empty if nobody does.

    Of a patch that resolves nothing nobody looks for it, and no advisory is said to be resolved by it.
    """
    if record.held is None:
        return ", and the report does not say who else has what was replaced" if record.resolves else ""
    more = f", and {len(record.held) - _SHOWN} more" if len(record.held) > _SHOWN else ""
    return f", and what was replaced is still had by: {'; '.join(record.held[:_SHOWN])}{more}" if record.held else ""


def _has_condition(record: Record) -> bool:
    """Tell whether a patch is applied, and its reason says where it has no effect, such as beneath a wrapper."""
    modules = {target.partition(":")[0] for target in record.targets}
    plain = {f"in effect in {module}" for module in modules}
    parts = record.reason.split("; ") if record.state == states.APPLIED else []
    return not all(part in plain or part.startswith("in effect: ") for part in parts)


def _in_effect(patch: Patch, read_back: Sequence[datetime], reports: int) -> str:
    left = reports - len(read_back)
    others = f"; {_processes(left)} more will have it as the target is imported" if left else ""
    when = moment.written(min(read_back))
    unlooked = "" if patch.resolves else "; who else has what it replaced was not looked for"
    number = _processes(len(read_back))
    return f"the backport {patch.id} is in effect, read back in {number}, the first at {when}{others}{unlooked}"


def _why_not(own: Mapping[str, Any], said: Sequence[str]) -> str:
    """Return why a patch is not in effect: as the processes say, or else as this one does."""
    if not said:
        return f"{_UNREAD}; here it is {own['state']}: {own['reason']}"
    return "; ".join(f"{_processes(number)} said: {text}" for text, number in sorted(Counter(said).items()))


def _processes(number: int) -> str:
    return f"{number} process{'' if number == 1 else 'es'}"


# --- what the disk says ---


def _on_disk(declared: Declared) -> OnDisk:
    """Compare the installed bodies with the fingerprints of a patch. One that is another one says most."""
    edits = [edit for edit in declared.patch.edits if edit.original or edit.fixed]
    told = [verify.examine_source(edit, reading.library()) for edit in edits]
    found = set(map(_of_body, edits, told))
    if Verdict.UNKNOWN in found:
        odd = next(one.found for one in told if one.state not in {states.APPLIED, states.ABSORBED})
        return OnDisk(Verdict.UNKNOWN, f"the installed body, {odd or 'which is not known'}, has no known fingerprint")
    if Verdict.AFFECTED in found:
        return OnDisk(Verdict.AFFECTED, "the installed body is the one that the patch was written against")
    if found == {Verdict.UPSTREAM}:
        return OnDisk(Verdict.UPSTREAM, " and ".join(dict.fromkeys(one.found for one in told)))
    return OnDisk(None, "no fingerprint of the patch tells what the installed body is")


def _of_body(edit: Edit, finding: Finding) -> Verdict | None:
    """Return what a body is by the fingerprints of its edit. Without those of the bug, any body but the fix may be."""
    if finding.state == states.ABSORBED:
        return Verdict.UPSTREAM
    if finding.state != states.APPLIED:
        return Verdict.UNKNOWN
    return Verdict.AFFECTED if edit.original else None


def _not_in_effect(
    patch_id: str, component: Component, disk: OnDisk, why: str, *, is_meant: bool
) -> tuple[Verdict, str]:
    """Return the verdict where a patch is not known to be in effect: that of the bodies on disk, else of the range."""
    if disk.verdict is Verdict.UPSTREAM:
        return Verdict.UPSTREAM, f"the installed body of {component} is {disk.told}"
    not_there = f"the backport {patch_id} is not in effect: {why}"
    if disk.verdict is not None:
        return disk.verdict, f"{disk.told}; {not_there}"
    if is_meant:
        return Verdict.AFFECTED, f"{component} is in the range of the patch; {not_there}"
    return Verdict.UNKNOWN, f"{component} is out of the range of the patch, and {disk.told}; {not_there}"
