"""`backportkit retire ID…`: take patches out of the project that are dead, and keep their reproducers as tests."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring.project import changes, committed
from backportkit.authoring.project import plan as project
from backportkit.authoring.retire import declaring, keeping, outgrown
from backportkit.authoring.retire import plan as planning
from backportkit.authoring.retire.declaring import RetireError
from backportkit.authoring.retire.tree import Tree
from backportkit.check import installed, scope
from backportkit.cli import absorbed, changed, declarations, quiet
from backportkit.cli.exit_codes import ExitCode
from backportkit.cli.printing import complain, say
from backportkit.cli.progress import Steps
from backportkit.declaration.registry import declared_patches
from backportkit.proof import dead
from backportkit.source import folders, location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backportkit.authoring.retire.plan import Plan
    from backportkit.declaration.registry import Declared
    from backportkit.proof.dead import Past
    from backportkit.proof.environment import Wishes


class Candidate(NamedTuple):
    """A patch that may be dead, and what the project supports instead of the releases that it is for."""

    declared: Declared
    past: Sequence[Past]


class How(NamedTuple):
    """How patches are retired.

    Attributes:
        unproved: The reason for having no proof; None for a proof.
        changelog: The file that gets a line for each patch; None for none.
        dry: Whether nothing is written.
        sure: Whether nobody is asked.
        force: Whether files count that are not committed.
        module: The module or file that declares.
    """

    unproved: str | None
    changelog: Path | None
    dry: bool
    sure: bool
    force: bool
    wishes: Wishes
    module: str | None


def retire(patch_ids: Sequence[str], how: How) -> int:
    """Retire the named patches, or all that are dead if none is named; return the exit code."""
    root = project.root(Path.cwd().resolve())
    own = _own(root, how.module)
    found = _named(root, patch_ids, own, how.module) if patch_ids else _removable(root, own)
    if not found:
        say("nothing is changed" if patch_ids else "nothing to retire: the project has no patch that it has outgrown")
        return ExitCode.FINE
    plan = _plan(root, found, own, how)
    if not (how.sure or how.dry):
        _check_terminal()
    alive = [] if how.unproved is not None else [*_alive(found, how.wishes)]
    if alive and patch_ids:
        return ExitCode.WRONG
    left = [one for one in found if one not in alive]
    if alive and left:
        plan = _plan(root, left, own, how)
    return _carry_out(root, plan, left, how) if left else ExitCode.WRONG


def _own(root: Path, module: str | None) -> list[Declared]:
    """Return the patches that are declared in the files of a project."""
    declarations.read_all(module)
    every = [one for one in declared_patches if not one.internal]
    return [one for one in every if folders.is_own(location.file_of(one.place).resolve(), root)]


def _named(root: Path, patch_ids: Sequence[str], own: Sequence[Declared], module: str | None) -> list[Candidate]:
    """Return patches by their ids, without those that are retired. Raises RetireError for one that is needed."""
    by_id = {one.id: one for one in own}
    found = []
    for one in dict.fromkeys(patch_ids):
        there = None if one in by_id else keeping.test_of(root, one)
        if there is not None:
            say(f"{one} is retired already: its reproducer is the test {location.relative(there)}")
            continue
        found.append(_candidate(by_id.get(one) or declarations.find(one, module)))
    return found


def _candidate(declared: Declared) -> Candidate:
    """Return a patch that the project has outgrown, or one that upstream's releases have the fix of in its range."""
    subject = scope.subject_of(declared)
    try:
        return Candidate(declared, outgrown.of(subject))
    except RetireError:
        past = absorbed.past(subject)
        if not past:
            raise
        return Candidate(declared, past)


def _removable(root: Path, own: Sequence[Declared]) -> list[Candidate]:
    """Return the patches that the project has outgrown. Those that cannot be taken out are named and left."""
    found = []
    for one in own:
        with suppress(RetireError):
            found.append(Candidate(one, outgrown.of(scope.subject_of(one))))
    tree = Tree(root)
    return [one for one in found if _can_be_taken_out(tree, one.declared)]


def _can_be_taken_out(tree: Tree, declared: Declared) -> bool:
    try:
        declaring.find(tree, declared)
    except RetireError as error:
        complain(f"backportkit: {error}", err=True)
        return False
    return True


def _plan(root: Path, found: Sequence[Candidate], own: Sequence[Declared], how: How) -> Plan:
    """Return the plan, if git can undo it or nothing is to be written. Raises ProjectError."""
    retired = [one.declared for one in found]
    log = {} if how.changelog is None else {_within(root, how.changelog): [*map(_entry, found)]}
    plan = planning.plan(root, retired, [one for one in own if one not in retired], log)
    if not how.force and not how.dry:
        committed.check(root, plan.changes.touched)
    return plan


def _within(root: Path, path: Path) -> Path:
    """Return the whole path of a file of the project. Raises RetireError for any other file."""
    whole = path.resolve()
    if not whole.is_relative_to(root):
        raise RetireError(f"{path} is no file of the project", expected=f"one in {root}", next_step="name another one")
    return whole


def _entry(one: Candidate) -> str:
    patch = one.declared.patch
    of = f", of {patch.fixes}" if patch.fixes else ""
    supported = " and ".join(past.said for past in one.past)
    return f"Remove the patch {patch.id}{of}: upstream has the fix in all that is supported, {supported}."


def _alive(found: Sequence[Candidate], wishes: Wishes) -> Iterator[Candidate]:
    """Yield the patches that are not dead: something fails without them."""
    for one in found:
        with Steps() as steps:
            trials = dead.prove(one.declared.patch, one.past, steps, wishes)
        for trial in trials:
            (say if trial.has_passed else complain)(f"{one.declared.id}: {trial.said}")
        if not all(trial.has_passed for trial in trials):
            complain(f"{one.declared.id} is not proved to be dead, and stays")
            yield one


def _carry_out(root: Path, plan: Plan, found: Sequence[Candidate], how: How) -> int:
    if not (how.sure and quiet.is_asked()):  # who is asked has to see it
        changed.show(root, plan.changes)
    if how.dry:
        say("nothing is changed: --dry-run")
        return ExitCode.FINE
    if not how.sure and not _is_confirmed():
        say("nothing is changed")
        return ExitCode.WRONG
    changes.write(plan.changes)
    for line in _told(root, plan, found, how):
        say(line)
    return ExitCode.FINE


def _check_terminal() -> None:
    """Raise RetireError where nobody can be asked, before anything is proved."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise RetireError(
            "retire asks before it changes files, and there is no terminal to ask at",
            next_step="give --yes or --dry-run",
        )


def _is_confirmed() -> bool:
    return input("retire? [y/N] ").strip().lower() in {"y", "yes"}


def _told(root: Path, plan: Plan, found: Sequence[Candidate], how: How) -> Iterator[str]:
    words = {"wrote": plan.changes.new, "changed": plan.changes.changed, "deleted": plan.changes.gone}
    for word, paths in words.items():
        yield from (f"{word} {path.relative_to(root).as_posix()}" for path in sorted(paths))
    reason = "" if how.unproved is None else f", unproved: {how.unproved}"
    for patch_id in (one.declared.id for one in found):
        kept = [one.said for one in plan.kept if one.patch == patch_id]
        yield f"retired {patch_id}{reason}; {kept[0] if kept else 'it has no reproducer to keep'}"
    yield from map("to do: {}".format, plan.notes)
    if root / "pyproject.toml" in plan.changes.changed:
        yield f"next: {installed.AGAIN}, so that programs no longer look for what is gone"
    yield "next: run the tests of the project, and look at `git diff`"
