"""Prove a patch by three fresh processes: red without it, green with it, red after undo."""

from __future__ import annotations

import os
import platform
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from backportkit.errors import BackportError
from backportkit.proof import environment
from backportkit.proof.child import Answer, Request
from backportkit.proof.record import Colour, Phase, Proof, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from backportkit.model import Patch, Reproducer
    from backportkit.proof.environment import Environment

    Tell = Callable[[str], None]

_NOT_INHERITED = frozenset({"BACKPORTKIT_DISABLE", "PYTHONHOME"})
_COMPILERS = ("c++", "g++", "clang++")


class ProofError(BackportError, RuntimeError):
    """A proof cannot even begin: there is no reproducer, or a program that it needs is missing."""


def prove(patch: Patch, tell: Tell, *, fresh: bool = False) -> Proof:
    """Run the three processes of a patch's proof and return what they showed.

    In the current environment if it meets the patch's requirements, else in a throw-away one with the newest releases
    in range, which is kept for the next time; `fresh` builds it anew. `tell` is called with each step as it begins.
    Everything that can be known to fail is checked before anything is installed or run.

    Raises ProofError or UnavailableError, both BackportErrors, if the proof cannot be run. A patch that is not
    proved is no error: the record says so.
    """
    reproducer = _check(patch)
    where = _environment(patch, reproducer, tell, fresh=fresh)
    runs = tuple(_run(patch, reproducer, phase, where, tell) for phase in Phase)
    return Proof(
        patch=patch.id,
        proved=all(run.as_it_must_be for run in runs),
        runs=runs,
        environment=where.name,
        python=platform.python_version(),
        platform=platform.platform(),
    )


def _check(patch: Patch) -> Reproducer:
    if patch.reproducer is None:
        raise ProofError("has no reproducer", patch=patch.id, next_step="declare one with reproducer=...")
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


def _has_program(program: str) -> bool:
    names = (os.environ.get("CXX", ""), *_COMPILERS) if program == "c++" else (program,)
    return any(name and shutil.which(name) for name in names)


def _environment(patch: Patch, reproducer: Reproducer, tell: Tell, *, fresh: bool) -> Environment:
    if environment.suits(patch):
        return environment.current()
    found = None if fresh else environment.find(patch)
    if found is not None:
        return found
    environment.check_disk(patch, reproducer.disk)
    tell(f"asking the package index for {', '.join(patch.requires)}")
    pinned = environment.resolve(patch)
    tell(f"installing {', '.join(_named(pinned, patch))}")
    return environment.build(patch, pinned)


def _named(pinned: list[str], patch: Patch) -> list[str]:
    """Of the pinned requirements those that the patch asks for."""
    wanted = {re.split(r"[^\w.-]", text)[0].lower() for text in patch.requires}
    return [text for text in pinned if text.partition("=")[0].lower() in wanted]


# --- one process -----------------------------------------------------------------------------------------------------


def _run(patch: Patch, reproducer: Reproducer, phase: Phase, where: Environment, tell: Tell) -> Run:
    tell(f"{phase} the patch" if phase is not Phase.UNDONE else "after undoing the patch")
    folder = Path(tempfile.mkdtemp(prefix=f"backportkit-{patch.id}-{phase}-"))
    started = time.monotonic()
    ended_well = _start(patch, reproducer, phase, where, folder)
    seconds = round(time.monotonic() - started, 1)
    answer = _answer(folder)
    colour, message = _judge(reproducer, answer, ended_well, folder)
    versions = answer.versions if answer else {}
    run = Run(phase=phase, colour=colour, message=message, seconds=seconds, versions=versions)
    if run.as_it_must_be:
        shutil.rmtree(folder, ignore_errors=True)
        return run
    shutil.rmtree(folder / "scratch", ignore_errors=True)
    return run.model_copy(update={"output": str(folder / "output.txt")})


def _start(patch: Patch, reproducer: Reproducer, phase: Phase, where: Environment, folder: Path) -> str | None:
    """Run the child to its end or its time limit; return what is wrong with the way it ended, None if nothing is."""
    scratch = folder / "scratch"
    scratch.mkdir()
    request = Request(patch=patch, phase=phase)
    (folder / "request.json").write_text(request.model_dump_json(), "utf-8")
    command = [where.python, "-m", f"{__package__}.child", str(folder / "request.json"), str(folder / "answer.json")]
    with (folder / "output.txt").open("w", encoding="utf-8") as output:
        process = subprocess.Popen(  # noqa: S603 -- our own module
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=scratch,
            env=_variables(reproducer, where, scratch),
            start_new_session=True,
        )
        return _wait(process, reproducer.timeout)


def _wait(process: subprocess.Popen[bytes], limit: float) -> str | None:
    try:
        code = process.wait(limit)
    except subprocess.TimeoutExpired:
        _kill(process)
        return f"took longer than the limit of {limit:g} s"
    except BaseException:
        _kill(process)
        raise
    return f"the process ended with code {code}" if code else None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it started, such as a compiler."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _variables(reproducer: Reproducer, where: Environment, scratch: Path) -> dict[str, str]:
    own = {name: value.replace("{scratch}", str(scratch)) for name, value in reproducer.environment.items()}
    variables = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    return variables | {"PYTHONPATH": where.path} | own


def _answer(folder: Path) -> Answer | None:
    path = folder / "answer.json"
    return Answer.model_validate_json(path.read_text("utf-8")) if path.exists() else None


def _judge(reproducer: Reproducer, answer: Answer | None, wrong_end: str | None, folder: Path) -> tuple[Colour, str]:
    """What a run shows: its colour, and the line that says most about it."""
    if answer is None or wrong_end is not None:
        return Colour.BROKEN, wrong_end or "the process wrote no answer"
    if answer.failure is not None:
        line = _line_that_matches(answer.failure, reproducer.expect)
        if line is None:
            return Colour.BROKEN, f"failed for another reason: {_first_line(answer.failure)}"
        line = line.replace(f"{folder / 'scratch'}{os.sep}", "")
        return (Colour.RED, line) if answer.objection is None else (Colour.BROKEN, f"{answer.objection}; {line}")
    return (Colour.GREEN, "") if answer.objection is None else (Colour.BROKEN, answer.objection)


def _line_that_matches(failure: str, expect: str | None) -> str | None:
    if expect is None:
        return _first_line(failure)
    return next((line.strip() for line in failure.splitlines() if re.search(expect, line)), None)


def _first_line(failure: str) -> str:
    return failure.splitlines()[0].strip()
