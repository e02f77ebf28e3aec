"""Prove a patch by three fresh processes: red without it, green with it, red after undo."""

from __future__ import annotations

import os
import platform
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from backportkit.proof import choose, environment, identity, origin, pins, runner
from backportkit.proof.origin import ProofError
from backportkit.proof.record import VERSION, Colour, Phase, Proof, Run
from backportkit.source.definitions import stub
from backportkit.source.lookup import Library
from backportkit.state import State
from backportkit.upstream.uv import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backportkit.declaration.record import Patch
    from backportkit.declaration.reference import Reference
    from backportkit.declaration.reproducer import Reproducer
    from backportkit.proof.child import Answer
    from backportkit.proof.choose import Release
    from backportkit.proof.environment import Environment, Wishes
    from backportkit.proof.pins import Recipe
    from backportkit.proof.runner import Ended

    Tell = Callable[[str], None]

_REFUSED = frozenset({State.CONFLICT, State.DRIFTED, State.FAILED})
_COMPILERS = ("c++", "g++", "clang++")


class Seen(NamedTuple):
    """The result of one phase, and the answer of its process, if there is one."""

    run: Run
    answer: Answer | None


def prove(patch: Patch, tell: Tell, wishes: Wishes) -> Proof:
    """Run the three processes of a patch's proof and return the results.

    They run in the current environment if it meets the patch's requirements. Else they run in a throw-away one with the
    newest releases, or the newest installed Python, in range. It is kept for the next time. Of
    several branches, it is for the last one that can be installed. `tell` is called with each step as it begins.
    Everything that can be known to fail is checked before anything is installed or run.

    Raises ProofError or UnavailableError, both BackportErrors, if the proof cannot be run. A patch that is not proved
    is no error: the record says so.
    """
    reproducer = check(patch)
    found, interpreter = _environment(patch, reproducer, tell, fresh=wishes.fresh)
    where = found._replace(passed=wishes.passed)
    runs = _compared(*(_tell_and_see(patch, phase, where, tell) for phase in Phase))
    return _proof(patch, runs, where, interpreter)


def prove_here(patch: Patch, phases: Iterable[Phase] = Phase) -> Proof:
    """Run processes of a patch's proof in the current environment. Nothing is installed.

    Raises ProofError if the proof cannot be run, or not here.
    """
    check(patch)
    judged = environment.judged(patch)
    if not judged.eligible:
        raise ProofError(
            "cannot be proved in this environment",
            patch=patch.id,
            found=judged.reason,
            next_step=f"backportkit prove {patch.id}, which makes an environment for it",
        )
    runs = tuple(see(patch, phase, environment.CURRENT).run for phase in phases)
    return _proof(patch, runs, environment.CURRENT, choose.running_python())


def _proof(patch: Patch, runs: tuple[Run, ...], where: Environment, interpreter: Release) -> Proof:
    return Proof(
        patch=patch.id,
        proved=all(run.as_it_must_be for run in runs),
        runs=runs,
        environment=where.name,
        python=str(interpreter.version),
        platform=platform.platform(),
        installed=where.installed or identity.here({name for run in runs for name in run.versions}),
        version=VERSION,
        content=identity.of_patch(patch),
        tool=identity.tool(),
    )


def _compared(without: Run, with_: Run, undone: Run) -> tuple[Run, ...]:
    """Return the runs. If the reproducer passes both without the patch and after the undo, the last run says so."""
    if without.colour is undone.colour is Colour.GREEN:
        undone = undone.model_copy(update={"message": "the original is back and the reproducer passes, as without it"})
    return without, with_, undone


def check(patch: Patch) -> Reproducer:
    """Return the patch's reproducer.

    Raises ProofError if there is none, it is not written yet, a program that it needs is missing, or another process
    cannot get the patch; PolicyError if a policy does not allow what the patch names.
    """
    if patch.reproducer is None:
        raise ProofError("has no reproducer", patch=patch.id, next_step="declare one with reproducer=...")
    origin.check_allowed(patch)
    _check_written(patch.id, patch.reproducer.run)
    origin.of(patch)
    missing = [program for program in patch.reproducer.programs if not _has_program(program)]
    if missing:
        raise ProofError(
            "its reproducer needs programs that are not here",
            patch=patch.id,
            expected=", ".join(missing),
            found=f"PATH={os.environ.get('PATH', '')}",
            next_step="install them, such as a C++ compiler by 'apt-get install g++'",
        )
    return patch.reproducer


def _check_written(patch_id: str, run: Reference) -> None:
    unwritten = stub(Library().find(run.module, run.partition(":")[2].split(".")))
    if unwritten is not None:
        raise ProofError(
            "its reproducer is not written yet",
            patch=patch_id,
            expected=f"a function {run} that raises where the bug is",
            found=f"{unwritten.place} raises NotImplementedError",
            next_step=unwritten.said or "write it",
        )


