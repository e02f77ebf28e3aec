"""`backportkit scan --adopt PLACE`: make a declaration out of a patch by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.adopt import draft as drafts
from backportkit.authoring.adopt import texts
from backportkit.authoring.new.judged import Subject
from backportkit.authoring.project import plan as project
from backportkit.cli import changed
from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.printing import cost, say
from backportkit.cli.progress import Releases as Progress
from backportkit.cli.written import Written, carry_out, check_id, free_id, own_project, planned
from backportkit.declaration.registry import declared_patches
from backportkit.scan import locate, units
from backportkit.scan.fixed import Fixes
from backportkit.scan.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from backportkit.authoring.adopt.draft import Adopted
    from backportkit.authoring.asked.wanted import Wanted
    from backportkit.authoring.project.plan import Destination
    from backportkit.scan.locate import Located
    from backportkit.upstream.evidence import Options


class How(NamedTuple):
    """How a patch is adopted.

    Attributes:
        into: The file of its module; None for one in the package of the project.
        dry: Whether nothing is written.
        options: How releases are read.
    """

    into: Path | None
    dry: bool
    options: Options


def adopt(place: str, names: Sequence[str], wanted: Wanted, how: How) -> int:
    """Write the declaration of the patch by hand at a place; return the exit code. That patch stays as it is."""
    check_id(wanted.id)
    own = own_project()
    upstream = Upstream(how.options)
    found = locate.at(place, units.gather(names), Fixes(declared_patches), upstream)
    with Progress() as progress:
        adopted = drafts.draft(found, wanted, upstream, list(declared_patches), progress)
    patch_id = free_id(adopted.id, wanted.id, own)
    where = project.destination(own, how.into, project.module_of(patch_id), found[0].facts.module)
    patch = texts.patch(adopted, patch_id, where.module)
    written = Written(own, where, patch, texts.of(adopted, patch_id, where.module))
    plan, left = planned(written, Subject(adopted.package, adopted.ends), upstream.evidence.means)
    lines = [*_told(adopted, patch_id, where), *map("to do: {}".format, left), *_after(found)]
    if how.dry:
        changed.show(own.folder, plan)
        for line in [*lines, "nothing is changed: --dry-run"]:
            say(line)
    else:
        carry_out(written, plan, lines)
    if upstream.cost[0]:
        say(cost(*upstream.cost), err=True)
    return ExitCode.FINE


def _told(adopted: Adopted, patch_id: str, where: Destination) -> Iterator[str]:
    """Yield the lines that tell what was taken over, and what is left to a person."""
    needed = " and ".join(one if isinstance(one, str) else " or ".join(one) for one in adopted.requires)
    made = ", ".join(f"{one.target} ({one.how})" for one in adopted.taken)
    yield f"{patch_id}: {needed}, {made}"
    yield from adopted.notes
    yield from map("to do: {}".format, [*adopted.open, *_to_do(adopted, where)])


def _to_do(adopted: Adopted, where: Destination) -> Iterator[str]:
    yield f"write {where.module}_reproducer:reproduce, and name it with expect= in Reproducer(run=..., expect=...)"
    if adopted.wanted.summary is None:
        own = adopted.said.summary
        yield "say in the summary what goes wrong" + (f", if its docstring does not: {own}" if own else "")
    if adopted.wanted.fixes is None:
        known = adopted.said.changes
        yield "name upstream's change in fixes=" + (f": {' or '.join(known)} may be it" if known else "")


def _after(found: Sequence[Located]) -> Iterator[str]:
    one = found[0].found
    where = f"{one.file.text.path}:{one.line}"
    yield f"to do: delete the patch at {where} with what only it uses, once this one is proved; it stays as it is"
    yield "to do: call backportkit.apply_all() where the patches by hand were made, if nothing calls it yet"
