"""Judge whether a patch is meant for this environment: which distributions are installed, in which versions."""

from __future__ import annotations

import os
import sys
from _operator import attrgetter  # operator itself is not loaded by a start

from backportkit.declaration import bounds
from backportkit.names import normalised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, Protocol, TypeAlias

    from packaging.requirements import Requirement as OfPackaging

    Requirement: TypeAlias = bounds.Bounds | OfPackaging

    from backportkit.declaration.alternatives import AnyOf
    from backportkit.declaration.metadata import Metadata
    from backportkit.declaration.record import Patch, Requirements

    class Fingerprinted(Protocol):
        """An edit, or what stands for one: its target, and the fingerprints of the bodies that it is for."""

        @property
        def target(self) -> object: ...
        @property
        def original(self) -> Sequence[str]: ...
        @property
        def fixed(self) -> Sequence[str]: ...


PYTHON = bounds.PYTHON
FOR = "; the patch is for "  # of a version that is out of range
_LEVELS = {"alpha": "a", "beta": "b", "candidate": "rc"}


# No NamedTuple: with postponed annotations it compiles each of them, which costs a start a third of its own.
class Eligibility:
    """The judgement: whether all requirements are met, why (not), and the installed versions by distribution.

    `undecided` says that only the version stands against it, and that this is one of a development, vendor or hand-made
    build: such a version says little about the code, so that a patch with `prereleases="by-fingerprint"` goes by the
    body instead.
    """

    __slots__ = ("eligible", "installed", "reason", "undecided")

    def __init__(self, eligible: bool, reason: str, installed: dict[str, str], *, undecided: bool = False) -> None:  # noqa: FBT001 -- a record
        self.eligible = eligible
        self.reason = reason
        self.installed = installed
        self.undecided = undecided


class _Verdict:
    """The verdict on a requirement: a distribution, its version if installed, both in words, and why it is not met."""

    __slots__ = ("described", "name", "refusal", "undecided", "version")

    def __init__(
        self, name: str, version: str | None, described: str, refusal: str | None, *, undecided: bool = False
    ) -> None:
        self.name = name
        self.version = version
        self.described = described
        self.refusal = refusal
        self.undecided = undecided


class Copy:
    """A distribution as one entry of `sys.path` has it. The interpreter is one without metadata."""

    __slots__ = ("folder", "metadata", "version")

    def __init__(self, version: str, folder: str, metadata: Metadata | None) -> None:
        self.version = version
        self.folder = folder
        self.metadata = metadata


_version_of = attrgetter("version")
_parsed: dict[str, Requirement] = {}
# The verdicts on requirements without extras, by the copies that were found: metadata that have not changed are the
# same objects.
_kept: dict[tuple[str, tuple[Metadata | str, ...]], _Verdict] = {}


def _parse(text: str) -> Requirement:
    if text not in _parsed:
        _parsed[text] = bounds.read(text) or _parse_fully(text)
    return _parsed[text]


def _parse_fully(text: str) -> OfPackaging:
    from packaging.requirements import Requirement  # costs five interpreter starts

    return Requirement(text)


def name_of(requirement: str) -> str:
    """The distribution that a requirement is of, in the normal form of its name."""
    return _name(_parse(requirement))


def _name(requirement: Requirement) -> str:
    return requirement.name if isinstance(requirement, bounds.Bounds) else normalised(requirement.name)


