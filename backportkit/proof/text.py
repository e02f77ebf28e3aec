"""Write a proof that has failed as plain text, for the output of a test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from backportkit.declaration import eligibility

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backportkit.proof.record import Proof, Run

_LINES = 40


def of(proof: Proof) -> str:
    """Return what was tried, a line for each run, the next step, and the ends of the outputs that are kept."""
    return "\n".join(_lines(proof))


def _lines(proof: Proof) -> Iterator[str]:
    seen = {name: version for run in reversed(proof.runs) for name, version in run.versions.items()}
    named = [f"{name} {version}" for name, version in seen.items() if name != eligibility.PYTHON]
    yield f"{proof.patch}: not proved with {', '.join([*named, f'Python {proof.python}'])}"
    yield from map(_line, proof.runs)
    yield f"next: {proof.next_step}"
    for run in proof.runs:
        if run.output is not None:
            yield f"{run.phase}: the end of {run.output}, which is kept"
            yield from _last_lines(Path(run.output))


def _line(run: Run) -> str:
    wrong = "" if run.as_it_must_be else f", should be {run.phase.must_be}"
    return f"{run.phase:<8} {run.colour}{wrong}: {run.message or 'the reproducer passes'}"


def _last_lines(path: Path) -> list[str]:
    lines = path.read_text("utf-8", "replace").splitlines()
    return [f"  {line}" for line in lines[-_LINES:]]