def see(patch: Patch, phase: Phase, where: Environment, requires: tuple[str, ...] = ()) -> Seen:
    """Run one phase and judge it. The output of the process is kept if the run was not what it must be.

    `requires` are requirements in place of the declared ones.
    """
    reproducer = check(patch)
    ended = runner.run(patch, reproducer, phase, where, requires)
    colour, message = _judge(reproducer, ended)
    if not where.is_current:
        message += _lacking(ended.answer, message)
    versions = ended.answer.versions if ended.answer else {}
    output = str(ended.output)
    run = Run(phase=phase, colour=colour, message=message, seconds=ended.seconds, versions=versions, output=output)
    return Seen(forget_output(run) if run.as_it_must_be else run, ended.answer)


def forget_output(run: Run) -> Run:
    """Remove the output of a run with everything beside it, and return the run without it."""
    if run.output is not None:
        shutil.rmtree(Path(run.output).parent, ignore_errors=True)
    return run.model_copy(update={"output": None})


def failed_as_expected(reproducer: Reproducer, answer: Answer) -> str | None:
    """Return the line of the failure that the reproducer expects; None for another failure or none.

    A reproducer that expects nothing in particular does not expect that its own imports are missing.
    """
    if reproducer.expect is None:
        return None if answer.is_aside or not answer.failure else _first_line(answer.failure)
    return answer.expected


def _has_program(program: str) -> bool:
    names = (os.environ.get("CXX", ""), *_COMPILERS) if program == "c++" else (program,)
    return any(name and shutil.which(name) for name in names)


def _environment(patch: Patch, reproducer: Reproducer, tell: Tell, *, fresh: bool) -> tuple[Environment, Release]:
    if environment.suits(patch):
        return environment.CURRENT, choose.running_python()
    first, *others = choose.branches(patch)
    for branch in reversed(others):
        with suppress(UnavailableError):
            return _elsewhere(branch, reproducer, tell, fresh=fresh)
    return _elsewhere(first, reproducer, tell, fresh=fresh)


def _elsewhere(branch: Patch, reproducer: Reproducer, tell: Tell, *, fresh: bool) -> tuple[Environment, Release]:
    """Return a throw-away environment for one branch of a patch, and its interpreter."""
    interpreter = choose.interpreter(branch)
    requires = (choose.first_of(branch), *choose.others_of(branch))
    wanted = (*requires, *reproducer.packages)
    recipe = None if fresh else pins.remembered(wanted, interpreter.python.path)
    found = None if recipe is None else environment.find(recipe)
    if found is not None:
        return found, interpreter
    environment.check_disk(branch.id, reproducer.disk)
    tell(f"asking the package index for {', '.join(requires)}")
    recipe = pins.resolve(wanted, branch.id, interpreter.python.path)
    tell(f"installing {', '.join(_named(recipe, requires)) or f'an environment with Python {interpreter.version}'}")
    return environment.build(recipe, branch.id), interpreter


def _named(recipe: Recipe, requires: tuple[str, ...]) -> list[str]:
    """Return the pinned requirements that the patch asks for."""
    wanted = {canonicalize_name(Requirement(text).name) for text in requires}
    return [str(pin) for pin in recipe.pinned if pin.name in wanted]


def _tell_and_see(patch: Patch, phase: Phase, where: Environment, tell: Tell) -> Run:
    tell(f"{phase} the patch" if phase is not Phase.UNDONE else "after undoing the patch")
    return see(patch, phase, where).run


def _judge(reproducer: Reproducer, ended: Ended) -> tuple[Colour, str]:
    """Return the colour of a run, and the line that says most about it."""
    answer = ended.answer
    if answer is None or ended.wrong is not None:
        return Colour.BROKEN, ended.wrong or "the process wrote no answer"
    if answer.failure is not None:
        line = failed_as_expected(reproducer, answer)
        if line is None and answer.objection is not None and answer.state in _REFUSED:  # the import has failed of it
            return Colour.BROKEN, answer.objection
        if line is None:
            return (
                Colour.BROKEN,
                f"failed for another reason: {_first_line(answer.failure)}{_expected(reproducer, answer)}",
            )
        line = "; ".join(filter(None, [ended.steady(line), answer.remark]))
        return (Colour.RED, line) if answer.objection is None else (Colour.BROKEN, f"{answer.objection}; {line}")
    return (Colour.GREEN, answer.remark) if answer.objection is None else (Colour.BROKEN, answer.objection)


def _lacking(answer: Answer | None, message: str) -> str:
    """Say what a throw-away environment has, if a module is missing there which is not the target's own affair."""
    if answer is None or answer.unimportable or "No module named" not in message:
        return ""
    return "; the environment has what `requires` and Reproducer(packages=[...]) name"


def _expected(reproducer: Reproducer, answer: Answer) -> str:
    """Say which pattern matches no line of the failure; empty if the reproducer expects nothing in particular."""
    pattern = reproducer.expect
    if pattern is None:
        return ""
    is_text = pattern in (answer.failure or "")
    escaped = f"; it has this as text, for which the pattern is {re.escape(pattern)!r}" if is_text else ""
    return f"; expected a line with the regular expression {pattern!r}{escaped}"


def _first_line(failure: str) -> str:
    return failure.splitlines()[0].strip()
