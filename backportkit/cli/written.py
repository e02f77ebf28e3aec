"""Write the files of a new patch into the project of the working directory, whatever they were made of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from backportkit.authoring.new import judged, rivals
from backportkit.authoring.project import changes, formatted, packaged
from backportkit.authoring.project import plan as project
from backportkit.authoring.releases.spans import NothingToWriteError
from backportkit.check import installed
from backportkit.check import project as projects
from backportkit.cli import declarations
from backportkit.cli.printing import say
from backportkit.declaration import rules
from backportkit.declaration.checked import Refusal
from backportkit.declaration.registry import declared_patches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from backportkit.authoring.new.judged import Subject
    from backportkit.authoring.project.changes import Changes
    from backportkit.authoring.project.plan import Destination
    from backportkit.check.project import Project
    from backportkit.declaration.record import Patch
    from backportkit.upstream.means import Means


class Written(NamedTuple):
    """A patch that is to be written: the project, the place, the record, and the texts by the ends of their names."""

    own: Project
    where: Destination
    patch: Patch
    texts: Mapping[str, str]


def own_project() -> Project:
    """Return the project of the working directory, and read all patches that are declared. Raises ProjectError."""
    own = projects.read(project.root(Path.cwd().resolve()))
    declarations.read_all(None)
    return own


def check_id(given: str | None) -> None:
    """Raise NothingToWriteError for what can be no id: a module would be named after it."""
    try:
        if given is not None:
            rules.patch_id(given)
    except Refusal as error:
        raise NothingToWriteError(error.problems[0][1], next_step="give another one by --id") from None


def free_id(usual: str, given: str | None, own: Project) -> str:
    """Return the id of a patch. Where another one has the id that it would get by itself, its project is named, too."""
    taken = declared_patches.find(usual)
    if taken is None:
        return usual
    longer = f"{canonicalize_name(own.name) or 'my'}-{usual}"
    if given is None and declared_patches.find(longer) is None:
        say(f"{usual} is the id of a patch of {taken.provider}: this one is {longer}")
        return longer
    raise NothingToWriteError(
        f"there is a patch {usual!r} already",
        found=taken.place,
        next_step="give this one another id by --id, or delete the other one",
    )


def planned(written: Written, subject: Subject, means: Means) -> tuple[Changes, list[str]]:
    """Return what is to be written, and what is left to a person, a sentence each. Raises NothingToWriteError."""
    own, where = written.own, written.where
    rivals.check(written.patch, own)
    plan = project.plan(own, where, written.texts)
    modules = {f"{where.module}{end}": text for end, text in written.texts.items()}
    return plan, [*judged.judge(subject, written.patch, modules, means), *packaged.questions(own, where)]


def carry_out(written: Written, plan: Changes, told: Iterable[str]) -> None:
    """Write the files, and say which, with further lines and what to do next."""
    root = written.own.folder
    changes.write(plan)
    formatted.in_place(plan.new, root)
    for path in [*plan.new, *plan.changed]:
        say(f"{'wrote' if path in plan.new else 'changed'} {path.relative_to(root).as_posix()}")
    for line in told:
        say(line)
    if root / "pyproject.toml" in plan.changed and packaged.tables(written.own, written.where) is not None:
        say(f"next: {installed.AGAIN}, so that programs find the new entry point")
    say(f"next: backportkit prove {written.patch.id}")