class Judging:
    """Judgements about one moment: each distribution is looked up once, and each requirement compared once.

    Make a new one for every run over patches, since what is installed may change in between.
    """

    def __init__(self) -> None:
        self._copies: dict[str, list[Copy]] = {}
        self._verdicts: dict[str, _Verdict] = {}
        self._judged: dict[Requirements, Eligibility] = {}
        self._beside: dict[str, Judging] = {}  # by the module whose copies count, where some are contested
        self.is_contested = False  # true once copies in several versions were found

    def suppose(self, name: str, version: str) -> None:
        """Judge as if a distribution, by its normalised name, were installed in a version."""
        self._copies[name] = [Copy(version, "", None)]

    def judge(self, requires: Sequence[str | AnyOf], module: str = "") -> Eligibility:
        """Compare PEP 508 requirements with what is installed, by metadata alone; no package is imported.

        Of several copies of a distribution the one beside the patched module counts. Pre-releases count as what they
        are (`prereleases=True`): a specifier alone decides, not the kind of release. `python` is the running
        interpreter. An extra is met if all that the distribution requires for it is met. A marker that is false means
        that the patch is not for this platform. The first alternative that is met counts.
        """
        entries = tuple(requires)
        if entries not in self._judged:
            self._judged[entries] = self._judge(entries)
        return self._judge_beside(module, entries) if self.is_contested else self._judged[entries]

    def _judge_beside(self, module: str, entries: Requirements) -> Eligibility:
        if module not in self._beside:
            from backportkit.declaration import counting  # few distributions are there twice

            self._beside[module] = counting.Beside(module, self._copies)
        return self._beside[module].judge(entries)

    def knows(self, edit: Fingerprinted, stored: Any) -> bool:  # noqa: ARG002 -- for subclasses
        """Tell whether the body at a target is known already to be the one that an edit was written against."""
        return False

    def _judge(self, requires: Requirements) -> Eligibility:
        described: dict[str, None] = {}
        installed: dict[str, str] = {}
        refused: list[_Verdict] = []
        for entry in requires:
            if not isinstance(entry, str):
                return self._judge_any(requires)
            verdict = self._verdict(entry)
            described[verdict.described] = None
            if verdict.version is not None:
                installed[verdict.name] = verdict.version
            if verdict.refusal:
                refused.append(verdict)
        if not refused:
            return Eligibility(True, ", ".join(described) + " installed, in range", installed)
        first = min(refused, key=lambda verdict: verdict.undecided)
        return Eligibility(False, str(first.refusal), installed, undecided=first.undecided)

    def _judge_any(self, requires: Requirements) -> Eligibility:
        """Judge requirements of which some are alternatives."""
        from backportkit.declaration import alternatives  # few patches have any

        judged = [self.judge(branch) for branch in alternatives.branches(requires)]
        met = next((one for one in judged if one.eligible), None)
        if met is not None:
            return met
        reason = alternatives.out_of_all([one.reason for one in judged])
        installed = {name: version for one in judged for name, version in one.installed.items()}
        return Eligibility(False, reason, installed, undecided=any(one.undecided for one in judged))

    def _verdict(self, text: str) -> _Verdict:
        """Return the verdict on a requirement: an earlier one if the same copies are installed still."""
        if text in self._verdicts:
            return self._verdicts[text]
        requirement = _parse(text)
        key = text, tuple([copy.metadata or copy.version for copy in self._find(_name(requirement))])
        verdict = _kept.get(key) or self._compare(requirement, frozenset())
        if key[1] and not requirement.extras:  # else it depends on more than these copies
            _kept[key] = verdict
        self._verdicts[text] = verdict
        return verdict

    def _compare(self, requirement: Requirement, extras_seen: frozenset[tuple[str, str]]) -> _Verdict:
        name = _name(requirement)
        copies = self._find(name)
        if not copies:
            return _Verdict(name, None, name, _not_for_here(requirement) or _absent(name))
        found, *hidden = copies
        verdict = _Verdict(name, found.version, f"{name} {found.version}{_hidden(found, hidden)}", None)
        verdict.refusal = _not_for_here(requirement)
        if verdict.refusal is None:
            verdict.refusal = _out_of_range(requirement, found.version, verdict.described)
            verdict.undecided = verdict.refusal is not None and _says_little(found.version)
        if verdict.refusal is None and requirement.extras:
            verdict.refusal = self._lacking_extra(requirement, verdict, extras_seen)
        return verdict

    def _find(self, name: str) -> list[Copy]:
        if name not in self._copies:
            found = (_interpreter() if name == PYTHON else _installed(name)) or list(_bundled(name))
            self.is_contested = self.is_contested or len({*map(_version_of, found)}) > 1
            self._copies[name] = found
        return self._copies[name]

    def _lacking_extra(self, requirement: Requirement, found: _Verdict, seen: frozenset[tuple[str, str]]) -> str | None:
        """Say why an extra that is asked for is not met; None if all are met.

        Extras may ask for each other in a circle.
        """
        metadata = self._copies[found.name][0].metadata
        for extra in sorted(requirement.extras):
            if (found.name, extra) in seen:
                continue
            reason = self._why_not(extra, metadata, seen | {(found.name, extra)})
            if reason is not None:
                return f"{found.described} lacks its extra {extra!r}: {reason}"
        return None

    def _why_not(self, extra: str, metadata: Metadata | None, seen: frozenset[tuple[str, str]]) -> str | None:
        from packaging.requirements import InvalidRequirement
        from packaging.utils import canonicalize_name

        if metadata is None or canonicalize_name(extra) not in map(canonicalize_name, metadata.extras):
            return "it has none of that name"
        try:
            needs = [self._compare(requirement, seen) for requirement in _needed_by(extra, metadata)]
        except InvalidRequirement as error:
            return f"its metadata cannot be read: {str(error).splitlines()[0]}"
        return next((need.refusal for need in needs if need.refusal), None)


