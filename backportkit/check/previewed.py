"""Judge a patch as `check` would if other releases were installed."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from backportkit import states
from backportkit.check import added, aliased, lacking, life, reading, targets, unknown
from backportkit.check.findings import Finding, Level, about
from backportkit.check.scope import Subject
from backportkit.check.supported import Support, Wanted
from backportkit.declaration import eligibility
from backportkit.declaration.alternatives import branches
from backportkit.engine import verify

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from backportkit.declaration.edits import Edit
    from backportkit.declaration.registry import Declared
    from backportkit.source.lookup import Library

NEEDED, REMOVABLE, OUT = "needed", "removable", "out of range"
GONE, DRIFTED, CONFLICT, UNCLEAR, UNREAD = "gone", "drifted", "conflict", "unclear", "unread"

_OF_THE_TARGET = {"BK208": GONE, "BK209": DRIFTED}
_FOR = "; the patch is for "
_FIXED, _STILL, _OTHER = "upstream's fix", "one that `original` names", "one that neither `original` nor `fixed` names"
# Findings that take a look at all that is installed.
_ELSEWHERE = frozenset({"BK404"})


class Previewed(NamedTuple):
    """The outcome of a patch with some releases.

    Attributes:
        declared: The patch.
        versions: The releases, by the normalised names of their distributions.
        outcome: One word or two: `needed`, `removable`, ...
        reason: Why, in words; empty if the findings say it.
        findings: What `check` would find.
    """

    declared: Declared
    versions: Mapping[str, str]
    outcome: str
    reason: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def said(self) -> str:
        """The releases, in words."""
        return in_words(self.versions)


def in_words(versions: Mapping[str, str]) -> str:
    """Return releases on one line."""
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def packages(declared: Declared) -> list[str]:
    """Return the normalised names of the distributions that a patch requires, without Python itself."""
    texts = [text for branch in branches(declared.patch.requires) for text in branch]
    return [name for name in dict.fromkeys(map(eligibility.name_of, texts)) if name != eligibility.PYTHON]


def combinations(declared: Declared, versions: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Return the ways to have one version of each distribution of a patch, of those that are named."""
    names = [name for name in packages(declared) if name in versions]
    ways = product(*(versions[name] for name in names)) if names else ()
    return [dict(zip(names, way, strict=True)) for way in ways]


def judge(declared: Declared, versions: Mapping[str, str], library: Library) -> Previewed:
    """Judge a patch as if these releases were installed, whose modules the library has beside those that are here."""
    with reading.instead(library):
        past = life.outgrown(Subject(declared, _supporting(versions)))
        if past:
            return _removable(declared, versions, _with_bodies(life.said(past), declared))
        refusal = _out(declared, versions)
        if refusal is not None:
            return Previewed(declared, versions, OUT, _out_of_range(refusal, declared, versions))
        return _within(declared, versions, tuple(_worded(one, versions) for one in _findings(declared)))


def unread(declared: Declared, versions: Mapping[str, str], reason: str) -> Previewed:
    """Return the outcome for a patch whose targets cannot be read in these releases."""
    return Previewed(declared, versions, UNREAD, reason)


def _supporting(versions: Mapping[str, str]) -> Support:
    """Return what a project supports that pins these versions."""
    pins = [(name, Wanted(SpecifierSet(f"=={version}"), f"{name} {version}", "")) for name, version in versions.items()]
    return Support(pins)


def _out(declared: Declared, versions: Mapping[str, str]) -> str | None:
    """Say why a patch is not meant for an environment with these releases; None if it is."""
    judging = eligibility.Judging()
    for name, version in versions.items():
        judging.suppose(name, version)
    judged = [judging.judge([_bare(text, versions) for text in way]) for way in branches(declared.patch.requires)]
    if any(one.eligible for one in judged):
        return None
    told = dict.fromkeys(one.reason.replace(" is installed;", ";") for one in judged)
    return ", and ".join(f"{what}{_FOR}{' or '.join(ranges)}" if ranges else what for what, ranges in _by(told))


