"""`backportkit retire ID…`: take patches out of the project that are dead, and keep their reproducers as tests."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit.authoring import changes, committed, keeping, outgrown, project
from backportkit.authoring import retire as planning
from backportkit.authoring.declaring import RetireError
from backportkit.check import installed, scope
from backportkit.cli import declarations
from backportkit.cli.diff import style
from backportkit.cli.printing import console, lined, say
from backportkit.cli.progress import Steps
from backportkit.declaration.registry import declared_patches
from backportkit.proof import dead
from backportkit.proof.environment import Wishes
from backportkit.source import location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from backportkit.authoring.retire import Plan
    from backportkit.check.scope import Subject
    from backportkit.declaration.registry import Declared

_NOT_DEAD = 1


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
    module: str | None


def retire(patch_ids: Sequence[str], how: How) -> int:
    """Retire the named patches, or all that are dead if none is named; return the exit code."""
    root = project.root(Path.cwd().resolve())
    own = _own(root, how.module)
    subjects = _named(root, patch_ids, own, how.module) if patch_ids else _removable(own)
    if not subjects:
        say("nothing is changed" if patch_ids else "nothing to retire: the project has no patch that it has outgrown")
        return 0
    plan = _plan(root, subjects, own, how)
    alive = [] if how.unproved is not None else [*_alive(subjects)]
    if alive and patch_ids:
        return _NOT_DEAD
    left = [one for one in subjects if one not in alive]
    if alive and left:
        plan = _plan(root, left, own, how)
    return _carry_out(root, plan, left, how) if left else _NOT_DEAD


def _own(root: Path, module: str | None) -> list[Declared]:
    """Return the patches that are declared in the files of a project."""
    declarations.read_all(module)
    every = [one for one in declared_patches if not one.internal]
    return [one for one in every if Path(_file(one)).resolve().is_relative_to(root)]


def _file(declared: Declared) -> str:
    return location.of(declared.place)[0]


def _named(root: Path, patch_ids: Sequence[str], own: Sequence[Declared], module: str | None) -> list[Subject]:
    """Return patches by their ids, without those that are retired. Raises RetireError for one that is needed."""
    by_id = {one.id: one for one in own}
    subjects = []
    for one in dict.fromkeys(patch_ids):
        there = None if one in by_id else keeping.test_of(root, one)
        if there is not None:
            say(f"{one} is retired already: its reproducer is the test {location.relative(there)}")
            continue
        subjects.append(scope.subject_of(by_id.get(one) or declarations.find(one, module)))
        outgrown.of(subjects[-1])
    return subjects


def _removable(own: Sequence[Declared]) -> list[Subject]:
    found = []
    for one in map(scope.subject_of, own):
        try:
            outgrown.of(one)
        except RetireError:
            continue
        found.append(one)
    return found


def _plan(root: Path, subjects: Sequence[Subject], own: Sequence[Declared], how: How) -> Plan:
    """Return the plan, if git can undo it. Raises ProjectError."""
    retired = [one.declared for one in subjects]
    log = {} if how.changelog is None else {how.changelog.resolve(): [*map(_entry, subjects)]}
    plan = planning.plan(root, retired, [one for one in own if one not in retired], log)
    if not how.force:
        committed.check(root, plan.changes.touched)
    return plan


def _entry(subject: Subject) -> str:
    patch = subject.declared.patch
    of = f", of {patch.fixes}" if patch.fixes else ""
    return f"The patch {patch.id}{of}: upstream has the fix in all that is supported, {outgrown.said(subject)}."


def _alive(subjects: Sequence[Subject]) -> Iterator[Subject]:
    """Yield the patches that are not dead: something fails without them."""
    for subject in subjects:
        with Steps() as steps:
            trials = dead.prove(subject.declared.patch, outgrown.of(subject), steps, Wishes())
        for one in trials:
            say(f"{subject.declared.id}: {one.said}")
        if not all(one.has_passed for one in trials):
            say(f"{subject.declared.id} is not proved to be dead, and stays")
            yield subject


def _carry_out(root: Path, plan: Plan, subjects: Sequence[Subject], how: How) -> int:
    for path, before, after in _contents(plan):
        _show(path.relative_to(root).as_posix(), before, after)
    if how.dry:
        say("nothing is changed: --dry-run")
        return 0
    if not how.sure and not _is_confirmed():
        say("nothing is changed")
        return _NOT_DEAD
    changes.write(plan.changes)
    for line in _told(root, plan, subjects, how):
        say(line)
    return 0


def _contents(plan: Plan) -> Iterator[tuple[Path, bytes, bytes]]:
    after: Mapping[Path, bytes] = {**plan.changes.new, **plan.changes.changed, **dict.fromkeys(plan.changes.gone, b"")}
    for path in sorted(after):
        yield path, path.read_bytes() if path.exists() else b"", after[path]


def _show(name: str, before: bytes, after: bytes) -> None:
    """Print what changes in a file, and of a file that goes its name alone."""
    out = console()
    old, new = (one.decode("utf-8", "replace").splitlines() for one in (before, after))
    if not new:
        out.print(lined(f"--- {name}, deleted", "bold"), soft_wrap=True)
        return
    for line in difflib.unified_diff(old, new, name if old else "/dev/null", name, lineterm=""):
        out.print(lined(line, style(line)), soft_wrap=True)


def _is_confirmed() -> bool:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise RetireError("nobody can be asked here", next_step="give --yes or --dry-run")
    return input("retire? [y/N] ").strip().lower() in {"y", "yes"}


def _told(root: Path, plan: Plan, subjects: Sequence[Subject], how: How) -> Iterator[str]:
    words = {"wrote": plan.changes.new, "changed": plan.changes.changed, "deleted": plan.changes.gone}
    for word, paths in words.items():
        yield from (f"{word} {path.relative_to(root).as_posix()}" for path in paths)
    reason = "" if how.unproved is None else f", unproved: {how.unproved}"
    for subject in subjects:
        kept = [one.said for one in plan.kept if one.patch == subject.declared.id]
        yield f"retired {subject.declared.id}{reason}; {kept[0] if kept else 'it has no reproducer to keep'}"
    yield from map("to do: {}".format, plan.notes)
    if root / "pyproject.toml" in plan.changes.changed:
        yield f"next: {installed.AGAIN}, so that programs no longer look for what is gone"
    yield "next: run the tests of the project, and look at `git diff`"