def left_to_the_body(patch: Patch, judgement: Eligibility) -> bool:
    """Tell whether only the body can tell if a patch is meant for this environment."""
    return judgement.undecided and patch.prereleases == "by-fingerprint"


def judge(requires: Sequence[str | AnyOf], module: str = "") -> Eligibility:
    """Judge the requirements of one patch on their own, as a `Judging` does for many."""
    return Judging().judge(requires, module)


def _installed(name: str) -> list[Copy]:
    """All copies of a distribution, as they are on `sys.path`."""
    from backportkit.declaration import metadata

    found = metadata.copies(name)  # metadata that an interrupted uninstall has left have no version
    return [Copy(one.version, one.place, one) for one in found if one.version is not None]


def _bundled(name: str) -> Iterator[Copy]:
    """Return the copy in a frozen application, which may have no metadata of the distribution."""
    if not getattr(sys, "frozen", False):
        return
    from backportkit.declaration import bundled

    version = bundled.version(name)
    if version is not None:
        yield Copy(version, os.path.dirname(os.path.dirname(bundled.__file__)), None)  # noqa: PTH120


def _interpreter() -> list[Copy]:
    major, minor, micro, level, serial = sys.version_info
    version = f"{major}.{minor}.{micro}" + (f"{_LEVELS[level]}{serial}" if level in _LEVELS else "")
    return [Copy(version, sys.prefix, None)]


def _not_for_here(requirement: Requirement) -> str | None:
    marker = requirement.marker
    return None if marker is None or marker.evaluate() else f"not for this platform or interpreter: {marker}"


def _absent(name: str) -> str:
    """Say that a distribution is not installed, and name the code of that name that is there without metadata."""
    from importlib.machinery import PathFinder  # asks no finder of a package, so that it imports nothing

    spec = PathFinder.find_spec(name.replace("-", "_"))
    if spec is None or spec.origin is None:
        return f"{name} is not installed"
    return f"{name} is not installed: {spec.origin} is there, but no metadata that says its version"


def _out_of_range(requirement: Requirement, found: str, described: str) -> str | None:
    inside = requirement.admits(found) if isinstance(requirement, bounds.Bounds) else None
    if inside is None:
        return _out_of_specifier(_fully(requirement), found, described)
    return None if inside else f"{described} is installed{FOR}{requirement.specifier}"


def _fully(requirement: Requirement) -> OfPackaging:
    return _parse_fully(requirement.text) if isinstance(requirement, bounds.Bounds) else requirement


def _out_of_specifier(requirement: OfPackaging, found: str, described: str) -> str | None:
    from packaging.version import InvalidVersion, Version

    try:
        inside = requirement.specifier.contains(Version(found), prereleases=True)
    except InvalidVersion:
        if all(one.operator == "===" and one.version.lower() == found.lower() for one in requirement.specifier):
            return None
        return f"{described} is installed, which is no version by PEP 440{FOR}{requirement.specifier}"
    return None if inside else f"{described} is installed{FOR}{requirement.specifier}"


def _says_little(version: str) -> bool:
    """Tell whether a version is of a development, vendor or hand-made build.

    Two builds with the same version may differ in code.
    """
    if bounds.release(version) is not None:
        return False
    from packaging.version import InvalidVersion, Version

    try:
        parsed = Version(version)
    except InvalidVersion:
        return True
    return parsed.is_prerelease or parsed.local is not None


def _needed_by(extra: str, metadata: Metadata) -> Iterator[OfPackaging]:
    from packaging.requirements import Requirement

    for requirement in map(Requirement, metadata.requires):
        marker = requirement.marker
        if marker is not None and marker.evaluate({"extra": extra}) and not marker.evaluate({"extra": ""}):
            requirement.marker = None
            yield requirement


def _hidden(found: Copy, others: Iterable[Copy]) -> str:
    """The other copies on `sys.path` that are of another version; empty if there are none."""
    different = [f"{copy.version} in {copy.folder}" for copy in others if copy.version != found.version]
    return f" (in {found.folder}, which hides {', '.join(different)})" if different else ""
