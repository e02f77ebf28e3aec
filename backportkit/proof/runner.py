"""Run one phase of a proof in a process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backportkit.policy import going_on
from backportkit.proof import environment, origin, variables
from backportkit.proof.child import Answer, Request
from backportkit.redacted import redacted

if TYPE_CHECKING:
    from backportkit.declaration.record import Patch
    from backportkit.declaration.reproducer import Reproducer
    from backportkit.proof.environment import Environment
    from backportkit.proof.record import Phase

_KEPT = "request.json", "answer.json", "output.txt"
_running: set[subprocess.Popen[bytes]] = set()


class Ended(NamedTuple):
    """A process that has ended.

    Attributes:
        answer: The answer that it wrote, with its secrets if it has any; None if there is none.
        wrong: The problem with the way it ended; None if there is none.
        seconds: Wall time.
        folder: Its own folder, with its output in `output.txt`. Whoever asked for the run has to remove it.
    """

    answer: Answer | None
    wrong: str | None
    seconds: float
    folder: Path

    @property
    def output(self) -> Path:
        """The file with all its output."""
        return self.folder / "output.txt"

    def steady(self, line: str) -> str:
        """Return a line of its output without the names of folders, which differ each time."""
        return line.replace(f"{self.folder / 'scratch'}{os.sep}", "")


def run(
    patch: Patch, reproducer: Reproducer, phase: Phase, where: Environment, requires: tuple[str, ...] = ()
) -> Ended:
    """Run one phase to its end or its time limit, with other requirements than the patch's own if any are given.

    Raises InterruptedError if `end_all` ends it, and leaves nothing behind. Raises ProofError if another process cannot
    get the patch.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"backportkit-{patch.id}-{phase}-"))
    started = time.monotonic()
    try:
        request, path = _ask_for(patch, phase, where, folder, requires)
        wrong = _start(request, path, reproducer, where, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    seconds = round(time.monotonic() - started, 1)
    shutil.rmtree(folder / "scratch", ignore_errors=True)
    answer = _answer(folder)
    _keep_no_secrets(folder)
    if answer is not None and not answer.is_complete:
        return Ended(None, f"{wrong}; it was still looking for expect=... in the failure", seconds, folder)
    return Ended(answer, wrong, seconds, folder)


def end_all() -> None:
    """End the processes that other threads have started, with all that these have started."""
    for process in tuple(_running):
        _running.discard(process)
        _kill(process)


def _ask_for(
    patch: Patch, phase: Phase, where: Environment, folder: Path, requires: tuple[str, ...]
) -> tuple[Request, str]:
    """Return the request to the child, and its search path."""
    for name in ("scratch", "under-proof"):
        (folder / name).mkdir()
    source = origin.of(patch)
    path = environment.search_path(where, patch, source.modules, folder / "under-proof")
    request = Request(
        patch=source.patch,
        provider=origin.provider_of(patch),
        modules=source.modules,
        occasions=patch.occasions,
        requires=requires,
        phase=phase,
    )
    return request, path


def _start(request: Request, path: str, reproducer: Reproducer, where: Environment, folder: Path) -> str | None:
    """Run the child. Return the problem with the way it ended; None if there is none."""
    (folder / "request.json").write_text(request.model_dump_json(), "utf-8")
    module = ["-X", going_on.UNPATCHED, "-m", f"{__package__}.child"]
    command = [where.python, *module, str(folder / "request.json"), str(folder / "answer.json")]
    with (folder / "output.txt").open("w", encoding="utf-8") as output:
        process = subprocess.Popen(  # noqa: S603 -- our own module
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder / "scratch",
            env=_variables(reproducer, path, where, folder / "scratch"),
            start_new_session=True,
        )
        return _wait(process, reproducer.timeout)


def _wait(process: subprocess.Popen[bytes], limit: float) -> str | None:
    _running.add(process)
    try:
        code = process.wait(limit)
    except subprocess.TimeoutExpired:
        _kill(process)
        return f"took longer than the limit of {limit:g} s: Reproducer(timeout=...) sets another"
    except BaseException:
        _kill(process)
        raise
    else:
        if process not in _running:
            raise InterruptedError
    finally:
        _running.discard(process)
    return f"the process ended with code {code}" if code else None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the child and all processes that it started, such as a compiler."""
    if sys.platform == "win32":  # pragma: no cover -- Windows has no groups of processes, so only the child ends
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _variables(reproducer: Reproducer, path: str, where: Environment, scratch: Path) -> dict[str, str]:
    own = {name: value.replace("{scratch}", str(scratch)) for name, value in reproducer.environment.items()}
    # An activated environment would patch the child and all that it starts: the latter also if its policy ignores this.
    ours = {"PYTHONPATH": path, "BACKPORTKIT_DISABLE": "all"}
    return variables.usual(os.environ, str(scratch), where.passed) | ours | own


def _keep_no_secrets(folder: Path) -> None:
    """Redact what the process has printed and told, which may be kept."""
    for name in _KEPT:
        path = folder / name
        if path.exists():
            before = path.read_text("utf-8", "surrogateescape")
            after = redacted(before)
            if after != before:
                path.write_text(after, "utf-8", "surrogateescape")


def _answer(folder: Path) -> Answer | None:
    path = folder / "answer.json"
    return Answer.model_validate_json(path.read_text("utf-8")) if path.exists() else None