def _by(reasons: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Return what is said of releases, each once, with the ranges that the patch is for instead."""
    found: dict[str, list[str]] = {}
    for reason in reasons:
        what, sign, ranges = reason.partition(_FOR)
        found.setdefault(what, []).extend([ranges] if sign else [])
    return list(found.items())


def _bare(text: str, versions: Mapping[str, str]) -> str:
    """Return a requirement without its extras, if it is of a release: what an extra brings is not looked at."""
    requirement = Requirement(text)
    if canonicalize_name(requirement.name) in versions:
        requirement.extras = set()
    return str(requirement)


def _findings(declared: Declared) -> Iterator[Finding]:
    for site in targets.sites(declared):
        yield from targets.judge_alone(site)
    for rule in (added.judge, aliased.judge):
        yield from (one for one in rule(declared) if one.code not in _ELSEWHERE)
    for judge_names in (unknown.judge, lacking.judge):
        yield from judge_names(declared, declared.patch.edits)


def _worded(finding: Finding, versions: Mapping[str, str]) -> Finding:
    """Speak of the release in a finding, and not of what is installed."""
    version, step = next(iter(versions.values())), finding.next_step
    for command, option in {"diff": "--against", "prove": "--versions"}.items():
        said = f"backportkit {command} {finding.patch}"
        step = step.replace(said, f"{said} {option} {version}")
    return finding._replace(message=finding.message.replace("the installed body", "the body"), next_step=step)


def _within(declared: Declared, versions: Mapping[str, str], findings: tuple[Finding, ...]) -> Previewed:
    """Return the outcome for a patch that is meant for these releases."""
    if _is_absorbed(declared, findings):
        return _removable(declared, versions, f"{in_words(versions)} is in its range, and has upstream's fix")
    broken = [one.code for one in findings if one.rule.level is Level.ERROR]
    if broken:
        outcome = next((word for code, word in _OF_THE_TARGET.items() if code in broken), CONFLICT)
        return Previewed(declared, versions, outcome, findings=findings)
    if any(one.code == "BK206" for one in findings):
        return Previewed(declared, versions, UNCLEAR, findings=findings)
    bodies = _bodies(declared)
    reason = "its body is the one that it was written against" if bodies == [_STILL] else "it is in range"
    return Previewed(declared, versions, NEEDED, reason, findings)


def _is_absorbed(declared: Declared, findings: Sequence[Finding]) -> bool:
    """Tell whether each target that a fingerprint tells of, and each module that is added, is there as upstream's."""
    fixed = {one.target for one in findings if one.code == "BK403"}
    told = {str(edit.target) for edit in declared.patch.edits if edit.original or edit.fixed or edit.target.is_module}
    return bool(told) and told <= fixed


def _removable(declared: Declared, versions: Mapping[str, str], reason: str) -> Previewed:
    next_step = life.once_past(declared, "requires that")
    return Previewed(declared, versions, REMOVABLE, findings=(about(declared, "BK402", reason, next_step),))


def _with_bodies(reason: str, declared: Declared) -> str:
    """Add to a reason which bodies the targets have now."""
    bodies = _bodies(declared)
    are = "bodies are" if bodies[1:] else "body is"
    return f"{reason}; its {are} {' and '.join(bodies)}" if bodies else reason


def _out_of_range(reason: str, declared: Declared, versions: Mapping[str, str]) -> str:
    """Say of releases that the patch is not for whether they have the bug, and what is to be done then."""
    if _FOR not in reason:  # something else is not met, such as a marker
        return reason
    bodies, text = _bodies(declared), _with_bodies(reason, declared)
    if _STILL in bodies:
        return f"{text}: it has the bug, so widen `requires`"
    way = f"backportkit prove {declared.id} --versions {next(iter(versions.values()))}"
    return f"{text}: to see whether it has the bug, {way}" if _OTHER in bodies else text


def _bodies(declared: Declared) -> list[str]:
    """Say of the bodies at the targets which fields of the patch name them; nothing of those without fingerprints."""
    edits = [edit for edit in declared.patch.edits if not edit.target.is_module]
    return list(dict.fromkeys(filter(None, map(_body, edits))))


def _body(edit: Edit) -> str:
    judged = verify.examine_source(edit, reading.library())
    if judged.state == states.DRIFTED:
        return _OTHER
    if judged.state == states.ABSORBED:
        return _FIXED
    return _STILL if judged.state == states.APPLIED and edit.original else ""
