"""`backportkit new`: write a patch into the project, from upstream's releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.asked import by_hand
from backportkit.authoring.code import properties
from backportkit.authoring.new import draft as drafts
from backportkit.authoring.new import texts
from backportkit.authoring.new.judged import Subject
from backportkit.authoring.project import plan as project
from backportkit.authoring.releases.spans import NothingToWriteError
from backportkit.cli import new_from
from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.history import package_of, ways
from backportkit.cli.printing import cost, say
from backportkit.cli.progress import Releases as Progress
from backportkit.cli.written import Written, carry_out, check_id, free_id, own_project, planned
from backportkit.declaration.edits import Target
from backportkit.errors import DeclarationError
from backportkit.upstream.evidence import Evidence
from backportkit.upstream.history import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from packaging.version import Version

    from backportkit.authoring.asked.wanted import Wanted
    from backportkit.authoring.new.draft import Draft
    from backportkit.authoring.project.plan import Destination
    from backportkit.authoring.releases.spans import Fix
    from backportkit.cli.new_from import Given
    from backportkit.upstream.evidence import Options


_FORM = "a function, a class or a constant, as module:name or module:Class.name"
_OLDER = "--since takes older releases into the range, if they have the bug"
_NEWER = "--fixed-in takes another change, if that is the fix"


class How(NamedTuple):
    """How a patch is written.

    Attributes:
        into: The file of its module; None for one in the package of the project.
        options: How releases are read.
    """

    into: Path | None
    options: Options


def new(given: Given, wanted: Wanted, how: How) -> int:
    """Write the patch of what was given; return the exit code. `wanted` has the rest of what was said."""
    evidence = Evidence(how.options)
    one = _of_targets(given, wanted) if given.targets else new_from.told(given, wanted, evidence)
    return write(one, how, evidence)


def _of_targets(given: Given, wanted: Wanted) -> Wanted:
    places = tuple(map(place_of, given.targets))
    package = given.package or package_of(Target.model_validate(given.targets[0]), None)
    return new_from.with_advisory(given, wanted._replace(package=package, targets=places))


def place_of(target: str) -> Place:
    """Return the place that a target names. Raises NothingToWriteError for items, which have no body, and for none."""
    try:
        found = Target.model_validate(target)
    except DeclarationError as error:
        raise NothingToWriteError(
            f"{target!r} is no target",
            expected=_FORM,
            found="; ".join(error.problems),
            next_step=ways(target) if all(one.isidentifier() for one in target.split(".")) else "correct it",
        ) from error
    if found.items or any("[" in name for name in found.path):
        raise NothingToWriteError(
            f"{target} has no history of its own",
            expected=_FORM,
            next_step=f"name what has it, or {by_hand.WAY}",
        )
    return Place(found.module, found.path)


def write(wanted: Wanted, how: How, evidence: Evidence) -> int:
    """Write the patch that is wanted into the project of the working directory; return the exit code."""
    check_id(wanted.id)
    own = own_project()
    with Progress() as progress:
        drafted = drafts.draft(wanted, own.folder, evidence, progress)
    patch_id = free_id(drafted.id, wanted.id, own)
    where = project.destination(own, how.into, project.module_of(patch_id), drafted.changed.place.module)
    patch = texts.patch(drafted, patch_id, where.module)
    written = Written(own, where, patch, texts.of(drafted, patch_id, where.module))
    subject = Subject(wanted.package, [row.release for row in drafted.fix.ends])
    plan, left = planned(written, subject, evidence.means)
    drafted = drafted._replace(open=(*drafted.open, *left))
    carry_out(written, plan, _told(drafted, patch_id, where))
    say(f"{cost(*evidence.cost)}, from {drafted.address}", err=True)
    return ExitCode.FINE


def _told(drafted: Draft, patch_id: str, where: Destination) -> Iterator[str]:
    """Yield the lines that tell what was found, and what is left to a person."""
    fix = drafted.fix
    source = f"as {fix.source.version} has it" if fix.source.is_released else "as the change has it"
    changed = [one.target for one in drafted.pieces if not one.is_new]
    new = [one.target for one in properties.edited(drafted.pieces) if one.is_new]
    told = f"{', '.join(changed or new)} {source}" + (f", with {', '.join(new)}" if changed and new else "")
    yield f"{patch_id}: {' or '.join(drafted.requires)}, {told}"
    for version in fix.nearest:
        is_older, what = version < fix.source.version, _which(fix, version, changed)
        when = f"{what} changed before, in" if is_older else f"{what} changes again in"
        if is_older or fix.source.is_released:
            yield f"{when} {version}: {_OLDER if is_older else _NEWER}"
    yield from drafted.notes
    yield from map("to do: {}".format, [*_of_part(fix, changed), *_to_do(drafted, where)])


def _of_part(fix: Fix, targets: Sequence[str]) -> Iterator[str]:
    """Say that no release has the bodies of a diff, where later ones have others: there may be more to the fix."""
    later = [version for version in fix.nearest if version > fix.source.version]
    if later and not fix.source.is_released:
        way = f"backportkit new {' '.join(targets)} --fixed-in {later[0]} takes what that has"
        yield f"no release has these bodies, and {later[0]} has others: see whether the diff is the whole fix; {way}"


def _which(fix: Fix, version: Version, targets: Sequence[str]) -> str:
    """Name the targets that another release has changed, where there are several."""
    return ", ".join(targets[at] for at in fix.changed_in(version)) if targets[1:] else "it"


def _to_do(drafted: Draft, where: Destination) -> Iterator[str]:
    yield from drafted.open
    yield f"write {where.module}_reproducer:reproduce, and name it with expect= in Reproducer(run=..., expect=...)"
    if drafted.wanted.summary is None:
        yield "say in the summary what goes wrong"
    if drafted.wanted.fixes is None:
        yield "name upstream's change in fixes="
    if drafted.licence is None:
        yield "name the licence of what was copied, which the release does not tell"
