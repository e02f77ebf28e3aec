"""Prove one patch on one release, in its range or out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backportkit.proof import protocol
from backportkit.proof.choose import has, others_of
from backportkit.proof.record import Cell, Colour, Outcome, Phase
from backportkit.state import State

if TYPE_CHECKING:
    from backportkit.declaration.record import Patch
    from backportkit.errors import BackportError
    from backportkit.proof.choose import Release
    from backportkit.proof.environment import Environment
    from backportkit.proof.protocol import Seen
    from backportkit.proof.record import Run

_Verdict = tuple[Outcome, str]


class Task(NamedTuple):
    """A patch that is to be proved on a release, and the branch that the release is in, or beside."""

    patch: Patch
    release: Release
    branch: Patch

    @property
    def is_declared(self) -> bool:
        """True if the patch says to be for the release."""
        return has(self.branch, self.release)


def prove(task: Task, where: Environment, python: str) -> Cell:
    """Run the phases that tell whether the declaration is right about a release.

    There are three in range, and one or two out of it.
    """
    patch, release, _ = task
    declared = task.is_declared
    (outcome, message), runs = _in_range(patch, where) if declared else _out_of_range(task, where)
    if not outcome.contradicts:  # nobody is told to look at the output
        runs = tuple(map(protocol.forget_output, runs))
    return Cell(
        version=str(release.version),
        python=python,
        declared=declared,
        outcome=outcome,
        message=message,
        runs=runs,
        yanked=release.yanked,
        installed=where.installed,
    )


def without_environment(task: Task, python: str, error: BackportError) -> Cell:
    """Return the cell of a release that cannot be installed."""
    return Cell(
        version=str(task.release.version),
        python=python,
        declared=task.is_declared,
        outcome=Outcome.UNINSTALLABLE,
        message=error.found or error.message,
        yanked=task.release.yanked,
    )


def _in_range(patch: Patch, where: Environment) -> tuple[_Verdict, tuple[Run, ...]]:
    first = protocol.see(patch, Phase.WITHOUT, where)
    if first.answer is not None and first.answer.unimportable:
        return (Outcome.INAPPLICABLE, first.answer.unimportable), (first.run,)
    second = protocol.see(patch, Phase.WITH, where)
    if first.run.colour is Colour.GREEN:
        return _green(second), (first.run, second.run)
    runs = (first.run, second.run, protocol.see(patch, Phase.UNDONE, where).run)
    wrong = [run for run in runs if not run.as_it_must_be]
    if wrong:
        return (Outcome.BROKEN, f"{wrong[0].phase}: {wrong[0].message or 'the reproducer passes'}"), runs
    return (Outcome.PROVED, first.run.message), runs


def _green(with_patch: Seen) -> _Verdict:
    answer = with_patch.answer
    if answer is not None and answer.state is State.ABSORBED:
        return Outcome.ABSORBED, "the installed body is upstream's fix already"
    return Outcome.GREEN, "the reproducer passes without the patch"


def _out_of_range(task: Task, where: Environment) -> tuple[_Verdict, tuple[Run, ...]]:
    patch, release, branch = task
    seen = protocol.see(patch, Phase.WITH, where)
    outcome, message = _dormant(patch, seen)
    if outcome is not Outcome.RED:
        return (outcome, message), (seen.run,)
    widened = (f"{release.package}=={release.version}", *others_of(branch))
    tried = protocol.see(patch, Phase.WITH, where, requires=widened)
    runs = (seen.run, tried.run)
    if tried.run.as_it_must_be:
        return (outcome, message), runs
    if tried.answer is not None and tried.answer.state is State.ABSORBED:
        return (Outcome.BROKEN, f"upstream's fix is there, and the reproducer fails all the same: {message}"), runs
    was_applied = tried.answer is not None and tried.answer.state is State.APPLIED
    told = "the patch does not mend it" if was_applied else "whether the patch mends it is not known"
    return (Outcome.UNFIT, f"{message}; {told}: {tried.run.message}"), runs


def _dormant(patch: Patch, seen: Seen) -> _Verdict:
    answer = seen.answer
    if answer is None or answer.state not in {None, State.DORMANT, State.ABSORBED}:
        return Outcome.BROKEN, seen.run.message
    if reason := answer.unimportable or answer.lacking:
        return Outcome.INAPPLICABLE, reason
    failure = answer.objection if answer.state is None else answer.failure
    if failure is None:
        return Outcome.DORMANT, "the reproducer passes"
    line = protocol.failed_as_expected(protocol.check(patch), answer)
    if line is None:
        return Outcome.INAPPLICABLE, f"the reproducer fails for another reason: {failure.splitlines()[0]}"
    return Outcome.RED, line
