"""Tell what upstream's newest releases say of a patch: whether it is fixed there, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from backportkit.check import life, previewed
from backportkit.check.findings import Finding, Level, about
from backportkit.cli import asked, outlook
from backportkit.cli.outlook import dated
from backportkit.proof import choose
from backportkit.upstream import follow, history
from backportkit.upstream.evidence import Evidence, Options
from backportkit.upstream.follow import Sought
from backportkit.upstream.history import Place
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from backportkit.cli.outlook import Outlook, Picked
    from backportkit.declaration.edits import Edit
    from backportkit.declaration.record import Patch
    from backportkit.declaration.registry import Declared
    from backportkit.upstream.history import Read, Watcher
    from backportkit.upstream.index import Release

_TOLD = frozenset({Level.ERROR, Level.WARNING})


class Facts(NamedTuple):
    """A branch of a patch as the releases of a distribution show it.

    Attributes:
        declared: The patch.
        picked: The newest release, and all others.
        branch: The patch with this branch alone.
        past: The first release above the branch; None if the newest is not above it.
        read: The bodies that were read at each of its targets, the oldest release first.
    """

    declared: Declared
    picked: Picked
    branch: Patch
    past: Release | None
    read: Mapping[str, Sequence[Read]]

    @property
    def fixed_in(self) -> Release | None:
        """The first release, in range or past it, in which all bodies that have a fix are fixed; None for none."""
        first = [self._first_fixed(edit) for edit in self._edits if edit.fixed]
        found = [one for one in first if one is not None]
        fixed = max(found, default=None) if len(found) == len(first) else None
        is_told = fixed is not None and (self.has(fixed) or (self.past is not None and fixed >= self.past))
        return fixed if is_told else None

    def _first_fixed(self, edit: Edit) -> Release | None:
        read = self.read[str(edit.target)]
        return next((one.release for one in read if one.body is not None and one.body.fingerprint in edit.fixed), None)

    @property
    def still_open(self) -> dict[str, Release]:
        """The targets that have a body with the bug in the newest release that was read, each with that release."""
        last = {str(edit.target): self._last(edit) for edit in self._edits}
        return {target: release for target, release in last.items() if release is not None}

    def _last(self, edit: Edit) -> Release | None:
        told = [(one.release, one.body.fingerprint) for one in self.read[str(edit.target)] if one.body is not None]
        return told[-1][0] if told and told[-1][1] in edit.original else None

    @property
    def _edits(self) -> list[Edit]:
        return [edit for edit in self.declared.patch.edits if str(edit.target) in self.read]

    def has(self, release: Release) -> bool:
        """Tell whether the patch is for a release, by this branch or another one."""
        return any(choose.in_range(one, release.version) for one in _branches(self.declared.patch, self.picked))


def _branches(patch: Patch, picked: Picked) -> list[Patch]:
    name = picked.wanted.name
    return [one for one in choose.all_branches(patch) if canonicalize_name(choose.subject(one).name) == name]


def pick(declared: Sequence[Declared], evidence: Evidence) -> tuple[list[Picked], list[str]]:
    """Return the newest release of each distribution that the patches are about, and what cannot be told."""
    return outlook.pick(asked.newest(declared).wanted, evidence)


def facts(
    declared: Sequence[Declared], picked: Sequence[Picked], evidence: Evidence, watcher: Watcher
) -> Iterator[Facts]:
    """Yield what the releases say of each patch. All targets of a release are read out of it at once."""
    watcher.expect(len(picked))
    for one in picked:
        for past, group in _by_past(declared, one).items():
            claims = [
                (each, edit) for each in group for edit in each.declared.patch.edits if edit.original or edit.fixed
            ]
            edits = [edit for _, edit in claims]
            releases = [one.release, *one.releases.before(one.release)]
            told = _ahead(edits, one, past, evidence) if past is not None else _back(edits, releases, evidence)
            of_each = list(zip(claims, told, strict=True))
            for each in group:
                read = {str(edit.target): bodies for (owner, edit), bodies in of_each if owner is each}
                yield Facts(each.declared, one, each.branch, past, read)
        watcher.done(f"{one.wanted.name} {one.version}")


class _Share(NamedTuple):
    """A patch, and the same with one of its branches alone."""

    declared: Declared
    branch: Patch


def _by_past(declared: Iterable[Declared], picked: Picked) -> dict[Release | None, list[_Share]]:
    """Return the branches that are about a distribution, by the first release past each."""
    groups: dict[Release | None, list[_Share]] = {}
    for one in declared:
        for branch in _branches(one.patch, picked):
            groups.setdefault(_first_past(branch, picked), []).append(_Share(one, branch))
    return groups


def _first_past(branch: Patch, picked: Picked) -> Release | None:
    found = None
    for one in [picked.release, *picked.releases.before(picked.release)]:
        if choose.in_range(branch, one.version):
            return found
        found = one
    return None


def _ahead(edits: Sequence[Edit], picked: Picked, past: Release, evidence: Evidence) -> list[list[Read]]:
    """Return the bodies from the first release past a range on, up to those with the fix, and those of the newest.

    If none of these has the fix, those before come first: a release in the range may have had it.
    """
    between = [one for one in reversed(picked.releases.before(picked.release)) if one >= past]
    sought = [Sought(_place(edit), edit.fixed) for edit in edits]
    told = follow.read(sought, between, evidence.means)
    newest = history.read_all(map(_place, edits), picked.release, evidence.means)
    found = [[*told[one], last] for one, last in zip(sought, newest, strict=True)]
    unfixed = [edit for edit, read in zip(edits, found, strict=True) if edit.fixed and not _has_fix(edit, read)]
    before = dict(zip(map(id, unfixed), _back(unfixed, picked.releases.before(past), evidence), strict=True))
    return [[*before.get(id(edit), ()), *read] for edit, read in zip(edits, found, strict=True)]


def _has_fix(edit: Edit, read: Iterable[Read]) -> bool:
    return any(one.body is not None and one.body.fingerprint in edit.fixed for one in read)


def _back(edits: Sequence[Edit], releases: Sequence[Release], evidence: Evidence) -> list[list[Read]]:
    """Return the bodies of the newest of the releases, and before, back to those that a patch was written against."""
    sought = [Sought(_place(edit), edit.original) for edit in edits]
    told = follow.read(sought, releases, evidence.means)
    return [list(reversed(told[one])) for one in sought]


def _place(edit: Edit) -> Place:
    return Place(edit.target.module, edit.target.path)


def kept(declared: Declared) -> list[Finding]:
    """Return what the releases in the cache say of a patch; nothing if they say nothing, or cannot be read."""
    try:
        evidence = Evidence(Options(offline=True))
    except UnavailableError:
        return []
    picked, _ = pick([declared], evidence)
    read = facts([declared], picked, evidence, history.Silent())
    return list(dict.fromkeys(finding for told in read for finding in said(told)))


def findings(declared: Sequence[Declared], evidence: Evidence, watcher: Watcher) -> Iterator[Finding]:
    """Yield what is to be said of patches in view of the newest releases.

    Raises UnavailableError if no release at all can be told.
    """
    picked, untold = pick(declared, evidence)
    if untold and not picked:
        raise UnavailableError(
            "no release can be told", found=untold[0], next_step="try again, or leave out --upstream"
        )
    for text in untold:
        yield Finding("BK503", text, "check the network and the package index, or leave the patches of it out")
    for one in outlook.judge(declared, picked, evidence.means, watcher):
        yield from _of_outlook(one)
    read = facts(declared, picked, evidence, watcher)
    yield from dict.fromkeys(finding for told in read for finding in said(told))


def _of_outlook(one: Outlook) -> Iterator[Finding]:
    """Yield what stands against a patch in the newest release, if that is in range."""
    told = one.previewed
    if told.outcome == previewed.UNREAD:
        yield about(told.declared, "BK503", f"{told.said} cannot be read: {told.reason}", "try again")
    for finding in told.findings if told.outcome != previewed.REMOVABLE else ():
        if finding.rule.level in _TOLD:
            changed = "".join(f"; {change.said}" for change in one.changes if change.target == finding.target)
            yield finding._replace(message=f"in {told.said}, the newest: {finding.message}{changed}")


def said(told: Facts) -> Iterator[Finding]:
    """Yield what the releases say of a patch, as findings."""
    declared, name = told.declared, told.picked.wanted.name
    fixed, still, past = told.fixed_in, told.still_open, told.past
    if fixed is not None and told.has(fixed):
        message = f"upstream's fix is in {name} {dated(fixed)}, though that is in range"
        yield about(declared, "BK403", message, "narrow `requires` to the releases that have the bug")
    elif fixed is not None:
        yield about(declared, "BK501", f"{_subject(told)}fixed in {name} {dated(fixed)}", _raise(told, fixed))
    elif still:
        yield _open(told, still)
    elif past is not None:
        message = f"{name} {dated(past)} is the first release past its range"
        yield about(declared, "BK501", message, _raise(told, past))


def _open(told: Facts, still: Mapping[str, Release]) -> Finding:
    newest = max(still.values())
    message = f"still open in {told.picked.wanted.name} {dated(newest)}"
    if len(still) < len(told.read):
        message += f" at {', '.join(still)}"
    if not told.has(newest):
        message += ", which is out of its range"
    next_step = f"nothing; to see that it is: backportkit prove {told.declared.id} --versions {newest.version}"
    return about(told.declared, "BK502", message, next_step)


def _subject(told: Facts) -> str:
    """Name the branch that is told of; nothing where the patch has no other."""
    others = [one for one in _branches(told.declared.patch, told.picked) if one is not told.branch]
    return f"the alternative {choose.subject(told.branch)} is " if others else ""


def _raise(told: Facts, release: Release) -> str:
    only = " and nothing in another alternative" if _subject(told) else ""
    return life.once_past(told.declared, f"can require {told.picked.wanted.name}>={release.version}{only}")
