"""BK401, BK402, BK405: compare a range with the versions that the project supports. Nothing has to be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement

from backportkit.check import project, ranges
from backportkit.check.findings import Finding, about
from backportkit.declaration.alternatives import branches
from backportkit.source import location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from backportkit.check.scope import Subject
    from backportkit.check.supported import Wanted
    from backportkit.declaration.alternatives import Branch
    from backportkit.declaration.registry import Declared


class Facing(NamedTuple):
    """A requirement of a patch, and the requirements of the project on the same distribution."""

    requirement: Requirement
    wanted: list[Wanted]

    @property
    def is_past(self) -> bool:
        """True if all that the project supports lies past the range."""
        return all(ranges.is_past(one.specifier, self.requirement.specifier) for one in self.wanted)

    @property
    def is_out(self) -> bool:
        """True if nothing that the project supports is in the range."""
        return not any(ranges.overlap(one.specifier, self.requirement.specifier) for one in self.wanted)

    @property
    def supported(self) -> str:
        """The versions that the project supports, in words."""
        return " or ".join(dict.fromkeys(one.said for one in self.wanted))


def removable(subject: Subject) -> Finding | None:
    """Return a finding if the project has outgrown the patch."""
    found = outgrown(subject)
    if not found:
        return None
    return about(subject.declared, "BK402", f"the project supports {said(found, ' only,')}", _retire(subject.declared))


def said(found: Sequence[Facing], only: str = "") -> str:
    """Say which ranges are behind what the project supports, and which are ahead of it."""
    past, ahead = ([one for one in found if one.is_past is is_past] for is_past in (True, False))
    behind = " and ".join(
        f"{words}{only or ' is'} past the patch's {' and '.join(texts)}" for words, texts in _by_words(past).items()
    )
    further = " or ".join(dict.fromkeys(str(one.requirement.specifier) for one in ahead))
    return f"{behind}, and not in its {further}" if further else behind


def _retire(declared: Declared) -> str:
    """Return the command that takes a patch out, which is called in the project that declares it."""
    is_installed = project.above(location.file_of(declared.place)) is None
    return f"backportkit retire {declared.id}" + (f", in the project of {declared.provider}" if is_installed else "")


def once_past(declared: Declared, requirement: str) -> str:
    """Return the next step for a patch that is not needed any more once the project has this requirement."""
    if declared.is_shipped:
        way = "delete its id in `enable`, if it is there"
        return f"nothing; it comes with backportkit, and is not meant for such releases; {way}"
    return f"once the project {requirement}, backportkit retire {declared.id}"


def outgrown(subject: Subject) -> list[Facing]:
    """Return a requirement of each branch that nothing is in that the project supports; none unless one is past.

    What lies between two branches has the fix of the one behind it.
    """
    every = branches(subject.declared.patch.requires)
    found = [one for one in (_outside(subject, branch) for branch in every) if one is not None]
    return found if len(found) == len(every) and any(one.is_past for one in found) else []


def _outside(subject: Subject, branch: Branch) -> Facing | None:
    """Return the requirement of a branch that is past for the project, or else the first that it cannot meet."""
    return _past(subject, branch) or next((one for one in _facing(subject, branch) if one.is_out), None)


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield findings about alternatives that the project has outgrown, and about ranges that it cannot meet."""
    every = branches(subject.declared.patch.requires)
    for past in filter(None, (_past(subject, branch) for branch in every)):
        message = f"the project supports {past.supported} only, past the alternative {past.requirement}"
        rest = ", and write the other one without any_of" if not every[2:] else ""
        yield about(subject.declared, "BK402", message, f"delete that alternative of `requires`{rest}")
    for words, texts in _out(subject, every):
        message = f"the project supports {words}, none of which is in the patch's {' or '.join(texts)}"
        yield about(subject.declared, "BK401", message, "correct `requires`, or delete the declaration")
    yield from _locked(subject, every)


def _locked(subject: Subject, every: Iterable[Branch]) -> Iterator[Finding]:
    """Yield a finding if what is locked lies past every branch, while the project supports releases within."""
    locked = [next(filter(_is_past, _as_locked(subject, branch)), None) for branch in every]
    past = [one for one in locked if one is not None]
    supported = [Facing(one.requirement, subject.support.of(one.requirement.name)) for one in past]
    if not past or len(past) < len(locked) or any(one.is_out for one in supported):
        return
    said = " and ".join(dict.fromkeys(f"{one.supported} is past the patch's range" for one in past))
    allowed = " and ".join(dict.fromkeys(one.supported for one in supported))
    next_step = "raise that to what is locked; then the declaration can be deleted"
    yield about(subject.declared, "BK405", f"{said}, and {allowed} still allows what is in it", next_step)


def _is_past(facing: Facing) -> bool:
    return bool(facing.wanted) and facing.is_past


def _as_locked(subject: Subject, branch: Branch) -> Iterator[Facing]:
    """Return the requirements of a branch, each with what is locked of its distribution."""
    for requirement in map(Requirement, branch):
        yield Facing(requirement, subject.support.locked(requirement.name))


def _past(subject: Subject, branch: Branch) -> Facing | None:
    return next((one for one in _facing(subject, branch) if one.is_past), None)


def _out(subject: Subject, every: Iterable[Branch]) -> Iterable[tuple[str, list[str]]]:
    """Return the requirements that the project cannot meet, by what it supports.

    If some are the same in all branches, these are returned; else the first one of each branch.
    """
    out = [[one for one in _facing(subject, branch) if one.is_out] for branch in every]
    common = [one for one in out[0] if all(one in others for others in out)]
    if common or not all(out):
        return [(one.supported, [str(one.requirement.specifier)]) for one in common]
    return _by_words([first for first, *_ in out]).items()


def _by_words(found: Iterable[Facing]) -> dict[str, list[str]]:
    """Return the ranges by the words for what the project supports, each range once."""
    ranges_by_words: dict[str, list[str]] = {}
    for one in found:
        texts = ranges_by_words.setdefault(one.supported, [])
        if (text := str(one.requirement.specifier)) not in texts:
            texts.append(text)
    return ranges_by_words


def _facing(subject: Subject, branch: Branch) -> Iterator[Facing]:
    for requirement in map(Requirement, branch):
        wanted = [one for one in subject.support.of(requirement.name) if not ranges.is_empty(one.specifier)]
        if wanted and not ranges.is_empty(requirement.specifier):
            yield Facing(requirement, wanted)
